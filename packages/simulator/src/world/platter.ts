import type { LogWrite } from '@raft-mesh/mesh';
import type { Configuration, Entry, HardState, LogIndex, PersistedState, SnapshotMeta } from '@raft-mesh/raft';

/** What a disk holds, flushed: nothing but a wiped disk takes it away. Entries have no gap, and begin at the snapshot's end or before. */
export class Platter {
  hardState: HardState = { term: 0, votedFor: null };
  snapshot: SnapshotMeta;
  snapshotData: Uint8Array = new Uint8Array();
  readonly #entries: Entry[] = [];
  /** Found by its sums when it is read next. */
  damage: string | null = null;

  constructor(configuration: Configuration) {
    this.snapshot = { lastIndex: 0, lastTerm: 0, logTimeMs: 0, configuration, sizeBytes: 0 };
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  state(): PersistedState {
    return { hardState: this.hardState, snapshot: this.snapshot, entries: [...this.#entries] };
  }

  /** As a store is opened: a log that does not reach the snapshot, or holds other entries than it covers, is dropped. */
  recover(): void {
    const { lastIndex, lastTerm } = this.snapshot;
    const first = this.#entries[0];
    if (first === undefined || first.index === lastIndex + 1) return;
    if (this.#entries[lastIndex - first.index]?.term !== lastTerm) this.#entries.length = 0;
  }

  get lastIndex(): LogIndex {
    return this.#entries.at(-1)?.index ?? this.snapshot.lastIndex;
  }

  /** The end of the log, which may be the snapshot's. */
  get last(): { readonly index: LogIndex; readonly term: number } {
    const { lastIndex, lastTerm } = this.snapshot;
    const entry = this.#entries.at(-1);
    return entry === undefined || entry.index < lastIndex ? { index: lastIndex, term: lastTerm } : { index: entry.index, term: entry.term };
  }

  /** The newest configuration in the log, or the snapshot's, and where it stands. */
  get configuration(): { readonly index: LogIndex; readonly configuration: Configuration } {
    const { lastIndex, configuration } = this.snapshot;
    const entry = this.#entries.findLast(({ kind, index }) => kind === 'configuration' && index > lastIndex);
    return entry?.kind === 'configuration' ? { index: entry.index, configuration: entry.configuration } : { index: lastIndex, configuration };
  }

  termAt(index: LogIndex): number | 'snapshot' | null {
    const first = this.#entries[0];
    if (first !== undefined && index >= first.index) {
      const entry = this.#entries[index - first.index];
      if (entry !== undefined) return entry.term;
    }
    return index <= this.snapshot.lastIndex ? 'snapshot' : null;
  }

  /** Throws on a batch that would leave a gap or two of one: the manager has a bug. */
  write({ hardState, truncateFrom, entries }: LogWrite): void {
    if (hardState !== null) this.hardState = hardState;
    const log = this.#entries;
    const first = log[0];
    if (truncateFrom !== null && first !== undefined && truncateFrom <= this.lastIndex) log.length = Math.max(0, truncateFrom - first.index);
    const next = entries[0];
    if (next === undefined) return;
    const { lastIndex } = this;
    // A snapshot may be durable before the entries that it covers.
    const isCovered = log.length === 0 && next.index <= this.snapshot.lastIndex;
    if (!isCovered && next.index !== lastIndex + 1) throw new Error(`Entry ${next.index} was written after entry ${lastIndex}: the log would have a gap, or two of one.`);
    for (const entry of entries) log.push(entry);
  }

  /** Whoever was received meanwhile may be newer. */
  keepSnapshot(snapshot: SnapshotMeta, data: Uint8Array): void {
    if (this.snapshot.lastIndex > snapshot.lastIndex) return;
    this.snapshot = snapshot;
    this.snapshotData = data;
  }

  install(snapshot: SnapshotMeta, data: Uint8Array): void {
    if (data.length !== snapshot.sizeBytes) throw new Error(`The received snapshot has ${data.length} bytes, not ${snapshot.sizeBytes}.`);
    this.snapshot = snapshot;
    this.snapshotData = data;
    this.#entries.length = 0;
  }

  compact(throughIndex: LogIndex): void {
    if (throughIndex > this.snapshot.lastIndex) throw new Error(`The log was compacted through ${throughIndex}, beyond the snapshot at ${this.snapshot.lastIndex}.`);
    const first = this.#entries[0];
    if (first !== undefined && first.index <= throughIndex) this.#entries.splice(0, throughIndex - first.index + 1);
  }
}
