import { expect, test } from '@jest/globals';
import { ConnectError, connect, type CommandResult, type View, type WorkerState } from '@raft-mesh/mesh';
import { MemoryWorkerStore, SeededRandom } from '@raft-mesh/testkit';
import { FakeMesh, mesh } from './worker-fake-mesh.ts';

// A mesh that lost everything lives on from a snapshot, in a new incarnation: the workers of the old one come back by themselves.

test('comes back by itself: same agent, a new session, and the next command is the first of it', async () => {
  const fake = new FakeMesh();
  const store = new MemoryWorkerStore();
  const worker = await fake.connected(store);
  await fake.until(worker.send('counter', 'add', 1));
  const before = store.identity;
  fake.restore();
  await fake.clock.advanceUntil(() => worker.state.phase === 'reconnecting', 1000);
  await fake.clock.advanceUntil(() => worker.state.phase === 'connected', 3000);
  expect(worker.agent).toBe('agent-1');
  expect(store.identity).toMatchObject({ incarnation: 2, agent: 'agent-1', resumeSecret: before?.resumeSecret, sessionOpened: true });
  expect(store.identity?.session).not.toBe(before?.session);
  expect(await fake.until(worker.send('counter', 'add', 2))).toMatchObject({ status: 'committed', sequence: 1 });
  await fake.clock.advance(3000);
  expect(fake.managers.map((manager) => [...manager.links].filter(({ session }) => session === store.identity?.session).length)).toEqual([1, 1, 1]);
});

test('what was open ends as unknown, durably, and is never sent into the new life; what had no number yet is', async () => {
  const fake = new FakeMesh();
  const store = new MemoryWorkerStore();
  const worker = await fake.connected(store);
  await fake.clock.advance(1500);
  fake.elect(null);
  const open = worker.send('counter', 'add', 'old');
  await fake.clock.advance(50);
  store.flushes.mode = { kind: 'manual' };
  for (const manager of fake.managers) manager.kill();
  await fake.clock.advance(100);
  const waiting = worker.send('counter', 'add', 'new', { validForMs: 60_000 });
  let result: CommandResult | null = null;
  void open.then((settled) => { result = settled; });
  fake.leader = fake.manager('m1').id;
  fake.restore();
  const hellosBefore = fake.managers.flatMap((manager) => manager.of('hello')).length;
  await fake.clock.advance(5000);
  // Neither told nor introduced before it is on the disk.
  expect(result).toBeNull();
  expect(fake.managers.flatMap((manager) => manager.of('hello'))).toHaveLength(hellosBefore);
  store.flushes.mode = { kind: 'immediate' };
  store.flushes.flush();
  expect(await fake.until(open)).toEqual({ status: 'unknown', sequence: 1, reason: 'meshRestored' });
  expect(store.outcomes).toEqual([{ session: expect.any(String), sequence: 1, outcome: { status: 'unknown', reason: 'meshRestored' } }]);
  expect(await fake.until(waiting)).toMatchObject({ status: 'committed', sequence: 1 });
  expect(fake.applied.map((command) => command.arguments)).toEqual(['new']);
});

test('views begin anew at the version of the snapshot, and never go back to the old incarnation', async () => {
  const fake = new FakeMesh();
  const worker = await fake.connected(new MemoryWorkerStore());
  const views: View[] = [];
  worker.watch('counter', null, (view) => views.push(view));
  await fake.clock.advance(1500);
  fake.view = { count: 'restored' };
  fake.restore();
  await fake.clock.advance(3000);
  expect(views[0]).toEqual({ incarnation: 1, version: 10, value: { count: 0 }, stale: false });
  expect(views.at(-1)).toEqual({ incarnation: 2, version: 5, value: { count: 'restored' }, stale: false });
  const order = views.map(({ incarnation, version }) => incarnation * 1000 + version);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  // No version of the old life is offered as known in the new one.
  expect(fake.managers.flatMap((manager) => manager.of('watch')).map((message) => message.knownVersion)).toEqual([0, 0]);
});

test('a leader of the restored mesh is followed although its term is lower', async () => {
  const fake = new FakeMesh();
  const worker = await fake.connected(new MemoryWorkerStore());
  await fake.clock.advance(1000);
  for (let round = 0; round < 5; round += 1) fake.elect('m2');
  await fake.clock.advance(1000);
  expect(worker.state).toEqual({ phase: 'connected', leader: 'm2' });
  fake.leader = fake.manager('m3').id;
  fake.restore();
  await fake.clock.advance(3000);
  expect(worker.state).toEqual({ phase: 'connected', leader: 'm3' });
});

