import { existsSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { AcquireLock } from '@raft-mesh/storage-file';
import { DirectoryLockedError, createManagerDirectory, openManagerStore } from '@raft-mesh/storage-file';
import { CrashingFileSystem } from './crashing-file-system.ts';
import { append, command, firstSnapshot, identity, metaAt } from './manager-fixture.ts';

const directory = '/nowhere/on/this/machine';

test('with a file system and a lock of its own, a store touches no other', async () => {
  const held = new Set<string>();
  const lock: AcquireLock = async (path) => {
    if (held.has(path)) throw new DirectoryLockedError(path);
    held.add(path);
    return { release: async () => { held.delete(path); } };
  };
  const fileSystem = new CrashingFileSystem();
  await createManagerDirectory({ directory, identity, snapshot: firstSnapshot, fileSystem, lock });
  expect(held.size).toBe(0);
  const store = await openManagerStore({ directory, fileSystem, lock, segmentBytesMax: 100 });
  await expect(openManagerStore({ directory, fileSystem, lock })).rejects.toThrow(DirectoryLockedError);
  for (let index = 1; index <= 5; index += 1) await store.write(append(command(index)));
  await store.saveSnapshot(metaAt(3), [Buffer.from('state')]);
  await store.compact(3);
  await store.close();
  expect(held.size).toBe(0);
  expect(existsSync('/nowhere')).toBe(false);
});
