import { mkdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { StoredCommand, WorkerIdentity } from '@raft-mesh/mesh';
import type { MeshId } from '@raft-mesh/protocol';
import type { SessionId } from '@raft-mesh/state-machine';
import { createManagerDirectory, openManagerStore, openWorkerStore } from '@raft-mesh/storage-file';
import { type CrashImage, CrashingFileSystem } from './crashing-file-system.ts';
import { append, command, firstSnapshot, identity, metaAt } from './manager-fixture.ts';
import { temporaryDirectory } from './temporary-directory.ts';

// Goal: whatever step the power is cut at, the next start finds everything that was acknowledged, and goes on.
// Method: run one life on a disk that fails at step n, for every n; start again on each of the disks that this may leave.

const images: readonly CrashImage[] = ['durable', 'everything', 'half'];
const segmentBytesMax = 300;

let directory: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  const temporary = await temporaryDirectory();
  directory = temporary.child;
  remove = temporary.remove;
  // The lock is real, also where the files are not.
  await mkdir(directory);
});
afterEach(() => remove());

/** What the outside world was told. */
interface Acknowledged {
  term: number;
  lastIndex: number;
  /** Index to term. */
  readonly entries: Map<number, number>;
  snapshotIndex: number;
}

async function liveOneLife(files: CrashingFileSystem, told: Acknowledged): Promise<void> {
  const store = await openManagerStore({ directory, fileSystem: files, segmentBytesMax });
  const write = async (term: number, from: number, to: number, truncateFrom: number | null) => {
    const entries = Array.from({ length: to - from + 1 }, (_, offset) => command(from + offset, 'x'.repeat(40), term));
    await store.write({ hardState: { term, votedFor: null }, truncateFrom, entries });
    told.term = term;
    told.lastIndex = to;
    for (const index of told.entries.keys()) if (truncateFrom !== null && index >= truncateFrom) told.entries.delete(index);
    for (const { index } of entries) told.entries.set(index, term);
  };
  try {
    for (let index = 1; index <= 9; index += 1) await write(1, index, index, null);
    await write(2, 8, 10, 8);
    await store.saveSnapshot(metaAt(8, 2), [Buffer.from('state'), Buffer.from(' at 8')]);
    told.snapshotIndex = 8;
    await store.compact(8);
    await write(3, 11, 12, null);
    const received = { ...metaAt(20, 3), sizeBytes: 6 };
    await store.receiveSnapshotChunk(received, 0, Buffer.from('abc'));
    await store.receiveSnapshotChunk(received, 3, Buffer.from('def'));
    await store.installSnapshot(received);
    told.snapshotIndex = told.lastIndex = 20;
    await write(4, 21, 24, null);
  } finally {
    await store.close();
  }
}

async function checkNextLife(files: CrashingFileSystem, told: Acknowledged): Promise<void> {
  const store = await openManagerStore({ directory, fileSystem: files, segmentBytesMax });
  try {
    const { hardState, snapshot, entries } = await store.load();
    expect(hardState.term).toBeGreaterThanOrEqual(told.term);
    expect(snapshot.lastIndex).toBeGreaterThanOrEqual(told.snapshotIndex);
    expect(await store.readSnapshot(snapshot.lastIndex, 0, 100)).toHaveLength(snapshot.sizeBytes);
    const terms = new Map(entries.map(({ index, term }) => [index, term]));
    entries.forEach((entry, position) => expect(entry.index).toBe((entries[0]?.index ?? 0) + position));
    expect(entries[0]?.index ?? snapshot.lastIndex + 1).toBeLessThanOrEqual(snapshot.lastIndex + 1);
    // A later truncation may have come through unacknowledged: then the term is higher.
    for (const [index, term] of told.entries) if (index > snapshot.lastIndex) expect(terms.get(index) ?? -1).toBeGreaterThanOrEqual(term);
    const next = Math.max(entries.at(-1)?.index ?? 0, snapshot.lastIndex) + 1;
    await store.write(append(command(next, 'next', 9)));
    await store.close();
    const again = await openManagerStore({ directory, fileSystem: files, segmentBytesMax });
    expect((await again.load()).entries.at(-1)).toMatchObject({ index: next, term: 9 });
    await again.close();
  } finally {
    await store.close();
  }
}

async function newDisk(): Promise<CrashingFileSystem> {
  const files = new CrashingFileSystem();
  await createManagerDirectory({ directory, identity, snapshot: firstSnapshot, fileSystem: files });
  return files.crashed('durable');
}

