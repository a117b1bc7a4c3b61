import type { RandomSource } from '@raft-mesh/state-machine';

/** The targets with the highest count, in the order first chosen. A choice counts 1, or what `weight` says. */
export function mostChosen<Target, Made extends { readonly target: Target }>(choices: readonly Made[], weight: (made: Made) => number = () => 1): { readonly targets: readonly Target[]; readonly count: number } {
  const targets: Target[] = [];
  const counts: number[] = [];
  let most = 0;
  for (const made of choices) {
    let place = targets.indexOf(made.target);
    if (place === -1) place = targets.push(made.target) - 1;
    const count = (counts[place] ?? 0) + weight(made);
    counts[place] = count;
    if (count > most) most = count;
  }
  return { targets: targets.filter((_, place) => counts[place] === most), count: most };
}

export function drawnFrom<Item>(items: readonly Item[], random: RandomSource): Item | null {
  return items.length === 0 ? null : items[items.length === 1 ? 0 : random.integerBelow(items.length)] ?? null;
}
