import type { Configuration, Entry, LogIndex, PersistedState, SnapshotMeta, Term } from '@raft-mesh/raft';
import { Violation } from './checker.ts';

interface Placed { readonly index: LogIndex; readonly configuration: Configuration }

/** A log as a checker follows it: every entry after a base, and the configurations among them. Never compacted. */
export class LogMirror {
  #entries: Entry[] = [];
  #baseIndex: LogIndex = 0;
  #baseTerm: Term | null = 0;
  #configurations: Placed[] = [];

  get baseIndex(): LogIndex { return this.#baseIndex; }
  get lastIndex(): LogIndex { return this.#baseIndex + this.#entries.length; }

  /** In force by this log, committed or not; `null` before anything was loaded. */
  get configuration(): Configuration | null { return this.#configurations.at(-1)?.configuration ?? null; }

  /** From oldest to newest; the first is the one below the log. */
  get configurations(): readonly Placed[] { return this.#configurations; }

  entryAt(index: LogIndex): Entry | null {
    return index > this.#baseIndex ? this.#entries[index - this.#baseIndex - 1] ?? null : null;
  }

  /** `null` when it is not here, or lies below the base. */
  termAt(index: LogIndex): Term | null {
    return index === this.#baseIndex ? this.#baseTerm : this.entryAt(index)?.term ?? null;
  }

  /** Drops every entry ≥ `index`. What lies at or below the base stays. */
  truncateFrom(index: LogIndex): void {
    if (index > this.lastIndex) return;
    this.#entries.length = Math.max(0, index - this.#baseIndex - 1);
    while (this.#configurations.length > 1 && (this.#configurations.at(-1)?.index ?? 0) >= index) this.#configurations.pop();
  }

  append(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.index !== this.lastIndex + 1) throw new Violation('logMatching', `entry ${entry.index} of term ${entry.term} is appended after entry ${this.lastIndex}`);
      this.#entries.push(entry);
      if (entry.kind === 'configuration') this.#configurations.push({ index: entry.index, configuration: entry.configuration });
    }
  }

  /** A snapshot takes the place of everything. */
  reset({ lastIndex, lastTerm, configuration }: SnapshotMeta): void {
    this.#entries = [];
    this.#baseIndex = lastIndex;
    this.#baseTerm = lastTerm;
    this.#configurations = [{ index: lastIndex, configuration }];
  }

  /** What a node starts with: entries that do not reach the snapshot's end with its term were replaced by it (paper §7). */
  load({ snapshot, entries }: PersistedState): void {
    this.reset(snapshot);
    const [first] = entries;
    if (first === undefined || first.index > snapshot.lastIndex + 1) return;
    const reaches = first.index === snapshot.lastIndex + 1 || entries[snapshot.lastIndex - first.index]?.term === snapshot.lastTerm;
    if (!reaches) return;
    if (first.index <= snapshot.lastIndex) {
      this.#baseIndex = first.index - 1;
      this.#baseTerm = null;
    }
    this.#entries = [...entries];
    for (const entry of entries) {
      if (entry.kind === 'configuration' && entry.index > snapshot.lastIndex) this.#configurations.push({ index: entry.index, configuration: entry.configuration });
    }
  }
}
