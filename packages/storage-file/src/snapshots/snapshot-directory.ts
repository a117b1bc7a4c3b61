import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { LogIndex, SnapshotMeta } from '@raft-mesh/raft';
import { SnapshotDamagedError } from '../errors.ts';
import { type FileSystem, isMissing, type OpenFile } from '../file-system.ts';
import { digestOf, encodeTrailer, verifySnapshot } from './snapshot-file.ts';

interface KeptSnapshot {
  readonly meta: SnapshotMeta;
  readonly path: string;
}

interface Receiving {
  readonly lastIndex: LogIndex;
  readonly lastTerm: number;
  readonly file: OpenFile;
  receivedBytes: number;
}

const suffix = '.snapshot';
const partialSuffix = '.partial';
const receivingName = `received${partialSuffix}`;

/** The snapshots of one manager: the current one, and the one before it for transfers that are under way. */
export class SnapshotDirectory {
  readonly #files: FileSystem;
  /** For taking a snapshot, which is better given up than waited with. */
  readonly #savingFiles: FileSystem;
  readonly #directory: string;
  readonly #identity: Buffer;
  /** Newest first, never empty. */
  #kept: KeptSnapshot[] = [];
  #receiving: Receiving | null = null;
  #savesStarted = 0;
  #adoption: Promise<void> = Promise.resolve();

  private constructor(files: FileSystem, savingFiles: FileSystem, directory: string, identity: Buffer) {
    this.#files = files;
    this.#savingFiles = savingFiles;
    this.#directory = directory;
    this.#identity = identity;
  }

  /** Makes the directory and its first snapshot, durable. */
  static async create(files: FileSystem, directory: string, identity: Buffer, meta: Omit<SnapshotMeta, 'sizeBytes'>, data: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    await files.makeDirectory(directory);
    await new SnapshotDirectory(files, files, directory, identity).save(meta, data);
  }

  /** Checks the newest snapshot from the first byte to the last, and removes what a crash left. Throws `SnapshotDamagedError`. */
  static async open(files: FileSystem, directory: string, identity: Buffer, savingFiles: FileSystem = files): Promise<SnapshotDirectory> {
    const names = await files.list(directory);
    const newest = names.filter((name) => name.endsWith(suffix)).at(-1);
    if (newest === undefined) throw new SnapshotDamagedError(directory, 'it holds no snapshot');
    const snapshots = new SnapshotDirectory(files, savingFiles, directory, identity);
    const path = join(directory, newest);
    const file = await files.open(path, 'read');
    try {
      const meta = await verifySnapshot(path, file, identity);
      if (nameOf(meta) !== newest) throw new SnapshotDamagedError(path, 'its name does not say what it holds');
      snapshots.#kept = [{ meta, path }];
    } finally {
      await file.close();
    }
    // Whoever created the newest may have died before its name was flushed.
    await files.flushDirectory(directory);
    for (const name of names.filter((other) => other !== newest)) await files.remove(join(directory, name));
    return snapshots;
  }

  get current(): SnapshotMeta {
    const current = this.#kept[0];
    if (current === undefined) throw new Error('There is no snapshot.');
    return current.meta;
  }