test('a manager left behind in the old incarnation never pulls a worker back, even when all others are silent', async () => {
  const fake = new FakeMesh();
  const store = new MemoryWorkerStore();
  const states: WorkerState[] = [];
  const worker = await fake.connected(store, { onState: (state) => states.push(state) });
  fake.restore();
  await fake.clock.advance(3000);
  // All three addresses are taken by managers of the first life.
  for (const manager of fake.managers) { manager.kill(); fake.network.listen(manager.url, mesh, manager); }
  await fake.clock.advance(10_000);
  expect(worker.state.phase).toBe('reconnecting');
  expect(store.identity?.incarnation).toBe(2);
  for (const manager of fake.managers) { manager.kill(); manager.start(); }
  await fake.clock.advance(3000);
  expect(worker.state.phase).toBe('connected');
  expect(states.some((state) => state.phase === 'ended')).toBe(false);
});

test('one restored manager is enough to be found, while the others are still of the old incarnation', async () => {
  const fake = new FakeMesh();
  const store = new MemoryWorkerStore();
  const worker = await fake.connected(store);
  await fake.clock.advance(1000);
  fake.manager('m3').kill();
  fake.incarnation = 2;
  fake.manager('m3').start();
  await fake.clock.advance(3000);
  expect(store.identity?.incarnation).toBe(2);
  expect(worker.state.phase).toBe('connected');
  expect(fake.managers.map((manager) => manager.links.size)).toEqual([0, 0, 1]);
});

test('the restored state does not know the agent: ended with the typed error, so that a person can start over', async () => {
  const fake = new FakeMesh();
  const worker = await fake.connected(new MemoryWorkerStore());
  fake.agents.clear();
  fake.restore();
  await fake.clock.advance(5000);
  expect(worker.state).toMatchObject({ phase: 'ended', error: { code: 'resumeRefused' } });
  expect(await worker.send('counter', 'add', 1)).toEqual({ status: 'notSent', reason: 'closed' });
});

test('killed between the burial and the new session: the next life goes there again, and loses nothing', async () => {
  const fake = new FakeMesh();
  const store = new MemoryWorkerStore();
  const worker = await fake.connected(store);
  await fake.clock.advance(1500);
  fake.elect(null);
  void worker.send('counter', 'add', 1);
  await fake.clock.advance(50);
  store.flushes.mode = { kind: 'manual' };
  fake.leader = fake.manager('m1').id;
  fake.restore();
  await fake.clock.advance(2000);
  store.flushes.flush(1);
  await fake.clock.advance(10);
  fake.network.kill('worker');
  const next = store.crash();
  next.flushes.mode = { kind: 'immediate' };
  expect(next.identity?.incarnation).toBe(1);
  const { join: _, ...withoutToken } = fake.options(next);
  const again = await fake.until(connect({ ...withoutToken, random: new SeededRandom(99) }));
  expect(await again.recovered).toEqual([]);
  expect(next.outcomes).toHaveLength(1);
  expect(await fake.until(again.send('counter', 'add', 2))).toMatchObject({ status: 'committed', sequence: 1 });
  expect(fake.applied.map((command) => command.arguments)).toEqual([2]);
});

test('with a token of the new incarnation in hand: what an earlier life left open is told, and the token is only used when it must be', async () => {
  const fake = new FakeMesh();
  const store = new MemoryWorkerStore();
  await (await fake.connected(store)).close();
  await store.saveCommand({ session: store.identity!.session, sequence: 1, module: 'm', command: 'c', arguments: null });
  fake.restore();
  const next = new MemoryWorkerStore({ kind: 'immediate' }, store);
  const worker = await fake.until(connect({ ...fake.options(next), random: new SeededRandom(99), join: { mesh: { ...mesh, incarnation: 2 }, token: 'token-2', name: 'Ada', managers: fake.addresses } }));
  expect(await fake.until(worker.recovered)).toMatchObject([{ command: 'c', result: { status: 'unknown', reason: 'meshRestored' } }]);
  expect(fake.spentTokens.has('token-2')).toBe(false);
  await worker.close();
  fake.agents.clear();
  fake.restore();
  const last = new MemoryWorkerStore({ kind: 'immediate' }, next);
  const joined = await fake.until(connect({ ...fake.options(last), random: new SeededRandom(98), join: { mesh: { ...mesh, incarnation: 3 }, token: 'token-3', name: 'Ada', managers: fake.addresses } }));
  expect(fake.spentTokens.has('token-3')).toBe(true);
  expect(await fake.until(joined.send('counter', 'add', 1))).toMatchObject({ status: 'committed', sequence: 1 });
});

test('never welcomed, with a token of the old incarnation: ended with the typed error', async () => {
  const fake = new FakeMesh();
  for (const manager of fake.managers) manager.kill();
  const connecting = connect(fake.options(new MemoryWorkerStore())).catch((reason: unknown) => reason);
  await fake.clock.advance(500);
  fake.incarnation = 2;
  for (const manager of fake.managers) manager.start();
  const error: unknown = await fake.until(connecting);
  expect(error).toBeInstanceOf(ConnectError);
  expect((error as ConnectError).error.code).toBe('wrongIncarnation');
});
