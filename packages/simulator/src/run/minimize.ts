/**
 * A smaller list that still fails, found by leaving out ever smaller parts (delta debugging, Zeller and Hildebrandt 2002): in the end no
 * single item can be left out, unless `isOver` ended it before. The list given fails.
 */
export async function minimized<Item>(items: readonly Item[], fails: (left: readonly Item[]) => Promise<boolean>, isOver: () => boolean): Promise<readonly Item[]> {
  let smallest = items;
  let parts = 2;
  while (smallest.length > 0 && !isOver()) {
    const size = Math.ceil(smallest.length / parts);
    let found = false;
    for (let from = 0; from < smallest.length && !found; from += size) {
      const left = [...smallest.slice(0, from), ...smallest.slice(from + size)];
      if (await fails(left)) {
        smallest = left;
        found = true;
      }
    }
    if (found) parts = Math.max(2, parts - 1);
    else if (size === 1) return smallest;
    else parts = Math.min(smallest.length, parts * 2);
  }
  return smallest;
}