  /** Durable, and current unless a newer one came meanwhile, when it resolves. After a rejection nothing has changed. */
  async save(meta: Omit<SnapshotMeta, 'sizeBytes'>, data: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<SnapshotMeta> {
    this.#savesStarted += 1;
    const partial = join(this.#directory, `saving-${this.#savesStarted}${partialSuffix}`);
    try {
      const file = await this.#savingFiles.open(partial, 'create');
      try {
        const hash = createHash('sha256');
        let sizeBytes = 0;
        for await (const part of data) {
          await file.write(part, sizeBytes);
          hash.update(part);
          sizeBytes += part.length;
        }
        const { lastIndex, lastTerm, logTimeMs, configuration } = meta;
        const complete = { lastIndex, lastTerm, logTimeMs, configuration, sizeBytes };
        await this.#finish(file, complete, hash.digest('hex'));
        await this.#adopt(partial, complete);
        return complete;
      } finally {
        await file.close();
      }
    } catch (error) {
      await this.#files.remove(partial).catch(() => undefined);
      throw error;
    }
  }

  async read(lastIndex: LogIndex, offsetBytes: number, lengthBytesMax: number): Promise<Uint8Array | null> {
    const snapshot = this.#kept.find(({ meta }) => meta.lastIndex === lastIndex);
    if (snapshot === undefined) return null;
    const lengthBytes = Math.max(0, Math.min(lengthBytesMax, snapshot.meta.sizeBytes - offsetBytes));
    let file: OpenFile;
    try {
      file = await this.#files.open(snapshot.path, 'read');
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
    try {
      const data = await file.read(lengthBytes, offsetBytes);
      if (data.length < lengthBytes) throw new SnapshotDamagedError(snapshot.path, 'it is too short');
      return new Uint8Array(data.buffer, data.byteOffset, data.length);
    } finally {
      await file.close();
    }
  }

  /** Stores a piece. It must begin where the pieces so far end, or at 0, or repeat some of them. Not durable. */
  async receive(meta: SnapshotMeta, offsetBytes: number, data: Uint8Array): Promise<void> {
    if (offsetBytes === 0) {
      await this.#dropReceived();
      const file = await this.#files.open(join(this.#directory, receivingName), 'create');
      this.#receiving = { lastIndex: meta.lastIndex, lastTerm: meta.lastTerm, file, receivedBytes: 0 };
    }
    const receiving = this.#receivingFor(meta);
    if (offsetBytes > receiving.receivedBytes) throw new Error(`A piece at byte ${offsetBytes} of the snapshot at ${meta.lastIndex} leaves a hole: ${receiving.receivedBytes} bytes are there.`);
    if (offsetBytes + data.length > meta.sizeBytes) throw new Error(`A piece at byte ${offsetBytes} is longer than the snapshot at ${meta.lastIndex}: ${meta.sizeBytes} bytes.`);
    await receiving.file.write(data, offsetBytes);
    receiving.receivedBytes = offsetBytes + data.length;
  }

  /** Makes what was received durable and current. */
  async install(meta: SnapshotMeta): Promise<void> {
    if (meta.sizeBytes === 0 && this.#receiving === null) await this.receive(meta, 0, new Uint8Array());
    const { file, receivedBytes } = this.#receivingFor(meta);
    if (receivedBytes !== meta.sizeBytes) throw new Error(`The received snapshot at ${meta.lastIndex} has ${receivedBytes} bytes, not ${meta.sizeBytes}.`);
    const { lastIndex, lastTerm, logTimeMs, configuration, sizeBytes } = meta;
    await this.#finish(file, { lastIndex, lastTerm, logTimeMs, configuration, sizeBytes }, await digestOf(file, sizeBytes));
    await file.close();
    this.#receiving = null;
    await this.#adopt(join(this.#directory, receivingName), meta);
  }

  async close(): Promise<void> {
    await this.#dropReceived();
  }

  async #finish(file: OpenFile, meta: SnapshotMeta, sha256: string): Promise<void> {
    await file.write(encodeTrailer(meta, sha256, this.#identity), meta.sizeBytes);
    await file.flush();
  }

  /** One after the other: a snapshot that was taken and one that was received may be ready at the same time. */
  #adopt(partial: string, meta: SnapshotMeta): Promise<void> {
    const adopted = this.#adoption.then(() => this.#adoptNow(partial, meta));
    this.#adoption = adopted.catch(() => undefined);
    return adopted;
  }

  async #adoptNow(partial: string, meta: SnapshotMeta): Promise<void> {
    const previous = this.#kept[0];
    if (previous !== undefined && previous.meta.lastIndex > meta.lastIndex) {
      await this.#files.remove(partial);
      return;
    }
    const path = join(this.#directory, nameOf(meta));
    await this.#files.rename(partial, path);
    await this.#files.flushDirectory(this.#directory);
    const others = this.#kept.filter((snapshot) => snapshot.path !== path);
    this.#kept = [{ meta, path }, ...others.slice(0, 1)];
    for (const snapshot of others.slice(1)) await this.#files.remove(snapshot.path);
  }

  #receivingFor(meta: SnapshotMeta): Receiving {
    const receiving = this.#receiving;
    if (receiving === null || receiving.lastIndex !== meta.lastIndex || receiving.lastTerm !== meta.lastTerm) {
      throw new Error(`No snapshot at ${meta.lastIndex} is being received: its first piece must begin at byte 0.`);
    }
    return receiving;
  }

  async #dropReceived(): Promise<void> {
    const receiving = this.#receiving;
    this.#receiving = null;
    await receiving?.file.close();
  }
}

/** Sorts by index, then term. */
function nameOf({ lastIndex, lastTerm }: Pick<SnapshotMeta, 'lastIndex' | 'lastTerm'>): string {
  return `${String(lastIndex).padStart(16, '0')}-${String(lastTerm).padStart(16, '0')}${suffix}`;
}
