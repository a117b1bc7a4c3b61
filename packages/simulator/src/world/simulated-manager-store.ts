import type { LogWrite, ManagerStore } from '@raft-mesh/mesh';
import type { LogIndex, PersistedState, SnapshotMeta } from '@raft-mesh/raft';
import type { SimulatedDisk } from './simulated-disk.ts';
import type { SimulatedProcess } from './simulated-process.ts';

/** One life's store on a disk. */
export class SimulatedManagerStore implements ManagerStore {
  readonly #disk: SimulatedDisk;
  readonly #process: SimulatedProcess;
  readonly #onLoaded: (persisted: PersistedState) => void;
  #received: { readonly lastIndex: LogIndex; readonly parts: Uint8Array[]; sizeBytes: number } | null = null;

  constructor(disk: SimulatedDisk, process: SimulatedProcess, onLoaded: (persisted: PersistedState) => void) {
    this.#disk = disk;
    this.#process = process;
    this.#onLoaded = onLoaded;
  }

  async load(): Promise<PersistedState> {
    const persisted = await this.#disk.read(this.#process, () => {
      this.#disk.platter.recover();
      return this.#disk.platter.state();
    });
    this.#onLoaded(persisted);
    return persisted;
  }

  write(write: LogWrite): Promise<void> {
    return this.#disk.write(this.#process, { kind: 'log', write });
  }

  async saveSnapshot(meta: Omit<SnapshotMeta, 'sizeBytes'>, data: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<SnapshotMeta> {
    const parts: Uint8Array[] = [];
    for await (const part of data) parts.push(part.slice());
    const bytes = joined(parts);
    const snapshot: SnapshotMeta = { ...meta, sizeBytes: bytes.length };
    await this.#disk.write(this.#process, { kind: 'snapshot', snapshot, data: bytes });
    return snapshot;
  }

  readSnapshot(lastIndex: LogIndex, offsetBytes: number, lengthBytesMax: number): Promise<Uint8Array | null> {
    return this.#disk.read(this.#process, () => {
      const { platter } = this.#disk;
      return platter.snapshot.lastIndex === lastIndex ? platter.snapshotData.slice(offsetBytes, offsetBytes + lengthBytesMax) : null;
    });
  }

  compact(throughIndex: LogIndex): Promise<void> {
    return this.#disk.write(this.#process, { kind: 'compact', throughIndex });
  }

  receiveSnapshotChunk(meta: SnapshotMeta, offsetBytes: number, data: Uint8Array): Promise<void> {
    if (offsetBytes === 0) this.#received = { lastIndex: meta.lastIndex, parts: [], sizeBytes: 0 };
    const received = this.#received;
    if (received === null || received.lastIndex !== meta.lastIndex || received.sizeBytes !== offsetBytes) {
      return Promise.reject(new Error(`A snapshot piece at ${offsetBytes} does not continue what was received.`));
    }
    received.parts.push(data.slice());
    received.sizeBytes += data.length;
    return this.#disk.write(this.#process, { kind: 'piece' });
  }

  installSnapshot(meta: SnapshotMeta): Promise<void> {
    const data = joined(this.#received?.parts ?? []);
    this.#received = null;
    return this.#disk.write(this.#process, { kind: 'install', snapshot: meta, data });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
