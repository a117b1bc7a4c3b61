import type { Random } from '@raft-mesh/mesh';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const twoTo32 = 0x1_0000_0000;
const naturalLogOfTwo = Math.LN2;

/**
 * A stream of draws of its own for everything in a run that draws: from the run's seed and a name. So whoever draws more or less,
 * the others draw the same (sfc32). Uses integers and single IEEE operations alone: the same on every platform.
 */
export class SimulatedRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number, name: string) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / twoTo32) | 0;
    this.#c = hashOf(name);
    for (let round = 0; round < 12; round += 1) this.next();
  }

  /** A whole number from 0 to 2^32 - 1. */
  next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** From 0 to just below 1. */
  fraction(): number {
    return this.next() / twoTo32;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  chance(perMille: number): boolean {
    return perMille > 0 && this.fraction() * 1000 < perMille;
  }

  /** Exponentially distributed about `mean`, by the binary logarithm of the draw and a parabola between its powers (off by less than 1 %). */
  exponential(mean: number): number {
    const draw = this.next() + 1;
    const power = 31 - Math.clz32(draw > 0xffff_ffff ? 0xffff_ffff : draw);
    const mantissa = draw / 2 ** power - 1;
    const binaryLogarithm = 32 - power - mantissa * (1.3466 - 0.3466 * mantissa);
    return mean * naturalLogOfTwo * Math.max(0, binaryLogarithm);
  }

  /** One of a list that is not empty. */
  pick<Value>(values: readonly Value[]): Value {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new Error('nothing can be picked from an empty list');
    return value;
  }

  shuffled<Value>(values: readonly Value[]): Value[] {
    const shuffled = [...values];
    for (let at = shuffled.length - 1; at > 0; at -= 1) {
      const other = this.below(at + 1);
      const [here, there] = [shuffled[at], shuffled[other]];
      if (here === undefined || there === undefined) continue;
      shuffled[at] = there;
      shuffled[other] = here;
    }
    return shuffled;
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count; at += 1) bytes[at] = this.next() >>> 24;
    return bytes;
  }

  identifier(): string {
    let text = '';
    for (let at = 0; at < 21; at += 1) text += alphabet.charAt(this.next() >>> 26);
    return text;
  }
}

/** FNV-1a. */
function hashOf(name: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < name.length; at += 1) value = Math.imul(value ^ name.charCodeAt(at), 0x01000193);
  return value;
}
