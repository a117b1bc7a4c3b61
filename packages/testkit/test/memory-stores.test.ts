import { expect, test } from '@jest/globals';
import type { AgentId, SessionId } from '@raft-mesh/state-machine';
import type { MeshId } from '@raft-mesh/protocol';
import { MemoryManagerStore, MemoryWorkerStore, SimulatedClock, emptyPersistedState, settled } from '@raft-mesh/testkit';

const noWrite = { hardState: null, truncateFrom: null, entries: [] };
const noop = (index: number) => ({ kind: 'noop', term: 1, index, logTimeMs: 0 }) as const;

test('a crash loses what was not flushed, and no promise of the dead process settles', async () => {
  const store = new MemoryManagerStore(emptyPersistedState({ voters: [], votersOutgoing: [], learners: [] }), { kind: 'manual' });
  const settledWrites: number[] = [];
  for (const index of [1, 2, 3]) void store.write({ ...noWrite, entries: [noop(index)] }).then(() => settledWrites.push(index));
  store.flushes.flush(1);
  await settled();
  const next = store.crash(1);
  await settled();
  expect(settledWrites).toEqual([1]);
  expect((await next.load()).entries.map((entry) => entry.index)).toEqual([1, 2]);
});

test('truncates before it appends, and refuses a gap', async () => {
  const store = new MemoryManagerStore(emptyPersistedState({ voters: [], votersOutgoing: [], learners: [] }), { kind: 'manual' });
  void store.write({ ...noWrite, entries: [noop(1), noop(2), noop(3)] });
  void store.write({ ...noWrite, truncateFrom: 2, entries: [{ ...noop(2), term: 2 }] });
  store.flushes.flush();
  expect(store.durable.entries.map((entry) => entry.term)).toEqual([1, 2]);
  const withGap = store.write({ ...noWrite, entries: [noop(5)] });
  store.flushes.flush();
  await expect(withGap).rejects.toThrow('gap');
});

test('a received snapshot replaces the log', async () => {
  const store = new MemoryManagerStore(emptyPersistedState({ voters: [], votersOutgoing: [], learners: [] }));
  await store.write({ ...noWrite, entries: [noop(1)] });
  const meta = { lastIndex: 7, lastTerm: 2, logTimeMs: 5, configuration: { voters: [], votersOutgoing: [], learners: [] }, sizeBytes: 3 };
  await store.receiveSnapshotChunk(meta, 0, Uint8Array.of(1, 2));
  await store.receiveSnapshotChunk(meta, 2, Uint8Array.of(3));
  await store.installSnapshot(meta);
  expect(store.durable).toMatchObject({ snapshot: { lastIndex: 7 }, entries: [] });
  expect(await store.readSnapshot(7, 1, 10)).toEqual(Uint8Array.of(2, 3));
  expect(await store.readSnapshot(6, 0, 10)).toBeNull();
});

test('one flush at a time covers what waited when it began', async () => {
  const clock = new SimulatedClock();
  const store = new MemoryManagerStore(emptyPersistedState({ voters: [], votersOutgoing: [], learners: [] }), { kind: 'delayed', clock, delayMs: 10 });
  const done: string[] = [];
  void store.write({ ...noWrite, entries: [noop(1)] }).then(() => done.push(`first at ${clock.nowMs()}`));
  await clock.advance(4);
  void store.write({ ...noWrite, entries: [noop(2)] }).then(() => done.push(`second at ${clock.nowMs()}`));
  await clock.advance(30);
  expect(done).toEqual(['first at 10', 'second at 20']);
});

test('a worker store gives back the open commands of the current session only', async () => {
  const store = new MemoryWorkerStore();
  const session = (id: string) => id as SessionId;
  const identity = { mesh: 'm' as MeshId, incarnation: 1, agent: 'a' as AgentId, name: 'a', resumeSecret: 's', joinToken: null, sessionOpened: true, managers: [], session: session('one') };
  expect(await store.load()).toBeNull();
  await store.saveIdentity(identity);
  for (const sequence of [1, 2]) await store.saveCommand({ session: session('one'), sequence, module: 'm', command: 'c', arguments: null });
  await store.saveOutcome({ session: session('one'), sequence: 1, outcome: { status: 'committed', index: 4, answer: null } });
  expect(await store.load()).toMatchObject({ open: [{ sequence: 2 }], nextSequence: 3 });
  await store.saveIdentity({ ...identity, session: session('two') });
  expect(await store.load()).toMatchObject({ open: [], nextSequence: 1 });
});
