import 'fake-indexeddb/auto';
import { expect, jest, test } from '@jest/globals';
import type { WorkerIdentity } from '@raft-mesh/mesh';
import type { MeshId } from '@raft-mesh/protocol';
import { createIndexedDbWorkerStore, DatabaseLostError, deleteWorkerDatabase, readOutcomes, StoreClosedError } from '@raft-mesh/storage-indexeddb';
import type { SessionId } from '@raft-mesh/state-machine';
import { deleteDB } from 'idb';

const session = 's' as SessionId;
const identity: WorkerIdentity = { mesh: 'table' as MeshId, incarnation: 1, agent: null, name: 'Ada', resumeSecret: 's', joinToken: null, session, sessionOpened: false, managers: [] };
const command = (sequence: number) => ({ session, sequence, module: 'm', command: 'c', arguments: null });

test('34. a database that is taken away ends the store, and the next one begins empty', async () => {
  const store = await createIndexedDbWorkerStore({ databaseName: 'evicted' });
  await store.saveIdentity(identity);
  await deleteDB('evicted');
  await expect(store.saveCommand(command(1))).rejects.toThrow(DatabaseLostError);
  await expect(store.load()).rejects.toThrow(DatabaseLostError);
  await store.close();
  const next = await createIndexedDbWorkerStore({ databaseName: 'evicted' });
  expect(await next.load()).toBeNull();
  await next.close();
});

test('a database that is deleted takes the identity with it, also from under a tab that has it open', async () => {
  const store = await createIndexedDbWorkerStore({ databaseName: 'left' });
  await store.saveIdentity(identity);
  await deleteWorkerDatabase('left');
  expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain('left');
  await expect(store.saveCommand(command(1))).rejects.toThrow(DatabaseLostError);
  await store.close();
  await deleteWorkerDatabase('never made');
});

test('keeps only the newest outcomes', async () => {
  const store = await createIndexedDbWorkerStore({ databaseName: 'bounded', outcomesMax: 3 });
  await store.saveIdentity(identity);
  for (let sequence = 1; sequence <= 5; sequence += 1) {
    await store.saveCommand(command(sequence));
    await store.saveOutcome({ session, sequence, outcome: { status: 'committed', index: sequence, answer: null } });
  }
  expect((await store.load())?.nextSequence).toBe(6);
  await store.close();
  expect((await readOutcomes('bounded')).map(({ sequence }) => sequence)).toEqual([3, 4, 5]);
});

test('every write asks for strict durability', async () => {
  const transactions = jest.spyOn(IDBDatabase.prototype, 'transaction');
  const store = await createIndexedDbWorkerStore({ databaseName: 'strict' });
  await Promise.all([store.saveIdentity(identity), store.saveCommand(command(1))]);
  await store.close();
  const asked = transactions.mock.calls.map(([, mode, options]) => [mode, options]);
  transactions.mockRestore();
  expect(asked.filter(([mode]) => mode !== 'versionchange')).toEqual([['readwrite', { durability: 'strict' }]]);
});

test('a command before the identity, and any call after close, is refused', async () => {
  const store = await createIndexedDbWorkerStore({ databaseName: 'order' });
  await expect(store.saveCommand(command(1))).rejects.toThrow('no identity yet');
  await store.saveIdentity(identity);
  await store.saveCommand(command(1));
  await store.close();
  await expect(store.saveIdentity(identity)).rejects.toThrow(StoreClosedError);
});
