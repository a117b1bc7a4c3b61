import type { LogWrite, ManagerStore } from '@raft-mesh/mesh';
import type { Configuration, LogIndex, PersistedState, SnapshotMeta } from '@raft-mesh/raft';
import { FlushQueue, type FlushMode } from './flush-queue.ts';

/** What survives a crash: shared by a store and the one that takes over after it. */
interface Disk {
  state: PersistedState;
  snapshotData: Uint8Array;
}

/** The disk of a manager that has never run: term 0, no entries, and a snapshot at index 0 with the first configuration. */
export function emptyPersistedState(configuration: Configuration): PersistedState {
  return {
    hardState: { term: 0, votedFor: null },
    snapshot: { lastIndex: 0, lastTerm: 0, logTimeMs: 0, configuration, sizeBytes: 0 },
    entries: [],
  };
}

/** A manager's durable memory in memory. `flushes` decides when a write is durable; `crash` loses what is not. */
export class MemoryManagerStore implements ManagerStore {
  readonly flushes: FlushQueue;
  readonly #disk: Disk;
  #received: { readonly lastIndex: LogIndex; readonly parts: Uint8Array[] } | null = null;
  #closed = false;

  constructor(state: PersistedState, mode: FlushMode = { kind: 'immediate' }, snapshotData: Uint8Array = new Uint8Array()) {
    this.#disk = { state, snapshotData };
    this.flushes = new FlushQueue(mode);
  }

  /** What a restart would find now. */
  get durable(): PersistedState {
    return this.#disk.state;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Kills the process: this store does nothing more, and its open promises never settle. Returns the store of the next life.
   * `unacknowledgedKept` of the writes that still waited reached the disk all the same, without anyone having been told.
   */
  crash(unacknowledgedKept: number = 0): MemoryManagerStore {
    this.flushes.crash(unacknowledgedKept);
    return new MemoryManagerStore(recovered(this.#disk.state), this.flushes.mode, this.#disk.snapshotData);
  }

  load(): Promise<PersistedState> {
    return Promise.resolve(this.#disk.state);
  }

  write(batch: LogWrite): Promise<void> {
    return this.flushes.enqueue(() => {
      const { state } = this.#disk;
      const { truncateFrom } = batch;
      const kept = truncateFrom === null ? state.entries : state.entries.filter((entry) => entry.index < truncateFrom);
      const next = batch.entries[0];
      const last = kept.at(-1)?.index ?? state.snapshot.lastIndex;
      // A snapshot may be durable before the entries that it covers.
      const isCovered = next !== undefined && kept.length === 0 && next.index <= state.snapshot.lastIndex;
      if (next !== undefined && !isCovered && next.index !== last + 1) throw new Error(`Entry ${next.index} was written after entry ${last}: the log would have a gap or two of one.`);
      this.#disk.state = { ...state, hardState: batch.hardState ?? state.hardState, entries: [...kept, ...batch.entries] };
    });
  }

  async saveSnapshot(meta: Omit<SnapshotMeta, 'sizeBytes'>, data: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<SnapshotMeta> {
    const parts: Uint8Array[] = [];
    for await (const part of data) parts.push(part.slice());
    const bytes = joined(parts);
    const snapshot: SnapshotMeta = { ...meta, sizeBytes: bytes.length };
    await this.flushes.enqueue(() => {
      // One that was received meanwhile may be newer.
      if (this.#disk.state.snapshot.lastIndex > snapshot.lastIndex) return;
      this.#disk.state = { ...this.#disk.state, snapshot };
      this.#disk.snapshotData = bytes;
    });
    return snapshot;
  }

  readSnapshot(lastIndex: LogIndex, offsetBytes: number, lengthBytesMax: number): Promise<Uint8Array | null> {
    if (this.#disk.state.snapshot.lastIndex !== lastIndex) return Promise.resolve(null);
    return Promise.resolve(this.#disk.snapshotData.slice(offsetBytes, offsetBytes + lengthBytesMax));
  }

  compact(throughIndex: LogIndex): Promise<void> {
    return this.flushes.enqueue(() => {
      const { state } = this.#disk;
      if (throughIndex > state.snapshot.lastIndex) throw new Error(`The log was compacted through ${throughIndex}, beyond the snapshot at ${state.snapshot.lastIndex}.`);
      this.#disk.state = { ...state, entries: state.entries.filter((entry) => entry.index > throughIndex) };
    });
  }

  receiveSnapshotChunk(meta: SnapshotMeta, offsetBytes: number, data: Uint8Array): Promise<void> {
    if (offsetBytes === 0) this.#received = { lastIndex: meta.lastIndex, parts: [] };
    const received = this.#received;
    const expected = received === null ? 0 : received.parts.reduce((total, part) => total + part.length, 0);
    if (received === null || received.lastIndex !== meta.lastIndex || expected !== offsetBytes) {
      return Promise.reject(new Error(`A snapshot piece at ${offsetBytes} does not continue what was received.`));
    }
    const copy = data.slice();
    return this.flushes.enqueue(() => { received.parts.push(copy); });
  }

  installSnapshot(meta: SnapshotMeta): Promise<void> {
    return this.flushes.enqueue(() => {
      const bytes = joined(this.#received?.parts ?? []);
      if (bytes.length !== meta.sizeBytes) throw new Error(`The received snapshot has ${bytes.length} bytes, not ${meta.sizeBytes}.`);
      this.#disk.state = { ...this.#disk.state, snapshot: meta, entries: [] };
      this.#disk.snapshotData = bytes;
      this.#received = null;
    });
  }

  async close(): Promise<void> {
    await this.flushes.enqueue(() => { this.#closed = true; });
  }
}

/** A log that does not reach the snapshot, or holds other entries than it covers, is dropped. */
function recovered(state: PersistedState): PersistedState {
  const { snapshot: { lastIndex, lastTerm }, entries } = state;
  const [first] = entries;
  if (first === undefined || first.index === lastIndex + 1 || entries[lastIndex - first.index]?.term === lastTerm) return state;
  return { ...state, entries: [] };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
