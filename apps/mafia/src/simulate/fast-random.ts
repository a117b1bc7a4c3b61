import type { RandomSource } from '@raft-mesh/state-machine';

/** Spreads one word over the state of a generator (splitmix32). */
function spread(seed: number): () => number {
  let word = seed | 0;
  return () => {
    word = (word + 0x9e3779b9) | 0;
    let mixed = word ^ (word >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
}

/** Chance for many games, from a seed: xoshiro128** (Blackman and Vigna, public domain), and no number favoured over another. */
export class FastRandom implements RandomSource {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number) {
    // A seed may have more than 32 bits.
    const next = spread((seed % 2 ** 32) ^ Math.imul(Math.floor(seed / 2 ** 32), 0x9e3779b1));
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = next() | 1;
  }

  /** 32 bits. */
  #word(): number {
    const product = Math.imul(this.#b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  integerBelow(limit: number): number {
    if (!Number.isSafeInteger(limit) || limit < 1 || limit > 2 ** 32) throw new TypeError(`integerBelow needs a whole number from 1 to 2^32, not ${limit}`);
    const usableBelow = 2 ** 32 - (2 ** 32 % limit);
    for (;;) {
      const word = this.#word();
      if (word < usableBelow) return word % limit;
    }
  }

  /** As bots ask for it. */
  below(limit: number): number { return this.integerBelow(limit); }

  shuffle<Item>(items: readonly Item[]): Item[] {
    const shuffled = [...items];
    for (let last = shuffled.length - 1; last > 0; last -= 1) {
      const chosen = this.integerBelow(last + 1);
      [shuffled[last], shuffled[chosen]] = [shuffled[chosen] as Item, shuffled[last] as Item];
    }
    return shuffled;
  }
}
