import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ManagerId } from '@raft-mesh/protocol';
import {
  createManagerDirectory, DirectoryLockedError, DirectoryNotEmptyError, DirectoryUninitialisedError, type FileSystem, nodeFileSystem, type OpenFile,
  openManagerStore, readManagerIdentity, StorageFailedError, StoreClosedError, WrongIdentityError,
} from '@raft-mesh/storage-file';
import { append, command, firstSnapshot, identity, metaAt } from './manager-fixture.ts';
import { temporaryDirectory } from './temporary-directory.ts';

let directory: string;
let remove: () => Promise<void>;
beforeEach(async () => ({ child: directory, remove } = await temporaryDirectory()));
afterEach(() => remove());

const create = () => createManagerDirectory({ directory, identity, snapshot: firstSnapshot });

test('34. a directory without a manager is refused, and left as it is', async () => {
  await expect(openManagerStore({ directory })).rejects.toThrow(DirectoryUninitialisedError);
  await mkdir(directory);
  await expect(openManagerStore({ directory })).rejects.toThrow('mesh manager join');
  expect(await readdir(directory)).toEqual([]);
  expect(await readManagerIdentity(directory)).toBeNull();
});

test('a manager is created once, and never over anything', async () => {
  await create();
  await expect(create()).rejects.toThrow(DirectoryNotEmptyError);
  expect(await readManagerIdentity(directory)).toEqual(identity);
  const other = `${directory}-other`;
  await mkdir(other);
  await writeFile(join(other, 'holiday.jpg'), '');
  await expect(createManagerDirectory({ directory: other, identity, snapshot: firstSnapshot })).rejects.toThrow('holiday.jpg');
  expect(await readdir(other)).toEqual(['holiday.jpg']);
});

test('another identity is refused, in each of its parts', async () => {
  await create();
  for (const expectedIdentity of [{ ...identity, incarnation: 2 }, { ...identity, managerIncarnation: 2 }, { ...identity, manager: 'm2' as ManagerId }, { ...identity, mesh: 'other' as typeof identity.mesh }]) {
    await expect(openManagerStore({ directory, expectedIdentity })).rejects.toThrow(WrongIdentityError);
  }
  const store = await openManagerStore({ directory, expectedIdentity: identity });
  expect(store.identity).toEqual(identity);
  await expect(openManagerStore({ directory })).rejects.toThrow(DirectoryLockedError);
  await store.close();
});

test('a log of another manager is noticed', async () => {
  await create();
  const other = `${directory}-other`;
  await createManagerDirectory({ directory: other, identity: { ...identity, managerIncarnation: 2 }, snapshot: firstSnapshot });
  await writeFile(join(directory, 'identity.json'), JSON.stringify({ formatVersion: 1, ...identity, managerIncarnation: 2 }));
  await expect(openManagerStore({ directory })).rejects.toThrow('another manager');
});

test('only its owner may read it', async () => {
  await create();
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  for (const name of ['identity.json', 'log/0000000001.segment', `snapshots/${(await readdir(join(directory, 'snapshots')))[0]}`]) {
    expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600);
  }
});

test('every call after close is refused', async () => {
  await create();
  const store = await openManagerStore({ directory });
  await store.close();
  await expect(store.write(append(command(1)))).rejects.toThrow(StoreClosedError);
  await expect(store.load().then(() => store.load())).rejects.toThrow(StoreClosedError);
  await store.close();
});

test('an entry that does not continue the log fails before anything is written', async () => {
  await create();
  const store = await openManagerStore({ directory });
  await store.write(append(command(1)));
  const size = async () => (await stat(join(directory, 'log/0000000001.segment'))).size;
  const before = await size();
  await expect(store.write(append(command(3)))).rejects.toThrow('gap');
  expect(await size()).toBe(before);
  await store.close();
});

test.each(['write', 'flush'] as const)('29. a failed %s is final, also when the disk is well again', async (operation) => {
  await create();
  const disk = { broken: false };
  const store = await openManagerStore({ directory, fileSystem: breakable(disk, operation) });
  await store.write(append(command(1)));
  disk.broken = true;
  const settled: string[] = [];
  const writes = [2, 3].map((index) => store.write(append(command(index))).catch((error: unknown) => {
    settled.push(`${index}: ${error instanceof StorageFailedError}`);
  }));
  await Promise.all(writes);
  disk.broken = false;
  expect(settled).toEqual(['2: true', '3: true']);
  await expect(store.write(append(command(2)))).rejects.toThrow('no space left');
  await expect(store.installSnapshot({ ...metaAt(9), sizeBytes: 0 })).rejects.toThrow(StorageFailedError);
  await expect(store.compact(0)).rejects.toThrow(StorageFailedError);
  await store.close();
  const next = await openManagerStore({ directory });
  expect((await next.load()).entries.length).toBeGreaterThanOrEqual(1);
  await next.close();
});

test('35. a disk that is full in the middle of an append refuses cleanly: nothing of that append is acknowledged, and what was is there in the next life', async () => {
  await create();
  const disk = { isFull: false };
  const store = await openManagerStore({ directory, fileSystem: filling(disk) });
  await store.write(append(command(1)));
  disk.isFull = true;
  await expect(store.write(append(command(2, 'y'.repeat(200)), command(3)))).rejects.toThrow('no space left');
  await store.close();
  const next = await openManagerStore({ directory });
  expect((await next.load()).entries.map(({ index }) => index)).toEqual([1]);
  await next.write(append(command(2, 'there is room again')));
  await next.close();
  const again = await openManagerStore({ directory });
  expect((await again.load()).entries.map(({ index }) => index)).toEqual([1, 2]);
  await again.close();
});

test('what arrives during a flush shares the next one', async () => {
  await create();
  let flushes = 0;
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => { release = resolve; });
  const slow = wrapped((file) => ({
    ...file,
    async flush() {
      flushes += 1;
      await gate;
      await file.flush();
    },
  }), () => gated);
  let gated = false;
  const store = await openManagerStore({ directory, fileSystem: slow });
  gated = true;
  const first = store.write(append(command(1)));
  await new Promise((resolve) => setImmediate(resolve));
  const others = Array.from({ length: 50 }, (_, offset) => store.write(append(command(offset + 2))));
  release();
  await Promise.all([first, ...others]);
  expect(flushes).toBe(2);
  await store.close();
});

/** The real file system with something put around each open file, where `when` says so. */
function wrapped(change: (file: OpenFile) => OpenFile, when: () => boolean): FileSystem {
  return {
    ...nodeFileSystem,
    async open(path, mode) {
      const file = await nodeFileSystem.open(path, mode);
      const plain: OpenFile = {
        write: (data, position) => file.write(data, position), read: (length, position) => file.read(length, position), flush: () => file.flush(),
        truncate: (size) => file.truncate(size), sizeBytes: () => file.sizeBytes(), close: () => file.close(),
      };
      const changed = change(plain);
      return { ...plain, write: (...given) => (when() ? changed : plain).write(...given), flush: () => (when() ? changed : plain).flush() };
    },
  };
}

/** A full disk still takes the first half of what it is given. */
function filling(disk: { readonly isFull: boolean }): FileSystem {
  return wrapped((file) => ({
    ...file,
    async write(data, position) {
      await file.write(data.subarray(0, Math.floor(data.length / 2)), position);
      throw new Error('no space left on device');
    },
  }), () => disk.isFull);
}

function breakable(disk: { broken: boolean }, operation: 'write' | 'flush'): FileSystem {
  const fail = () => Promise.reject(new Error('no space left on device'));
  return wrapped((file) => ({ ...file, [operation]: fail }), () => disk.broken);
}
