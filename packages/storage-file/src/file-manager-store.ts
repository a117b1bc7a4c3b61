import type { LogWrite, ManagerStore } from '@raft-mesh/mesh';
import type { ManagerIdentity } from '@raft-mesh/protocol';
import type { LogIndex, PersistedState, SnapshotMeta } from '@raft-mesh/raft';
import type { HeldLock } from './directory-lock.ts';
import { StoreClosedError } from './errors.ts';
import { GroupCommit } from './group-commit.ts';
import type { LogOperation } from './log/operation.ts';
import type { SegmentedLog } from './log/segmented-log.ts';
import type { Room } from './room.ts';
import type { SnapshotDirectory } from './snapshots/snapshot-directory.ts';

type QueueItem =
  | { readonly kind: 'write'; readonly batch: LogWrite }
  /** Runs by itself, after everything before it and before everything after it. */
  | { readonly kind: 'task'; readonly run: () => Promise<void> };

interface Parts {
  readonly identity: ManagerIdentity;
  readonly lock: HeldLock;
  readonly log: SegmentedLog;
  readonly snapshots: SnapshotDirectory;
  readonly room: Room;
  readonly recovered: PersistedState;
}

// One flush takes at most about this much; the rest waits for the next, so that a long queue still gets acknowledgements.
const flushBytesMax = 8 * 1024 * 1024;
// What an entry costs beside its data, roughly.
const entryOverheadBytes = 32;

/**
 * A manager's durable memory on files. `write`, `receiveSnapshotChunk` and `installSnapshot` happen and settle in the order of the
 * calls; the others run beside them. Made by `openManagerStore`.
 */
export class FileManagerStore implements ManagerStore {
  readonly identity: ManagerIdentity;
  readonly #parts: Omit<Parts, 'recovered'>;
  readonly #queue: GroupCommit<QueueItem>;
  #recovered: PersistedState | null;
  #closed = false;

  constructor({ recovered: { hardState, snapshot, entries }, ...parts }: Parts) {
    this.identity = parts.identity;
    this.#parts = parts;
    parts.room.beginWaiting();
    this.#recovered = { hardState, snapshot, entries };
    this.#queue = new GroupCommit({ flush: (items) => this.#flush(items), alone: (item) => item.kind === 'task', sizeBytes, flushBytesMax });
  }

  /** The first call hands over what was read at opening; later ones read again. */
  async load(): Promise<PersistedState> {
    const recovered = this.#recovered;
    this.#recovered = null;
    if (recovered !== null) return recovered;
    let state: PersistedState | null = null;
    await this.#task(async () => {
      const { hardState, entries } = await this.#parts.log.reread();
      state = { hardState, entries, snapshot: this.#parts.snapshots.current };
    });
    if (state === null) throw new Error('The log was not read.');
    return state;
  }

  write(batch: LogWrite): Promise<void> {
    this.#recovered = null;
    return this.#closed ? Promise.reject(new StoreClosedError()) : this.#queue.add({ kind: 'write', batch });
  }

  async saveSnapshot(meta: Omit<SnapshotMeta, 'sizeBytes'>, data: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<SnapshotMeta> {
    this.#refuseUnlessUsable();
    this.#recovered = null;
    return await this.#parts.snapshots.save(meta, data);
  }

  async readSnapshot(lastIndex: LogIndex, offsetBytes: number, lengthBytesMax: number): Promise<Uint8Array | null> {
    this.#refuseUnlessUsable();
    return await this.#parts.snapshots.read(lastIndex, offsetBytes, lengthBytesMax);
  }

  async compact(throughIndex: LogIndex): Promise<void> {
    this.#refuseUnlessUsable();
    const { log, snapshots } = this.#parts;
    if (throughIndex > snapshots.current.lastIndex) {
      throw new Error(`The log cannot be compacted through ${throughIndex}: the durable snapshot ends at ${snapshots.current.lastIndex}.`);
    }
    this.#recovered = null;
    await log.compact(throughIndex);
  }

  receiveSnapshotChunk(meta: SnapshotMeta, offsetBytes: number, data: Uint8Array): Promise<void> {
    return this.#task(() => this.#parts.snapshots.receive(meta, offsetBytes, data));
  }

  installSnapshot(meta: SnapshotMeta): Promise<void> {
    this.#recovered = null;
    return this.#task(async () => {
      const { log, snapshots } = this.#parts;
      await snapshots.install(meta);
      await log.reset(meta.lastIndex + 1);
    });
  }

  onRoom(handler: (hasRoom: boolean) => void): void {
    this.#parts.room.onChange(handler);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#parts.room.giveUp();
    await this.#queue.drained();
    const { log, snapshots, lock } = this.#parts;
    try {
      if (this.#queue.failure === null) await log.mark();
    } finally {
      await snapshots.close();
      await log.close();
      await lock.release();
    }
  }

  #task(run: () => Promise<void>): Promise<void> {
    return this.#closed ? Promise.reject(new StoreClosedError()) : this.#queue.add({ kind: 'task', run });
  }

  async #flush(items: readonly QueueItem[]): Promise<void> {
    const operations: LogOperation[] = [];
    for (const item of items) {
      if (item.kind === 'task') await item.run();
      else addOperations(operations, item.batch);
    }
    if (operations.length > 0) await this.#parts.log.append(operations);
  }

  #refuseUnlessUsable(): void {
    if (this.#closed) throw new StoreClosedError();
    if (this.#queue.failure !== null) throw this.#queue.failure;
  }
}

function addOperations(operations: LogOperation[], { hardState, truncateFrom, entries }: LogWrite): void {
  if (hardState !== null) operations.push({ kind: 'hardState', hardState });
  if (truncateFrom !== null) operations.push({ kind: 'truncate', from: truncateFrom });
  for (const entry of entries) operations.push({ kind: 'entry', entry });
}

function sizeBytes(item: QueueItem): number {
  if (item.kind === 'task') return 0;
  return item.batch.entries.reduce((bytes, entry) => bytes + entryOverheadBytes + (entry.kind === 'command' ? entry.data.length : 0), 0);
}
