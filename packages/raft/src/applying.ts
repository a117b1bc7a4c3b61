import type { Entry } from './entry.ts';
import type { LogIndex } from './identity.ts';
import type { RaftLog } from './log.ts';

/** One `apply` effect carries at most this much; a larger single entry goes alone. */
const batchBytesMax = 1024 * 1024;
const batchEntriesMax = 4096;
/** Batches handed out and not yet answered by `applied`. */
const outstandingBatchesMax = 16;

/** How far the state machine has got, and what it has been given. Invariant: applied ≤ delivered ≤ committed. */
export class Applying {
  #appliedIndex: LogIndex = 0;
  #deliveredIndex: LogIndex = 0;
  /** Where each outstanding batch ends. */
  readonly #outstanding: LogIndex[] = [];

  get appliedIndex(): LogIndex { return this.#appliedIndex; }

  get deliveredIndex(): LogIndex { return this.#deliveredIndex; }

  /** The committed entries that may be handed out now. */
  *batches(log: RaftLog, commitIndex: LogIndex): Generator<readonly Entry[]> {
    while (this.#deliveredIndex < commitIndex && this.#outstanding.length < outstandingBatchesMax) {
      const { entries } = log.slice(this.#deliveredIndex + 1, commitIndex, batchBytesMax, batchEntriesMax);
      this.#deliveredIndex += entries.length;
      this.#outstanding.push(this.#deliveredIndex);
      yield entries;
    }
  }

  /** False when this tells nothing new, or names what was never handed out. */
  appliedThrough(index: LogIndex): boolean {
    if (index <= this.#appliedIndex || index > this.#deliveredIndex) return false;
    this.#appliedIndex = index;
    while ((this.#outstanding[0] ?? Infinity) <= index) this.#outstanding.shift();
    return true;
  }

  /** The state machine stands at a snapshot. */
  reset(index: LogIndex): void {
    this.#appliedIndex = index;
    this.#deliveredIndex = index;
    this.#outstanding.length = 0;
  }
}
