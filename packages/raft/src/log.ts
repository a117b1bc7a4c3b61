import { assert } from './assert.ts';
import type { Entry } from './entry.ts';
import { entryBytes } from './entry-size.ts';
import type { LogIndex, Term } from './identity.ts';

interface TermRun { readonly term: Term; readonly firstIndex: LogIndex }

/**
 * The log in memory: everything after `baseIndex`, whose term is still known so that an append can be anchored there.
 * Invariant: indexes are contiguous, terms never fall.
 */
export class RaftLog {
  /** The entry at index i sits at `#start + i - baseIndex - 1`; slots before `#start` are compacted and await removal. */
  readonly #entries: Entry[] = [];
  #start = 0;
  #baseIndex: LogIndex;
  #baseTerm: Term;
  /** Where each term begins: lets repair skip a whole term at a time without walking its entries. */
  readonly #runs: TermRun[] = [];

  constructor(baseIndex: LogIndex, baseTerm: Term) {
    this.#baseIndex = baseIndex;
    this.#baseTerm = baseTerm;
  }

  /** The last index that is no longer (or not yet) here as an entry. */
  get baseIndex(): LogIndex { return this.#baseIndex; }
  get firstIndex(): LogIndex { return this.#baseIndex + 1; }
  get lastIndex(): LogIndex { return this.#baseIndex + this.#entries.length - this.#start; }
  get lastTerm(): Term { return this.#runs.at(-1)?.term ?? this.#baseTerm; }
  get lastEntry(): Entry | undefined { return this.#entries.length > this.#start ? this.#entries.at(-1) : undefined; }

  entryAt(index: LogIndex): Entry {
    const entry = index > this.#baseIndex ? this.#entries[this.#start + index - this.#baseIndex - 1] : undefined;
    assert(entry !== undefined, () => `entry ${index} is not in the log (${this.firstIndex}..${this.lastIndex})`);
    return entry;
  }

  /** `null` when the log does not reach there, at either end. */
  termAt(index: LogIndex): Term | null {
    if (index === this.#baseIndex) return this.#baseTerm;
    if (index < this.#baseIndex || index > this.lastIndex) return null;
    return this.entryAt(index).term;
  }

  append(entries: readonly Entry[]): void {
    for (const entry of entries) {
      assert(entry.index === this.lastIndex + 1, () => `entry ${entry.index} does not follow ${this.lastIndex}`);
      assert(entry.term >= this.lastTerm, () => `entry ${entry.index} of term ${entry.term} follows one of term ${this.lastTerm}`);
      if (this.#runs.length === 0 || entry.term > this.lastTerm) this.#runs.push({ term: entry.term, firstIndex: entry.index });
      this.#entries.push(entry);
    }
  }

  /** Drops every entry ≥ `index`. */
  truncateFrom(index: LogIndex): void {
    assert(index > this.#baseIndex, () => `cannot truncate at ${index}: compacted through ${this.#baseIndex}`);
    if (index > this.lastIndex) return;
    this.#entries.length = this.#start + index - this.#baseIndex - 1;
    while ((this.#runs.at(-1)?.firstIndex ?? 0) >= index) this.#runs.pop();
    // What is left of the first run may lie wholly at or below the base.
    if (this.#entries.length === this.#start) this.#runs.length = 0;
  }

  /** Forgets every entry ≤ `index`, keeping its term as the anchor. */
  compactThrough(index: LogIndex): void {
    if (index <= this.#baseIndex) return;
    const term = this.termAt(index);
    assert(term !== null, () => `cannot compact through ${index}: the log ends at ${this.lastIndex}`);
    this.#start += index - this.#baseIndex;
    this.#baseIndex = index;
    this.#baseTerm = term;
    // Moving what stays costs no more than what was dropped, so compaction is paid for by the appends before it.
    if (this.#start * 2 >= this.#entries.length) {
      this.#entries.splice(0, this.#start);
      this.#start = 0;
    }
    let obsolete = 0;
    while ((this.#runs[obsolete + 1]?.firstIndex ?? Infinity) <= this.firstIndex) obsolete++;
    if (this.#entries.length === this.#start) obsolete = this.#runs.length;
    this.#runs.splice(0, obsolete);
  }

  /** Replaces the whole log by a snapshot's end. */
  reset(index: LogIndex, term: Term): void {
    this.#entries.length = 0;
    this.#start = 0;
    this.#runs.length = 0;
    this.#baseIndex = index;
    this.#baseTerm = term;
  }

  /** Entries from `from` up to `through`, at least one, stopping before `bytesMax` or `countMax` would be passed. */
  slice(from: LogIndex, through: LogIndex, bytesMax: number, countMax: number): { readonly entries: readonly Entry[]; readonly bytes: number } {
    const entries: Entry[] = [];
    let bytes = 0;
    const last = Math.min(through, this.lastIndex, from + countMax - 1);
    for (let index = from; index <= last; index++) {
      const entry = this.entryAt(index);
      const size = entryBytes(entry);
      if (entries.length > 0 && bytes + size > bytesMax) break;
      entries.push(entry);
      bytes += size;
    }
    return { entries, bytes };
  }

  /**
   * The last index ≤ `index` whose term is ≤ `term`, or the base when there is none: where two logs can still agree
   * when one holds `term` at `index` (paper §5.3, the optimisation at its end). An `index` below the base comes back as it is.
   */
  lastIndexWithTermAtMost(index: LogIndex, term: Term): LogIndex {
    let candidate = Math.min(index, this.lastIndex);
    for (let run = this.#runs.length - 1; run >= 0 && candidate > this.#baseIndex; run--) {
      const { term: runTerm, firstIndex } = this.#runs[run] as TermRun;
      if (firstIndex > candidate) continue;
      if (runTerm <= term) return candidate;
      candidate = Math.max(this.#baseIndex, firstIndex - 1);
    }
    return candidate;
  }

  /** Whether a log that ends with (`lastTerm`, `lastIndex`) is at least as up-to-date as this one (paper §5.4.1). */
  isUpToDate(lastIndex: LogIndex, lastTerm: Term): boolean {
    return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex);
  }
}
