import type { Outcome } from '../../outcome.ts';
import type { CommandMark } from './command-mark.ts';

/** The recorded end of one command. */
export interface RecordedAnswer {
  /** Tells a resent command from another one under the same number. */
  readonly mark: CommandMark;
  readonly outcome: Outcome;
}

/** A list that is copied when this many of its items have been dropped, so that what is forgotten is let go. */
const droppedMax = 256;

/**
 * The answers that a session keeps, oldest first. Immutable, and cheap to go on from: a list that drops its first items and gains one at its end shares
 * memory with the one it came from, which does not see the new item.
 */
export class RecordedAnswers {
  readonly #shared: RecordedAnswer[];
  readonly #from: number;
  readonly #to: number;

  private constructor(shared: RecordedAnswer[], from: number, to: number) {
    this.#shared = shared;
    this.#from = from;
    this.#to = to;
  }

  static of(answers: readonly RecordedAnswer[]): RecordedAnswers {
    return new RecordedAnswers([...answers], 0, answers.length);
  }

  get length(): number {
    return this.#to - this.#from;
  }

  /** `undefined` where there is none. */
  at(place: number): RecordedAnswer | undefined {
    return place >= 0 && place < this.length ? this.#shared[this.#from + place] : undefined;
  }

  /** Without the oldest `dropped`, and with one more. */
  moveOn(dropped: number, added: RecordedAnswer): RecordedAnswers {
    const from = Math.min(this.#from + dropped, this.#to);
    // Whoever goes on from an older list finds its place taken.
    if (this.#shared.length === this.#to && from < droppedMax) {
      this.#shared.push(added);
      return new RecordedAnswers(this.#shared, from, this.#to + 1);
    }
    const kept = this.#shared.slice(from, this.#to);
    kept.push(added);
    return new RecordedAnswers(kept, 0, kept.length);
  }

  *[Symbol.iterator](): Iterator<RecordedAnswer> {
    for (let place = this.#from; place < this.#to; place += 1) {
      const answer = this.#shared[place];
      if (answer !== undefined) yield answer;
    }
  }
}
