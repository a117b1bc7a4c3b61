import { assert } from './assert.ts';
import type { Effect } from './effect.ts';
import type { Entry } from './entry.ts';
import type { HardState } from './hard-state.ts';
import type { LogIndex } from './identity.ts';

interface OutstandingWrite {
  readonly writeId: number;
  readonly issuedAtMs: number;
  /** The log is durable up to here once this write is, 0 if it carries no entries. A later truncation lowers it. */
  lastIndex: LogIndex;
}

/** What the step under way gathers into one write. */
interface StagedWrite { readonly record: OutstandingWrite; hardState: HardState | null; truncateFrom: LogIndex | null; entries: readonly Entry[] }

type WriteEffect = Extract<Effect, { readonly type: 'write' }>;

/**
 * What was given to the disk, and what of it is durable. Writes complete in the order of their ids, so one number says it all
 * for what was appended; a truncation takes back what the writes still under way were worth, so that a late completion of
 * overwritten entries counts for nothing.
 */
export class WriteTracker {
  #lastIssuedId = 0;
  #lastWrittenId = 0;
  #durableIndex: LogIndex;
  #hardStateWriteId: number | null = null;
  readonly #outstanding: OutstandingWrite[] = [];
  #staged: StagedWrite | null = null;
  /** Disk entries that the first write must drop, when a snapshot on disk is ahead of the log there. */
  #leftover: LogIndex | null;

  constructor(durableIndex: LogIndex, leftover: LogIndex | null) {
    this.#durableIndex = durableIndex;
    this.#leftover = leftover;
  }

  /** The log is on this node's disk up to here, as it stands in memory. */
  get durableIndex(): LogIndex { return this.#durableIndex; }

  /** The write that the current term and vote wait for, `null` once they are durable. */
  get hardStateWriteId(): number | null { return this.#hardStateWriteId; }

  /** When the oldest write still under way was issued, `null` if there is none. */
  get oldestIssuedAtMs(): number | null { return this.#outstanding[0]?.issuedAtMs ?? null; }

  /** The write that makes the log up to `index`, and the current term, durable; `null` when they are. */
  writeCovering(index: LogIndex): number | null {
    let covering = this.#hardStateWriteId ?? 0;
    if (index > this.#durableIndex) {
      let position = this.#outstanding.length - 1;
      // Writes of term and vote, or of snapshot pieces, may lie between those that carry entries.
      let found: number | null = null;
      for (; position >= 0; position--) {
        const write = this.#outstanding[position];
        if (write === undefined || (write.lastIndex !== 0 && write.lastIndex < index)) break;
        if (write.lastIndex >= index) found = write.writeId;
      }
      assert(found !== null, () => `no write covers entry ${index}`);
      covering = Math.max(covering, found);
    }
    return covering === 0 ? null : covering;
  }

  stageHardState(hardState: HardState, nowMs: number): number {
    const staged = this.#stage(nowMs);
    staged.hardState = hardState;
    this.#hardStateWriteId = staged.record.writeId;
    return staged.record.writeId;
  }

  stageEntries(truncateFrom: LogIndex | null, entries: readonly Entry[], nowMs: number): number {
    if (truncateFrom !== null) {
      this.#durableIndex = Math.min(this.#durableIndex, truncateFrom - 1);
      for (const write of this.#outstanding) write.lastIndex = Math.min(write.lastIndex, truncateFrom - 1);
    }
    const staged = this.#stage(nowMs);
    assert(staged.entries.length === 0 || truncateFrom === null, () => 'a truncation after an append in one step');
    staged.entries = staged.entries.length === 0 ? entries : [...staged.entries, ...entries];
    if (truncateFrom !== null) staged.truncateFrom = Math.min(truncateFrom, staged.truncateFrom ?? truncateFrom);
    staged.record.lastIndex = staged.entries.at(-1)?.index ?? 0;
    return staged.record.writeId;
  }

  /** An id for a write that is its own effect (a piece of a snapshot, an install). */
  issue(nowMs: number): number {
    const writeId = ++this.#lastIssuedId;
    this.#outstanding.push({ writeId, issuedAtMs: nowMs, lastIndex: 0 });
    return writeId;
  }

  /** What was staged since the last call, as one effect. */
  takeStaged(): WriteEffect | null {
    const staged = this.#staged;
    if (staged === null) return null;
    this.#staged = null;
    return { type: 'write', writeId: staged.record.writeId, hardState: staged.hardState, truncateFrom: staged.truncateFrom, entries: staged.entries };
  }

  /** False when this completion tells nothing new. */
  complete(writeId: number): boolean {
    if (writeId <= this.#lastWrittenId || writeId > this.#lastIssuedId) return false;
    this.#lastWrittenId = writeId;
    let completed = 0;
    for (const write of this.#outstanding) {
      if (write.writeId > writeId) break;
      this.#durableIndex = Math.max(this.#durableIndex, write.lastIndex);
      completed++;
    }
    this.#outstanding.splice(0, completed);
    if (this.#hardStateWriteId !== null && this.#hardStateWriteId <= writeId) this.#hardStateWriteId = null;
    return true;
  }

  isDurable(writeId: number): boolean { return writeId <= this.#lastWrittenId; }

  /** The log on disk was replaced by a snapshot that ends here. */
  resetLog(index: LogIndex): void {
    for (const write of this.#outstanding) write.lastIndex = 0;
    this.#durableIndex = index;
    this.#leftover = null;
  }

  #stage(nowMs: number): StagedWrite {
    if (this.#staged === null) {
      this.#staged = { record: { writeId: ++this.#lastIssuedId, issuedAtMs: nowMs, lastIndex: 0 }, hardState: null, truncateFrom: this.#leftover, entries: [] };
      this.#leftover = null;
      this.#outstanding.push(this.#staged.record);
    }
    return this.#staged;
  }
}
