import { cp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createManagerDirectory, LogDamagedError, openManagerStore, SnapshotDamagedError, UnsupportedFormatError } from '@raft-mesh/storage-file';
import { append, command, firstSnapshot, identity, metaAt } from './manager-fixture.ts';
import { temporaryDirectory } from './temporary-directory.ts';

let path: string;
let remove: () => Promise<void>;
beforeEach(async () => ({ path, remove } = await temporaryDirectory()));
afterEach(() => remove());

/** Runs a manager and copies its directory while it is still open, as a SIGKILL would leave it. */
async function killed(batches: number, options: { readonly segmentBytesMax?: number } = {}): Promise<{ readonly directory: string; readonly log: string; readonly ends: readonly number[] }> {
  const living = join(path, 'living');
  const directory = join(path, 'killed');
  await createManagerDirectory({ directory: living, identity, snapshot: firstSnapshot });
  const store = await openManagerStore({ directory: living, ...options });
  const ends: number[] = [];
  for (let index = 1; index <= batches; index += 1) {
    await store.write(append(command(index)));
    ends.push((await stat(await lastSegment(living))).size);
  }
  await cp(living, directory, { recursive: true });
  await store.close();
  return { directory, log: await lastSegment(directory), ends };
}

async function lastSegment(directory: string): Promise<string> {
  return join(directory, 'log', (await readdir(join(directory, 'log'))).toSorted().at(-1) ?? '');
}

async function reopenedIndexes(directory: string): Promise<readonly number[]> {
  const store = await openManagerStore({ directory });
  try {
    return (await store.load()).entries.map(({ index }) => index);
  } finally {
    await store.close();
  }
}

function flipped(data: Buffer, offset: number): Buffer {
  const copy = Buffer.from(data);
  copy.writeUInt8(copy.readUInt8(offset) ^ 0x10, offset);
  return copy;
}

test('27. a write torn at any byte of the last batch is cut off, and the log goes on', async () => {
  const { directory, log, ends } = await killed(3);
  const whole = await readFile(log);
  const beforeLast = ends[1] ?? 0;
  for (let length = beforeLast; length < whole.length; length += 1) {
    for (const rest of [Buffer.alloc(0), Buffer.alloc(whole.length - length)]) {
      await writeFile(log, Buffer.concat([whole.subarray(0, length), rest]));
      const store = await openManagerStore({ directory });
      expect((await store.load()).entries.map(({ index }) => index)).toEqual([1, 2]);
      await store.write(append(command(3, 'again', 2)));
      await store.close();
      expect(await reopenedIndexes(directory)).toEqual([1, 2, 3]);
    }
  }
});

test('28. a bit flipped anywhere below the last batch is reported by file and offset, and nothing is changed', async () => {
  const { directory, log, ends } = await killed(4);
  const whole = await readFile(log);
  const lastStart = ends[2] ?? 0;
  for (let offset = 0; offset < lastStart; offset += 1) {
    const damaged = flipped(whole, offset);
    await writeFile(log, damaged);
    const error: unknown = await openManagerStore({ directory }).then(() => null, (reason: unknown) => reason);
    expect(error).toBeInstanceOf(LogDamagedError);
    if (!(error instanceof LogDamagedError)) continue;
    expect(error.file).toBe(log);
    expect(error.offsetBytes).toBeLessThanOrEqual(offset);
    expect(error.message).toContain(log);
    expect(await readFile(log)).toEqual(damaged);
  }
});

test('after a clean close, damage to the last batch is told from a torn write', async () => {
  const { directory } = await killed(2);
  await reopenedIndexes(directory);
  const log = await lastSegment(directory);
  const whole = await readFile(log);
  await writeFile(log, flipped(whole, whole.length - 3 * 44 + 10));
  await expect(openManagerStore({ directory })).rejects.toThrow(LogDamagedError);
});

