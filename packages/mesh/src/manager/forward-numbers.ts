import type { Random } from '../ports/random.ts';

/**
 * Numbers what this life of a manager forwards. What an earlier life asked may be answered to this one, so each life begins anywhere
 * below 2^48: no two meet.
 */
export class ForwardNumbers {
  #next: number;

  constructor(random: Random) {
    this.#next = random.bytes(6).reduce((number, byte) => number * 256 + byte, 0) + 1;
  }

  /** One that was never given before. */
  take(): number {
    return this.#next++;
  }
}
