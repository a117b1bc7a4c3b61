import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createManagerDirectory, nodeFileSystem, openManagerStore, type FileSystem } from '@raft-mesh/mesh-node';
import type { ManagerId, MeshId } from '@raft-mesh/protocol';
import { suiteConfiguration, testManagerStore } from '@raft-mesh/testkit/suites/manager-store';
import { TroubledDisk } from '../src/disk/disk-trouble.ts';
import { LossyFileSystem } from '../src/disk/lossy-file-system.ts';

const identity = { mesh: 'mesh-1' as MeshId, incarnation: 1, manager: 'm1' as ManagerId, managerIncarnation: 1 };
const newLife = (disk = new TroubledDisk()): FileSystem => new LossyFileSystem(nodeFileSystem, disk);

for (const segmentBytesMax of [64 * 1024 * 1024, 400]) {
  testManagerStore(`The file store on a lossy disk, with segments of ${segmentBytesMax} bytes`, {
    async createSubject() {
      const parent = await mkdtemp(join(tmpdir(), 'raft-mesh-lossy-'));
      const directory = join(parent, 'store');
      await createManagerDirectory({ directory, identity, snapshot: { lastIndex: 0, lastTerm: 0, logTimeMs: 0, configuration: suiteConfiguration, data: [] }, fileSystem: newLife() });
      // Each store is another life: what the one before had not flushed is gone.
      return { open: () => openManagerStore({ directory, segmentBytesMax, fileSystem: newLife() }), dispose: () => rm(parent, { recursive: true, force: true }) };
    },
    ownership: { exclusive: true },
  });
}

describe('A process dies on a lossy disk', () => {
  let directory: string;
  beforeEach(async () => { directory = await mkdtemp(join(tmpdir(), 'raft-mesh-lossy-')); });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const path = (name: string): string => join(directory, name);
  const write = async (files: FileSystem, name: string, text: string, flush: boolean, mode: 'create' | 'update' = 'create'): Promise<void> => {
    const file = await files.open(path(name), mode);
    await file.write(Buffer.from(text), 0);
    if (flush) await file.flush();
    await file.close();
  };
  const read = async (files: FileSystem, name: string): Promise<string | null> => {
    try {
      const file = await files.open(path(name), 'read');
      const text = (await file.read(await file.sizeBytes(), 0)).toString();
      await file.close();
      return text;
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOENT' });
      return null;
    }
  };
  const durable = async (name: string, text: string): Promise<void> => {
    await write(nodeFileSystem, name, text, true);
  };

  test('what was written and not flushed is seen by it alone, and gone afterwards', async () => {
    await durable('a', 'old text');
    const life = newLife();
    await write(life, 'a', 'NEW', false, 'update');
    expect(await read(life, 'a')).toBe('NEW text');
    expect(await read(nodeFileSystem, 'a')).toBe('old text');
    expect(await read(newLife(), 'a')).toBe('old text');
  });

  test('what was flushed stays', async () => {
    await durable('a', 'old text');
    await write(newLife(), 'a', 'NEW', true, 'update');
    expect(await read(newLife(), 'a')).toBe('NEW text');
  });

  test('a flush takes all that was written before, and nothing that comes after', async () => {
    await durable('a', '');
    const file = await newLife().open(path('a'), 'update');
    await file.write(Buffer.from('one'), 0);
    await file.write(Buffer.from('two'), 3);
    await file.flush();
    await file.write(Buffer.from('three'), 6);
    expect(await file.sizeBytes()).toBe(11);
    expect((await file.read(100, 2)).toString()).toBe('etwothree');
    expect(await read(newLife(), 'a')).toBe('onetwo');
    await file.close();
  });

  test('a new file is gone, however often it was flushed, until its directory is', async () => {
    const life = newLife();
    await write(life, 'new', 'text', true);
    expect(await life.list(directory)).toEqual(['new']);
    expect(await read(life, 'new')).toBe('text');
    expect(await newLife().list(directory)).toEqual([]);
    const other = newLife();
    await write(other, 'new', 'text', true);
    await other.flushDirectory(directory);
    expect(await newLife().list(directory)).toEqual(['new']);
    expect(await read(newLife(), 'new')).toBe('text');
  });

  test('a name that was flushed without its file is there, and empty', async () => {
    const life = newLife();
    await write(life, 'new', 'text', false);
    await life.flushDirectory(directory);
    expect(await read(newLife(), 'new')).toBe('');
  });

  test('an old file that was emptied and written anew is the old one, or, flushed, the new one', async () => {
    await durable('a', 'something long');
    const life = newLife();
    await write(life, 'a', 'short', false);
    expect(await read(life, 'a')).toBe('short');
    expect(await read(newLife(), 'a')).toBe('something long');
    await write(newLife(), 'a', 'short', true);
    expect(await read(newLife(), 'a')).toBe('short');
  });

  test('a rename is undone, or, its directory flushed, done', async () => {
    await durable('target', 'old');
    for (const flushed of [false, true]) {
      const life = newLife();
      await write(life, 'partial', 'new', true);
      await life.rename(path('partial'), path('target'));
      expect(await read(life, 'target')).toBe('new');
      expect(await read(life, 'partial')).toBeNull();
      if (flushed) await life.flushDirectory(directory);
      expect(await read(newLife(), 'target')).toBe(flushed ? 'new' : 'old');
      expect(await read(newLife(), 'partial')).toBeNull();
    }
  });

  test('a removal is undone, or, its directory flushed, done', async () => {
    await durable('a', 'text');
    const life = newLife();
    await life.remove(path('a'));
    expect(await life.list(directory)).toEqual([]);
    expect(await read(newLife(), 'a')).toBe('text');
    await life.flushDirectory(directory);
    expect(await read(newLife(), 'a')).toBeNull();
  });

  test('cutting a file is durable, with all that was written before', async () => {
    await durable('a', 'old text');
    const file = await newLife().open(path('a'), 'update');
    await file.write(Buffer.from('NEW'), 0);
    await file.truncate(5);
    await file.close();
    expect(await read(newLife(), 'a')).toBe('NEW t');
  });

  test('the next life clears away what the last one left', async () => {
    await write(newLife(), 'new', 'text', true);
    expect(await readdir(directory)).toHaveLength(1);
    await newLife().list(directory);
    expect(await readdir(directory)).toEqual([]);
  });

  test('a directory that is removed takes with it what was not flushed in it', async () => {
    const life = newLife();
    await life.makeDirectory(path('inner'));
    await write(life, 'inner/a', 'text', true);
    await life.remove(path('inner'));
    await life.makeDirectory(path('inner'));
    expect(await life.list(path('inner'))).toEqual([]);
    expect(await read(life, 'inner/a')).toBeNull();
  });

  test('a full disk refuses writes and new files, and takes them again when there is room', async () => {
    const disk = new TroubledDisk();
    const life = newLife(disk);
    await durable('a', '');
    const file = await life.open(path('a'), 'update');
    disk.set({ full: true, flushDelayMs: 0 });
    await expect(file.write(Buffer.from('x'), 0)).rejects.toMatchObject({ code: 'ENOSPC' });
    await expect(life.open(path('b'), 'create')).rejects.toMatchObject({ code: 'ENOSPC' });
    disk.set({ full: false, flushDelayMs: 0 });
    await file.write(Buffer.from('x'), 0);
    await file.flush();
    await file.close();
    expect(await read(newLife(), 'a')).toBe('x');
  });
});
