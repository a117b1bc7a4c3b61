import { mkdir } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createManagerDirectory, DiskFullError, type FileSystem, type OpenFile, openManagerStore, StorageFailedError } from '@raft-mesh/storage-file';
import { CrashingFileSystem } from './crashing-file-system.ts';
import { append, command, firstSnapshot, identity, metaAt } from './manager-fixture.ts';
import { temporaryDirectory } from './temporary-directory.ts';

// Goal: a full device takes nothing away and nothing down: what needs room waits, in order, and goes on by itself; what is better given up says so.

let directory: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ child: directory, remove } = await temporaryDirectory());
  await mkdir(directory);
});
afterEach(() => remove());

/** A device that is full on demand: a write leaves half of its bytes behind, as a real one may. */
class FullDevice {
  readonly #files = new CrashingFileSystem();
  isFull = false;
  /** What was refused, by name. */
  readonly refused: string[] = [];
  #waiting: (() => void)[] = [];

  #onWait: () => void = () => {};

  readonly pause = (): Promise<void> => new Promise((resolve) => {
    this.#waiting.push(resolve);
    this.#onWait();
  });

  /** Everyone who waits looks again. */
  look(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async untilSomeoneWaits(): Promise<void> {
    if (this.#waiting.length === 0) await new Promise<void>((resolve) => { this.#onWait = resolve; });
  }

  get files(): FileSystem {
    const refuse = (step: string): never => {
      this.refused.push(step);
      throw Object.assign(new Error(`no space left on device, ${step}`), { code: 'ENOSPC' });
    };
    const fileOf = (file: OpenFile): OpenFile => ({
      ...file,
      write: async (data, position) => {
        if (!this.isFull) return file.write(data, position);
        await file.write(data.subarray(0, data.length / 2), position);
        return refuse('write');
      },
    });
    const files = this.#files;
    return {
      open: async (path, mode) => (this.isFull && mode === 'create' ? refuse('create') : fileOf(await files.open(path, mode))),
      list: (path) => files.list(path), makeDirectory: () => files.makeDirectory(), remove: (path) => files.remove(path), flushDirectory: (path) => files.flushDirectory(path),
      rename: async (from, to) => (this.isFull ? refuse('rename') : files.rename(from, to)),
    };
  }

  /** As a power cut would leave it now. */
  get cut(): FileSystem {
    return this.#files.crashed('everything');
  }
}

async function opened(device: FullDevice, segmentBytesMax = 100_000) {
  await createManagerDirectory({ directory, identity, snapshot: firstSnapshot, fileSystem: device.files });
  const store = await openManagerStore({ directory, fileSystem: device.files, segmentBytesMax, pause: device.pause });
  const told: boolean[] = [];
  store.onRoom((hasRoom) => { told.push(hasRoom); });
  return { store, told };
}

async function indexesOn(fileSystem: FileSystem): Promise<readonly number[]> {
  // The one that is looked behind may be open still.
  const store = await openManagerStore({ directory, fileSystem, lock: () => Promise.resolve({ release: () => Promise.resolve() }) });
  const { entries } = await store.load();
  await store.close();
  return entries.map(({ index }) => index);
}

test.each([['in the same file', 100_000, 'write'], ['that begins a new file', 100, 'create']])('a write %s waits for room, and those behind it; then all go on, without a restart', async (_, segmentBytesMax, step) => {
  const device = new FullDevice();
  const { store, told } = await opened(device, segmentBytesMax);
  await store.write(append(command(1)));
  device.isFull = true;
  const settled: number[] = [];
  const writes = [2, 3].map((index) => store.write({ ...append(command(index)), hardState: { term: index, votedFor: null } }).then(() => settled.push(index)));
  for (let look = 0; look < 3; look += 1) {
    await device.untilSomeoneWaits();
    device.look();
  }
  expect(device.refused).toContain(step);
  expect(settled).toEqual([]);
  expect(told).toEqual([false]);
  await device.untilSomeoneWaits();
  device.isFull = false;
  device.look();
  await Promise.all(writes);
  expect(settled).toEqual([2, 3]);
  expect(told).toEqual([false, true]);
  await store.write(append(command(4)));
  await store.close();
  expect(await indexesOn(device.files)).toEqual([1, 2, 3, 4]);
});

test('while it waits nothing is acknowledged and nothing lost: a power cut finds what was acknowledged before', async () => {
  const device = new FullDevice();
  const { store } = await opened(device);
  await store.write(append(command(1)));
  device.isFull = true;
  const waiting = expect(store.write(append(command(2)))).rejects.toThrow(StorageFailedError);
  await device.untilSomeoneWaits();
  expect(await indexesOn(device.cut)).toEqual([1]);
  // A stop does not wait for room that may never come.
  const closing = store.close();
  device.look();
  await closing;
  await waiting;
});

test('a snapshot that does not fit is given up with `diskFull`, leaves nothing behind, and can be taken again', async () => {
  const device = new FullDevice();
  const { store, told } = await opened(device);
  await store.write(append(command(1), command(2)));
  const before = await device.files.list(`${directory}/snapshots`);
  const parts = function* () {
    yield Buffer.from('half');
    device.isFull = true;
    yield Buffer.from('the rest');
  };
  const error: unknown = await store.saveSnapshot(metaAt(2), parts()).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DiskFullError);
  expect(error).toMatchObject({ code: 'diskFull' });
  expect(told).toEqual([]);
  expect(await device.files.list(`${directory}/snapshots`)).toEqual(before);
  device.isFull = false;
  await store.saveSnapshot(metaAt(2), [Buffer.from('whole')]);
  await store.compact(2);
  await store.write(append(command(3)));
  await store.close();
  expect((await indexesOn(device.files)).at(-1)).toBe(3);
});

test('a snapshot that is received waits for room at any of its steps', async () => {
  const device = new FullDevice();
  const { store, told } = await opened(device);
  const meta = { ...metaAt(9, 2), sizeBytes: 6 };
  device.isFull = true;
  const received = (async () => {
    await store.receiveSnapshotChunk(meta, 0, Buffer.from('abc'));
    device.isFull = true;
    await store.receiveSnapshotChunk(meta, 3, Buffer.from('def'));
    device.isFull = true;
    await store.installSnapshot(meta);
  })();
  let rounds = 0;
  const done = received.then(() => 'done' as const);
  while (await Promise.race([device.untilSomeoneWaits(), done]) !== 'done') {
    device.isFull = false;
    device.look();
    rounds += 1;
  }
  await received;
  expect(rounds).toBeGreaterThanOrEqual(3);
  expect(told.filter((hasRoom) => !hasRoom).length).toBe(3);
  await store.close();
  const again = await openManagerStore({ directory, fileSystem: device.files });
  expect((await again.load()).snapshot).toMatchObject({ lastIndex: 9, lastTerm: 2, sizeBytes: 6 });
  await again.close();
});

test('a store is not opened on a full device, and says why', async () => {
  const device = new FullDevice();
  const { store } = await opened(device);
  await store.close();
  device.isFull = true;
  await expect(openManagerStore({ directory, fileSystem: device.files, pause: device.pause })).rejects.toThrow(DiskFullError);
  device.isFull = false;
  expect(await indexesOn(device.files)).toEqual([]);
});