test('27. bytes of a command that look like a batch do not turn a torn write into damage', async () => {
  const { directory, log, ends } = await killed(2);
  const copyOfBatch = (await readFile(log)).subarray(ends[0], ends[1]);
  const store = await openManagerStore({ directory });
  const start = (await stat(log)).size;
  await store.write({ hardState: null, truncateFrom: null, entries: [{ kind: 'command', term: 1, index: 3, logTimeMs: 3, data: copyOfBatch }] });
  const whole = await readFile(log);
  await store.close();
  await writeFile(log, flipped(whole, start + 20));
  expect(await reopenedIndexes(directory)).toEqual([1, 2]);
});

describe('with many segments', () => {
  test('a missing or shortened segment is damage', async () => {
    const { directory } = await killed(12, { segmentBytesMax: 300 });
    const names = (await readdir(join(directory, 'log'))).toSorted();
    expect(names.length).toBeGreaterThan(3);
    const second = join(directory, 'log', names[1] ?? '');
    const whole = await readFile(second);
    await writeFile(second, whole.subarray(0, whole.length - 1));
    await expect(openManagerStore({ directory })).rejects.toThrow(LogDamagedError);
    await writeFile(second, whole.subarray(0, 64));
    await expect(openManagerStore({ directory })).rejects.toThrow(LogDamagedError);
    await writeFile(second, whole);
    const { rename } = await import('node:fs/promises');
    await rename(second, join(directory, 'elsewhere'));
    await expect(openManagerStore({ directory })).rejects.toThrow('missing');
    await rename(join(directory, 'elsewhere'), second);
    expect(await reopenedIndexes(directory)).toHaveLength(12);
  });

  test('a segment whose first write was torn is dropped', async () => {
    const { directory } = await killed(12, { segmentBytesMax: 300 });
    const whole = await readFile(await lastSegment(directory));
    const next = join(directory, 'log', `${String((await readdir(join(directory, 'log'))).length + 1).padStart(10, '0')}.segment`);
    for (const length of [0, 1, 63, 64, 90]) {
      await writeFile(next, whole.subarray(0, length));
      expect(await reopenedIndexes(directory)).toHaveLength(12);
    }
  });

  test('a compaction deletes segments', async () => {
    const directory = join(path, 'compacted');
    await createManagerDirectory({ directory, identity, snapshot: firstSnapshot });
    const store = await openManagerStore({ directory, segmentBytesMax: 300 });
    for (let index = 1; index <= 12; index += 1) await store.write(append(command(index)));
    const before = (await readdir(join(directory, 'log'))).length;
    await store.saveSnapshot(metaAt(12), [Buffer.from('x')]);
    await store.compact(12);
    expect((await readdir(join(directory, 'log'))).length).toBeLessThan(before / 2);
    await store.write(append(command(13)));
    await store.close();
    expect((await reopenedIndexes(directory)).at(-1)).toBe(13);
  });
});

test('28. every flipped bit of a snapshot is found', async () => {
  const directory = join(path, 'snapshots-flipped');
  await createManagerDirectory({ directory, identity, snapshot: { ...firstSnapshot, ...metaAt(7, 3), data: [Buffer.from('the state at seven')] } });
  const snapshots = join(directory, 'snapshots');
  const file = join(snapshots, (await readdir(snapshots))[0] ?? '');
  const whole = await readFile(file);
  for (let offset = 0; offset < whole.length; offset += 1) {
    await writeFile(file, flipped(whole, offset));
    await expect(openManagerStore({ directory })).rejects.toThrow(SnapshotDamagedError);
  }
  await writeFile(file, whole);
  const store = await openManagerStore({ directory });
  // A restored manager starts in the term of what it restored.
  expect(await store.load()).toMatchObject({ hardState: { term: 3, votedFor: null }, snapshot: { lastIndex: 7 }, entries: [] });
  await store.write(append(command(8, 'on', 3)));
  await store.close();
});

test('a newer format is refused by name', async () => {
  const { directory } = await killed(1);
  const file = join(directory, 'identity.json');
  await writeFile(file, (await readFile(file, 'utf8')).replace('"formatVersion":1', '"formatVersion":2'));
  await expect(openManagerStore({ directory })).rejects.toThrow(UnsupportedFormatError);
});
