import type { Entry, HardState, LogIndex, PersistedState, SnapshotMeta } from '@raft-mesh/raft';

export interface LogWrite {
  readonly hardState: HardState | null;
  /** Drop every entry ≥ this index before appending `entries`. */
  readonly truncateFrom: LogIndex | null;
  readonly entries: readonly Entry[];
}

/**
 * A manager's durable memory. Promises settle in the order of the calls.
 * `write` resolves only when everything in it, and in all earlier calls, has been flushed to stable storage. A rejection is final:
 * the manager stops. After a crash, `load` gives every write that was acknowledged, and possibly later ones, never a part of one
 * with a gap before it.
 */
export interface ManagerStore {
  load(): Promise<PersistedState>;
  write(batch: LogWrite): Promise<void>;

  /**
   * Makes a snapshot of these parts durable (temporary file, flush, rename, directory flush) and current. A rejection with the `code` `diskFull`
   * has changed nothing, and is not final.
   */
  saveSnapshot(meta: Omit<SnapshotMeta, 'sizeBytes'>, data: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<SnapshotMeta>;
  /** Up to `lengthBytesMax` bytes of the snapshot that ends at `lastIndex`; `null` when it is no longer kept. */
  readSnapshot(lastIndex: LogIndex, offsetBytes: number, lengthBytesMax: number): Promise<Uint8Array | null>;
  /** Log entries ≤ this index may be deleted. */
  compact(throughIndex: LogIndex): Promise<void>;

  /** A piece of a snapshot that a leader sends; offset 0 starts anew. */
  receiveSnapshotChunk(meta: SnapshotMeta, offsetBytes: number, data: Uint8Array): Promise<void>;
  /** Makes the received snapshot durable and current, and drops the whole log. */
  installSnapshot(meta: SnapshotMeta): Promise<void>;

  /**
   * For a store that waits on a full device instead of failing: `false` when a write begins to wait for room, `true` when none waits any more.
   * `close` ends the waiting: what waits rejects.
   */
  onRoom?(handler: (hasRoom: boolean) => void): void;

  /** Frees the lock. */
  close(): Promise<void>;
}
