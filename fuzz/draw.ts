import { SeededRandom } from '@raft-mesh/testkit';

/** Draws for one input: the same for the same seed, target and number. */
export class Draw {
  readonly #random: SeededRandom;

  constructor(seed: number, target: string, number: number) {
    this.#random = new SeededRandom(hash(`${seed} ${target} ${number}`));
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return this.#random.integerBelow(limit);
  }

  chance(perMille: number): boolean {
    return this.below(1000) < perMille;
  }

  of<Value>(values: readonly Value[]): Value {
    const value = values[this.below(values.length)];
    if (value === undefined && values.length === 0) throw new Error('nothing to draw from');
    return value as Value;
  }

  byte(): number {
    return this.#random.next() >>> 24;
  }
}

function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
}
