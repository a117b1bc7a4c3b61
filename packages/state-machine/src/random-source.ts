import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import type { RandomSource } from './module.ts';

/** The replicated secret that random numbers come from: 32 bytes, part of snapshots, never of a view. Hex, 64 digits. */
export type RandomPool = string & { readonly __brand: 'RandomPool' };

/** The pool of a new mesh. Until an entry has brought random bytes, what is drawn can be foretold. */
export const emptyRandomPool = '0'.repeat(64) as RandomPool;

/** Stirs fresh random bytes into the pool. */
export function mixIntoPool(pool: RandomPool, random: Uint8Array): RandomPool {
  return bytesToHex(sha256(concatBytes(hexToBytes(pool), random))) as RandomPool;
}

const wordBytes = 6;
const wordsPerBlock = 5;
const wordLimit = 2 ** (8 * wordBytes);

/**
 * Random numbers from 32 secret bytes (hex, 64 digits) and a public label: blocks of SHA-256(secret ‖ label, counter). The same for the
 * same two, and without the secret not to be told from chance.
 */
export class HashRandom implements RandomSource {
  readonly #secret: string;
  readonly #label: string;
  #counter = 0;
  #block: Uint8Array | null = null;
  #wordsLeft = 0;

  constructor(secret: string, label: string) {
    this.#secret = secret;
    this.#label = label;
  }

  integerBelow(limit: number): number {
    if (!Number.isSafeInteger(limit) || limit < 1 || limit > wordLimit) throw new TypeError(`integerBelow needs a whole number from 1 to 2^48, not ${limit}`);
    // Words past the last whole multiple of the limit would favour small numbers, so they are drawn again (each less often than every second time).
    const usableBelow = wordLimit - (wordLimit % limit);
    for (;;) {
      const word = this.#nextWord();
      if (word < usableBelow) return word % limit;
    }
  }

  shuffle<Item>(items: readonly Item[]): Item[] {
    // Fisher and Yates, from the end: every order is equally likely.
    const shuffled = [...items];
    for (let last = shuffled.length - 1; last > 0; last -= 1) {
      const chosen = this.integerBelow(last + 1);
      [shuffled[last], shuffled[chosen]] = [shuffled[chosen] as Item, shuffled[last] as Item];
    }
    return shuffled;
  }

  #nextWord(): number {
    let block = this.#block;
    if (block === null || this.#wordsLeft === 0) {
      block = sha256(concatBytes(hexToBytes(this.#secret), utf8ToBytes(`draw/${this.#label}/${this.#counter}`)));
      this.#block = block;
      this.#counter += 1;
      this.#wordsLeft = wordsPerBlock;
    }
    this.#wordsLeft -= 1;
    let word = 0;
    for (const byte of block.subarray(this.#wordsLeft * wordBytes, (this.#wordsLeft + 1) * wordBytes)) word = word * 256 + byte;
    return word;
  }
}

/**
 * Random numbers of one module at one index. They depend on nothing that another module, another entry or a refused command drew.
 */
export class ReplicatedRandom extends HashRandom {
  readonly module: string;

  constructor(pool: RandomPool, index: number, module: string) {
    super(pool, `${index}/${module}`);
    this.module = module;
  }
}
