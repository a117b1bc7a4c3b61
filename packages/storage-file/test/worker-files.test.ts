import { appendFile, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { StoredCommand, WorkerIdentity } from '@raft-mesh/mesh';
import type { MeshId } from '@raft-mesh/protocol';
import type { SessionId } from '@raft-mesh/state-machine';
import { openWorkerStore, readOutcomes, WorkerStoreDamagedError } from '@raft-mesh/storage-file';
import { temporaryDirectory } from './temporary-directory.ts';

const session = 's' as SessionId;
const identity: WorkerIdentity = { mesh: 'table' as MeshId, incarnation: 1, agent: null, name: 'Ada', resumeSecret: 'secret', joinToken: null, session, sessionOpened: true, managers: [] };
const command = (sequence: number): StoredCommand => ({ session, sequence, module: 'm', command: 'c', arguments: { sequence } });
const outcome = (sequence: number) => ({ session, sequence, outcome: { status: 'committed', index: sequence, answer: 'é' } }) as const;

let directory: string;
let remove: () => Promise<void>;
beforeEach(async () => ({ child: directory, remove } = await temporaryDirectory()));
afterEach(() => remove());

async function filled(): Promise<void> {
  const store = await openWorkerStore({ directory });
  await store.saveIdentity(identity);
  for (const sequence of [1, 2, 3]) await store.saveCommand(command(sequence));
  for (const sequence of [1, 2]) await store.saveOutcome(outcome(sequence));
  await store.close();
}

test('a line torn at any byte is cut off', async () => {
  await filled();
  const journal = join(directory, 'journal.jsonl');
  const whole = await readFile(journal);
  const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1;
  for (let length = lastLine; length < whole.length; length += 1) {
    await writeFile(journal, whole.subarray(0, length));
    const store = await openWorkerStore({ directory });
    const record = await store.load();
    await store.close();
    expect(record?.open).toEqual([]);
    expect(record?.nextSequence).toBe(3);
  }
});

test.each(['journal.jsonl', 'outcomes.jsonl'])('a bit flipped below the last line of %s is reported by file and offset', async (name) => {
  await filled();
  const file = join(directory, name);
  const whole = await readFile(file);
  const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1;
  for (let offset = 0; offset < lastLine; offset += 1) {
    const damaged = Buffer.from(whole);
    damaged.writeUInt8(damaged.readUInt8(offset) ^ 0x01, offset);
    await writeFile(file, damaged);
    await expect(openWorkerStore({ directory })).rejects.toMatchObject({ code: 'workerStoreDamaged', file });
  }
});

test('outcomes can be read while the worker runs, and outlive compactions of the journal', async () => {
  const store = await openWorkerStore({ directory, journalBytesMax: 300 });
  await store.saveIdentity(identity);
  for (let sequence = 1; sequence <= 50; sequence += 1) {
    await store.saveCommand(command(sequence));
    await store.saveOutcome(outcome(sequence));
  }
  expect((await stat(join(directory, 'journal.jsonl'))).size).toBeLessThan(1000);
  expect((await readOutcomes(directory)).map(({ sequence }) => sequence)).toEqual(Array.from({ length: 50 }, (_, offset) => offset + 1));
  await appendFile(join(directory, 'outcomes.jsonl'), 'deadbeef {"half');
  expect(await readOutcomes(directory)).toHaveLength(50);
  await store.close();
});

test('outcomes take no more than two files, and what is open stays open over all of them', async () => {
  const limits = { directory, journalBytesMax: 300, outcomesBytesMax: 1_000 };
  let store = await openWorkerStore(limits);
  await store.saveIdentity(identity);
  await store.saveCommand(command(1));
  for (let sequence = 2; sequence <= 100; sequence += 1) {
    await store.saveCommand(command(sequence));
    await store.saveOutcome(outcome(sequence));
    if (sequence % 10 !== 0) continue;
    await store.close();
    store = await openWorkerStore(limits);
    expect(await store.load()).toMatchObject({ open: [{ sequence: 1 }], nextSequence: sequence + 1 });
  }
  const files = (await readdir(directory)).filter((name) => name.startsWith('outcomes'));
  expect(files).toHaveLength(2);
  for (const name of files) expect((await stat(join(directory, name))).size).toBeLessThan(1_200);
  const kept = (await readOutcomes(directory)).map(({ sequence }) => sequence);
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, offset) => 101 - kept.length + offset));
  await store.close();

  for (const name of files.toSorted((one, other) => one.localeCompare(other, 'en', { numeric: true })).slice(1)) await rm(join(directory, name));
  await expect(openWorkerStore(limits)).rejects.toThrow(WorkerStoreDamagedError);
});

test('a file of outcomes that a crash left before the journal named it is not believed', async () => {
  await filled();
  await writeFile(join(directory, 'outcomes.1.jsonl'), await readFile(join(directory, 'outcomes.jsonl')));
  const store = await openWorkerStore({ directory });
  expect(await store.load()).toMatchObject({ open: [{ sequence: 3 }], nextSequence: 4 });
  expect((await readdir(directory)).filter((name) => name.startsWith('outcomes'))).toEqual(['outcomes.jsonl']);
  await store.close();
});

test('outcomes that vanish are damage, not news', async () => {
  await filled();
  await (await openWorkerStore({ directory })).close();
  await writeFile(join(directory, 'outcomes.jsonl'), '');
  await expect(openWorkerStore({ directory })).rejects.toThrow(WorkerStoreDamagedError);
});

test('only its owner may read it: it holds the resume secret', async () => {
  await filled();
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  for (const name of ['identity.json', 'journal.jsonl', 'outcomes.jsonl']) expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600);
});