describe.each(images)('with what a power cut leaves: %s', (image) => {
  test('30. a manager keeps what it acknowledged', async () => {
    const whole = await newDisk();
    await liveOneLife(whole, { term: 0, lastIndex: 0, entries: new Map(), snapshotIndex: 0 });
    expect(whole.operations).toBeGreaterThan(60);
    for (let failAt = 0; failAt <= whole.operations; failAt += 1) {
      const files = (await newDisk()).failingAt(failAt);
      const told: Acknowledged = { term: 0, lastIndex: 0, entries: new Map(), snapshotIndex: 0 };
      await liveOneLife(files, told).catch(() => undefined);
      await checkNextLife(files.crashed(image), told);
    }
  });

  test('30. a manager keeps what it acknowledged, also when its process is killed first and the power is cut in its next life', async () => {
    const whole = await newDisk();
    await liveOneLife(whole, { term: 0, lastIndex: 0, entries: new Map(), snapshotIndex: 0 });
    for (let failAt = 0; failAt <= whole.operations; failAt += 1) {
      const killed = (await newDisk()).failingAt(failAt);
      await liveOneLife(killed, { term: 0, lastIndex: 0, entries: new Map(), snapshotIndex: 0 }).catch(() => undefined);
      // The kernel lives on: the next life finds everything, flushed or not, and builds upon it.
      const files = killed.failingAt(Number.MAX_SAFE_INTEGER);
      const store = await openManagerStore({ directory, fileSystem: files, segmentBytesMax });
      const { snapshot, entries } = await store.load();
      const next = Math.max(entries.at(-1)?.index ?? 0, snapshot.lastIndex) + 1;
      await store.write(append(command(next, 'acknowledged', 9)));
      // Before it is closed, for that would flush more.
      const cut = files.crashed(image);
      await store.close();
      const after = await openManagerStore({ directory, fileSystem: cut, segmentBytesMax });
      expect((await after.load()).entries.at(-1)).toMatchObject({ index: next, term: 9 });
      await after.close();
    }
  });

  test('32. term and entries written together are there together: no entry on disk is of a later term than the disk knows', async () => {
    const whole = await newDisk();
    await liveOneLife(whole, { term: 0, lastIndex: 0, entries: new Map(), snapshotIndex: 0 });
    const terms = new Set<number>();
    for (let failAt = 0; failAt <= whole.operations; failAt += 1) {
      const files = (await newDisk()).failingAt(failAt);
      await liveOneLife(files, { term: 0, lastIndex: 0, entries: new Map(), snapshotIndex: 0 }).catch(() => undefined);
      const store = await openManagerStore({ directory, fileSystem: files.crashed(image), segmentBytesMax });
      const { hardState, snapshot, entries } = await store.load();
      await store.close();
      terms.add(hardState.term);
      for (const term of [snapshot.lastTerm, ...entries.map((entry) => entry.term)]) expect(hardState.term).toBeGreaterThanOrEqual(term);
    }
    expect([...terms]).toEqual([0, 1, 2, 3, 4]);
  });

  test('33. a state and the index it stands at are one file: whatever step of saving, trimming or installing is cut, both are of one moment, and every later entry is there', async () => {
    const life = async (files: CrashingFileSystem, told: { lastIndex: number; snapshotIndex: number }): Promise<void> => {
      const store = await openManagerStore({ directory, fileSystem: files, segmentBytesMax });
      try {
        for (let round = 1; round <= 4; round += 1) {
          for (let step = 0; step < 3; step += 1) {
            await store.write({ hardState: { term: 1, votedFor: null }, truncateFrom: null, entries: [command(told.lastIndex + 1, 'x'.repeat(60))] });
            told.lastIndex += 1;
          }
          const index = told.lastIndex - 1;
          await store.saveSnapshot(metaAt(index), [Buffer.from(`state at ${index}`)]);
          told.snapshotIndex = index;
          await store.compact(index);
        }
        const data = Buffer.from('state at 30');
        const received = { ...metaAt(30), sizeBytes: data.length };
        await store.receiveSnapshotChunk(received, 0, data);
        await store.installSnapshot(received);
        told.snapshotIndex = told.lastIndex = 30;
      } finally {
        await store.close();
      }
    };
    const whole = await newDisk();
    await life(whole, { lastIndex: 0, snapshotIndex: 0 });
    for (let failAt = 0; failAt <= whole.operations; failAt += 1) {
      const files = (await newDisk()).failingAt(failAt);
      const told = { lastIndex: 0, snapshotIndex: 0 };
      await life(files, told).catch(() => undefined);
      const store = await openManagerStore({ directory, fileSystem: files.crashed(image), segmentBytesMax });
      const { snapshot, entries } = await store.load();
      const { lastIndex } = snapshot;
      expect(Buffer.from((await store.readSnapshot(lastIndex, 0, 100)) ?? []).toString()).toBe(lastIndex === 0 ? '' : `state at ${lastIndex}`);
      await store.close();
      expect(lastIndex).toBeGreaterThanOrEqual(told.snapshotIndex);
      const indexes = entries.map(({ index }) => index).filter((index) => index > lastIndex);
      expect(indexes).toEqual(indexes.map((_, offset) => lastIndex + 1 + offset));
      expect(lastIndex + indexes.length).toBeGreaterThanOrEqual(told.lastIndex);
    }
  });

  test('a creation that was cut short is not a manager, and can be begun again', async () => {
    const whole = new CrashingFileSystem();
    await createManagerDirectory({ directory, identity, snapshot: firstSnapshot, fileSystem: whole });
    for (let failAt = 0; failAt < whole.operations; failAt += 1) {
      const files = new CrashingFileSystem(failAt);
      await expect(createManagerDirectory({ directory, identity, snapshot: firstSnapshot, fileSystem: files })).rejects.toThrow('power');
      const next = files.crashed(image);
      const created = await createManagerDirectory({ directory, identity, snapshot: firstSnapshot, fileSystem: next }).then(() => true, (error: unknown) => {
        expect(error).toMatchObject({ code: 'directoryNotEmpty' });
        return false;
      });
      // Refused only where the first call had done everything but flush the name of the directory.
      if (!created) expect(failAt).toBeGreaterThan(whole.operations - 4);
      const store = await openManagerStore({ directory, fileSystem: next });
      expect((await store.load()).snapshot.lastIndex).toBe(0);
      await store.close();
    }
  });

  test('a manager that was started is never taken for one that was not created', async () => {
    const whole = new CrashingFileSystem();
    await createManagerDirectory({ directory, identity, snapshot: firstSnapshot, fileSystem: whole });
    let started = 0;
    for (let failAt = 0; failAt <= whole.operations; failAt += 1) {
      const killed = new CrashingFileSystem(failAt);
      await createManagerDirectory({ directory, identity, snapshot: firstSnapshot, fileSystem: killed }).catch(() => undefined);
      const files = killed.failingAt(Number.MAX_SAFE_INTEGER);
      const store = await openManagerStore({ directory, fileSystem: files }).catch(() => null);
      if (store === null) continue;
      started += 1;
      await store.write({ hardState: { term: 3, votedFor: null }, truncateFrom: null, entries: [] });
      const cut = files.crashed(image);
      await store.close();
      const after = await openManagerStore({ directory, fileSystem: cut });
      expect((await after.load()).hardState.term).toBe(3);
      await after.close();
    }
    expect(started).toBeGreaterThan(1);
  });

  test.each([['rewrites its journal', { journalBytesMax: 500 }], ['begins new files of outcomes', { journalBytesMax: 500, outcomesBytesMax: 150 }]])('a worker keeps what it stored while it %s', async (_what, limits) => {
    const session = 's' as SessionId;
    const worker: WorkerIdentity = { mesh: 'table' as MeshId, incarnation: 1, agent: null, name: 'Ada', resumeSecret: 's', joinToken: null, session, sessionOpened: true, managers: [] };
    const stored = (sequence: number): StoredCommand => ({ session, sequence, module: 'm', command: 'c', arguments: sequence });
    const live = async (files: CrashingFileSystem, told: { identity: boolean; commands: number; outcomes: number }) => {
      const store = await openWorkerStore({ directory, fileSystem: files, ...limits });
      try {
        await store.saveIdentity(worker);
        told.identity = true;
        for (let sequence = 1; sequence <= 8; sequence += 1) {
          await store.saveCommand(stored(sequence));
          told.commands = sequence;
          if (sequence % 2 === 1) continue;
          await store.saveOutcome({ session, sequence: sequence - 1, outcome: { status: 'committed', index: sequence, answer: null } });
          told.outcomes += 1;
        }
      } finally {
        await store.close();
      }
    };
    const whole = new CrashingFileSystem();
    await live(whole, { identity: false, commands: 0, outcomes: 0 });
    for (let failAt = 0; failAt <= whole.operations; failAt += 1) {
      const files = new CrashingFileSystem(failAt);
      const told = { identity: false, commands: 0, outcomes: 0 };
      await live(files, told).catch(() => undefined);
      const next = files.crashed(image);
      for (let life = 0; life < 2; life += 1) {
        const store = await openWorkerStore({ directory, fileSystem: next, ...limits });
        const record = await store.load();
        await store.close();
        if (told.identity) expect(record).not.toBeNull();
        if (record === null) continue;
        expect(record.nextSequence).toBeGreaterThan(told.commands);
        const open = record.open.map(({ sequence }) => sequence);
        for (let sequence = 1; sequence <= told.commands; sequence += 1) {
          const settledFor = sequence % 2 === 1 && sequence <= 2 * told.outcomes;
          const mayBeSettled = sequence % 2 === 1 && sequence <= 2 * told.outcomes + 2;
          if (settledFor) expect(open).not.toContain(sequence);
          else if (!mayBeSettled) expect(open).toContain(sequence);
        }
      }
    }
  });
});
