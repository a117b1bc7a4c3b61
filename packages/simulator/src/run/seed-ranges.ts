/** From one seed to another, both included. */
export type SeedRange = readonly [from: number, to: number];

/** A set of seeds, kept as ranges: what is done of a run of very many. */
export class SeedRanges {
  #ranges: SeedRange[];

  constructor(ranges: readonly SeedRange[] = []) {
    this.#ranges = [];
    for (const [from, to] of ranges) this.#merge(from, to);
  }

  /** In order, and none touches the next. */
  get ranges(): readonly SeedRange[] {
    return this.#ranges;
  }

  has(seed: number): boolean {
    return this.#ranges.some(([from, to]) => from <= seed && seed <= to);
  }

  add(seed: number): void {
    this.#merge(seed, seed);
  }

  /** The seeds from `from` on that are not in it, in order, as they are when asked for. */
  *missing(from: number, count: number): Generator<number> {
    for (let seed = from; seed < from + count; seed += 1) if (!this.has(seed)) yield seed;
  }

  #merge(from: number, to: number): void {
    const touching = this.#ranges.filter(([first, last]) => first <= to + 1 && from <= last + 1);
    const apart = this.#ranges.filter((range) => !touching.includes(range));
    const merged: SeedRange = [Math.min(from, ...touching.map(([first]) => first)), Math.max(to, ...touching.map(([, last]) => last))];
    this.#ranges = [...apart, merged].sort(([a], [b]) => a - b);
  }
}
