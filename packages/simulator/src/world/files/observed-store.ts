import type { LogWrite, ManagerStore } from '@raft-mesh/mesh';
import type { LogIndex, PersistedState, SnapshotMeta } from '@raft-mesh/raft';
import type { Ledger, OpenWrite } from './ledger.ts';

export interface ObservedStoreOptions {
  readonly ledger: Ledger;
  /** Opens the store that is observed. */
  readonly open: () => Promise<ManagerStore>;
  /** Read from the files, before its manager hears of it. Throws when it cannot be. */
  readonly onLoaded: (persisted: PersistedState) => void;
  /** Acknowledged now. */
  readonly onDurable: (write: OpenWrite) => void;
}

/** One life of a store on files: the real one, with every promise that it makes written down before its manager learns of it. */
export class ObservedStore implements ManagerStore {
  readonly #options: ObservedStoreOptions;
  #store: ManagerStore | null = null;

  constructor(options: ObservedStoreOptions) {
    this.#options = options;
  }

  async load(): Promise<PersistedState> {
    const store = await this.#options.open();
    const persisted = await store.load();
    this.#store = store;
    this.#options.onLoaded(persisted);
    return persisted;
  }

  write(write: LogWrite): Promise<void> {
    return this.#makeDurable({ kind: 'log', write }, (store) => store.write(write));
  }

  async saveSnapshot(meta: Omit<SnapshotMeta, 'sizeBytes'>, data: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<SnapshotMeta> {
    const { ledger } = this.#options;
    ledger.askedToSave(meta);
    const snapshot = await this.#opened.saveSnapshot(meta, data);
    ledger.saved(snapshot);
    return snapshot;
  }

  readSnapshot(lastIndex: LogIndex, offsetBytes: number, lengthBytesMax: number): Promise<Uint8Array | null> {
    return this.#opened.readSnapshot(lastIndex, offsetBytes, lengthBytesMax);
  }

  async compact(throughIndex: LogIndex): Promise<void> {
    await this.#opened.compact(throughIndex);
    this.#options.ledger.compacted(throughIndex);
  }

  receiveSnapshotChunk(meta: SnapshotMeta, offsetBytes: number, data: Uint8Array): Promise<void> {
    return this.#opened.receiveSnapshotChunk(meta, offsetBytes, data);
  }

  installSnapshot(snapshot: SnapshotMeta): Promise<void> {
    // Its bytes are the store's own business: the replica that is restored from them shows whether they are right.
    return this.#makeDurable({ kind: 'install', snapshot, data: new Uint8Array(snapshot.sizeBytes) }, (store) => store.installSnapshot(snapshot));
  }

  async close(): Promise<void> {
    await this.#store?.close();
  }

  async #makeDurable(write: OpenWrite, action: (store: ManagerStore) => Promise<void>): Promise<void> {
    const { ledger, onDurable } = this.#options;
    ledger.asked(write);
    await action(this.#opened);
    ledger.acknowledged(write);
    onDurable(write);
  }

  get #opened(): ManagerStore {
    if (this.#store === null) throw new Error('the store was not loaded');
    return this.#store;
  }
}
