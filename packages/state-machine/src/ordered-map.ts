import { EmptyBTree } from 'sorted-btree';

/** What this file uses of a B+ tree of sorted-btree; its copies share what they have in common. */
interface Tree<Key, Value> {
  readonly size: number;
  get(key: Key): Value | undefined;
  has(key: Key): boolean;
  with(key: Key, value: Value, overwrite: boolean): Tree<Key, Value>;
  without(key: Key, returnThisIfUnchanged: boolean): Tree<Key, Value>;
  clone(): Tree<Key, Value>;
  set(key: Key, value: Value): boolean;
  minKey(): Key | undefined;
  entries(lowestKey?: Key): IterableIterator<[Key, Value]>;
}

// The one name of the package that every module system and bundler finds: its default export differs between them.
const emptyTree: Tree<unknown, unknown> = EmptyBTree;

/**
 * A persistent map in the order of its keys (numbers by size, strings by UTF-16 code units). `with` and `without` give
 * another map and leave this one as it is, in O(log size); a map held back keeps its content at no cost while others go on.
 */
export class OrderedMap<Key extends string | number, Value> {
  readonly #tree: Tree<Key, Value>;

  private constructor(tree: Tree<Key, Value>) {
    this.#tree = tree;
  }

  static empty<Key extends string | number, Value>(): OrderedMap<Key, Value> {
    return new OrderedMap(emptyTree as Tree<Key, Value>);
  }

  static from<Key extends string | number, Value>(entries: Iterable<readonly [Key, Value]>): OrderedMap<Key, Value> {
    const tree = (emptyTree as Tree<Key, Value>).clone();
    for (const [key, value] of entries) tree.set(key, value);
    return new OrderedMap(tree);
  }

  get size(): number {
    return this.#tree.size;
  }

  get(key: Key): Value | undefined {
    return this.#tree.get(key);
  }

  has(key: Key): boolean {
    return this.#tree.has(key);
  }

  with(key: Key, value: Value): OrderedMap<Key, Value> {
    return new OrderedMap(this.#tree.with(key, value, true));
  }

  /** This very map when the key is not there. */
  without(key: Key): OrderedMap<Key, Value> {
    if (!this.#tree.has(key)) return this;
    return new OrderedMap(this.#tree.without(key, true));
  }

  /** The lowest key, `undefined` when empty. */
  firstKey(): Key | undefined {
    return this.#tree.minKey();
  }

  /** In order, from `lowestKey` on when given. Other maps may be made from this one meanwhile. */
  entries(lowestKey?: Key): IterableIterator<[Key, Value]> {
    return this.#tree.entries(lowestKey);
  }
}
