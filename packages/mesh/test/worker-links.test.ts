import { describe, expect, test } from '@jest/globals';
import { ConnectError, connect, type WorkerState } from '@raft-mesh/mesh';
import type { ProtocolErrorCode } from '@raft-mesh/protocol';
import { MemoryWorkerStore, SeededRandom } from '@raft-mesh/testkit';
import { FakeMesh, asManager, mesh } from './worker-fake-mesh.ts';

const refusal = (code: ProtocolErrorCode) => ({ code, message: code, next: 'Do something else.' });

test('says connecting, connected, reconnecting, connected, ended', async () => {
  const fake = new FakeMesh();
  const states: WorkerState[] = [];
  const worker = await fake.connected(new MemoryWorkerStore(), { onState: (state) => states.push(state) });
  await fake.clock.advance(1500);
  const killedAtMs = fake.clock.nowMs();
  for (const manager of fake.managers) manager.kill();
  await fake.clock.advance(3000);
  for (const manager of fake.managers) manager.start();
  await fake.clock.advanceUntil(() => worker.state.phase === 'connected', 1100);
  await worker.close();
  expect(states.map((state) => state.phase)).toEqual(['connected', 'reconnecting', 'connected', 'ended']);
  expect(states[1]).toEqual({ phase: 'reconnecting', sinceMs: killedAtMs + 1 });
  expect(states.at(-1)).toEqual({ phase: 'ended', error: null });
});

test('dials an absent manager again and again with growing pauses, and wakes at once when told to', async () => {
  const fake = new FakeMesh(1);
  const dials: number[] = [];
  const inner = fake.network.dialer('worker');
  const dialer = { dial: (...args: Parameters<typeof inner.dial>) => { dials.push(fake.clock.nowMs()); return inner.dial(...args); } };
  const worker = await fake.connected(new MemoryWorkerStore(), { dialer });
  await fake.clock.advance(2000);
  dials.length = 0;
  fake.manager('m1').kill();
  await fake.clock.advance(30_000);
  expect(dials.length).toBeGreaterThan(30);
  expect(dials.length).toBeLessThan(80);
  const pauses = dials.map((atMs, at) => atMs - (dials[at - 1] ?? atMs));
  expect(Math.max(...pauses)).toBeLessThanOrEqual(1010);
  fake.manager('m1').start();
  dials.length = 0;
  worker.wake();
  expect(dials).toEqual([fake.clock.nowMs()]);
});

describe('who is new', () => {
  function watched(fake: FakeMesh) {
    const dialled: string[] = [];
    const inner = fake.network.dialer('worker');
    return { dialled, options: fake.options(new MemoryWorkerStore(), { dialer: { dial: (address, about, handlers) => { dialled.push(address); return inner.dial(address, about, handlers); } } }) };
  }

  test('is let in by one manager, and dials the others a moment later', async () => {
    const fake = new FakeMesh();
    const { dialled, options } = watched(fake);
    const worker = await fake.until(connect(options));
    expect(dialled).toHaveLength(1);
    await fake.clock.advance(410);
    expect(dialled.toSorted()).toEqual(fake.addresses.map(({ url }) => url).toSorted());
    await worker.close();
  });

  test('dials the others at once when that one is not there, and when it says nothing soon', async () => {
    for (const away of ['killed', 'cut'] as const) {
      const fake = new FakeMesh();
      const { dialled, options } = watched(fake);
      const first = connect({ ...options, random: new SeededRandom(7) });
      await fake.clock.advance(0);
      const [address = ''] = dialled;
      if (away === 'cut') fake.network.cut('worker', address);
      else fake.managers.find(({ url }) => url === address)?.kill();
      const startedAtMs = fake.clock.nowMs();
      const worker = await fake.until(first);
      expect([away, fake.clock.nowMs() - startedAtMs < (away === 'cut' ? 500 : 20)]).toEqual([away, true]);
      await worker.close();
    }
  });
});

test('beats to every manager at the pace it was told', async () => {
  const fake = new FakeMesh();
  await fake.connected(new MemoryWorkerStore());
  await fake.clock.advance(100);
  const before = fake.managers.map((manager) => manager.of('heartbeat').length);
  await fake.clock.advance(10_000);
  expect(fake.managers.map((manager, at) => manager.of('heartbeat').length - (before[at] ?? 0))).toEqual([20, 20, 20]);
});

test('a link that falls silent is given up and dialled again', async () => {
  const fake = new FakeMesh();
  const worker = await fake.connected(new MemoryWorkerStore());
  await fake.clock.advance(100);
  fake.network.cut('worker', 'memory:m1');
  await fake.clock.advance(4000);
  fake.network.heal();
  await fake.clock.advance(3000);
  expect(fake.manager('m1').of('hello').length).toBeGreaterThan(1);
  expect(worker.state.phase).toBe('connected');
});

test('a sleeping worker gives its links a chance to speak before it judges them', async () => {
  const fake = new FakeMesh();
  const worker = await fake.connected(new MemoryWorkerStore());
  await fake.clock.advance(100);
  const states: WorkerState[] = [];
  worker.onState((state) => states.push(state));
  fake.clock.skip(60_000);
  await fake.clock.advance(5000);
  expect(states).toEqual([]);
  expect(fake.managers.map((manager) => manager.of('hello').length)).toEqual([1, 1, 1]);
});

test('follows managers that move, leave and come', async () => {
  const fake = new FakeMesh();
  const store = new MemoryWorkerStore();
  const worker = await fake.connected(store);
  await fake.clock.advance(100);
  const managers = [...fake.addresses.slice(0, 2), { id: asManager('m4'), url: 'memory:m4' }];
  fake.manager('m1').broadcast({ type: 'managersChanged', managers });
  await fake.clock.advance(100);
  expect(worker.managers).toEqual(managers);
  expect(store.identity?.managers).toEqual(managers);
  expect(fake.manager('m3').of('goodbye')).toHaveLength(1);
});

test.each(['tokenInvalid', 'tokenExpired', 'tokenSpent', 'tokenForeign', 'credentialRevoked', 'versionUnsupported'] as const)('rejects with a ConnectError on %s', async (code) => {
  const fake = new FakeMesh();
  const store = new MemoryWorkerStore();
  for (const manager of fake.managers) manager.intercept = (message, _answer, link) => { if (message.type === 'hello') link.close(refusal(code)); return message.type === 'hello'; };
  const error: unknown = await fake.until(connect(fake.options(store)).catch((reason: unknown) => reason));
  expect(error).toBeInstanceOf(ConnectError);
  expect((error as ConnectError).error.code).toBe(code);
  expect(store.closed).toBe(true);
  await fake.clock.advance(5000);
  expect(fake.network.openLinkEnds).toBe(0);
});

test('one manager that lags behind and refuses to resume does not end the worker, a majority does', async () => {
  const fake = new FakeMesh();
  const store = new MemoryWorkerStore();
  await (await fake.connected(store)).close();
  fake.manager('m1').intercept = (message, _answer, link) => { if (message.type === 'hello') link.close(refusal('resumeRefused')); return message.type === 'hello'; };
  fake.manager('m2').kill();
  fake.manager('m3').kill();
  const resumed = connect(fake.options(new MemoryWorkerStore({ kind: 'immediate' }, store)));
  await fake.clock.advance(3000);
  fake.manager('m2').start();
  const worker = await fake.until(resumed);
  expect(worker.agent).toBe('agent-1');
  await worker.close();
  fake.agents.clear();
  fake.manager('m3').start();
  const { join: _, ...withoutToken } = fake.options(new MemoryWorkerStore({ kind: 'immediate' }, store));
  const error: unknown = await fake.until(connect(withoutToken).catch((reason: unknown) => reason));
  expect((error as ConnectError).error.code).toBe('resumeRefused');
});

test('revoked while connected: ends for good with the reason', async () => {
  const fake = new FakeMesh();
  const worker = await fake.connected(new MemoryWorkerStore());
  await fake.clock.advance(10);
  fake.manager('m2').broadcast({ type: 'error', ...refusal('credentialRevoked'), fatal: true });
  await fake.clock.advance(10);
  expect(worker.state).toEqual({ phase: 'ended', error: refusal('credentialRevoked') });
  await fake.clock.advance(5000);
  expect(fake.network.openLinkEnds).toBe(0);
});

test('without a token, or a manager in time, it says so', async () => {
  const fake = new FakeMesh();
  const { join: _, ...withoutJoin } = fake.options(new MemoryWorkerStore());
  await expect(fake.until(connect(withoutJoin))).rejects.toThrow('join token');
  for (const manager of fake.managers) manager.kill();
  await expect(fake.until(connect(fake.options(new MemoryWorkerStore(), { timeoutMs: 3000 })))).rejects.toThrow('within 3000 ms');
});

test('a manager that takes the token and dies: the next one takes it again with the same secret', async () => {
  const fake = new FakeMesh();
  let isFirst = true;
  for (const manager of fake.managers) {
    manager.intercept = (message) => {
      if (message.type !== 'hello' || message.credential.kind !== 'join' || !isFirst) return false;
      isFirst = false;
      fake.spentTokens.set(message.credential.token, message.credential.resumeSecret);
      manager.kill();
      return true;
    };
  }
  const worker = await fake.connected(new MemoryWorkerStore());
  expect(worker.agent).toBe('agent-1');
});

test('a newer incarnation: the agent resumes with its secret, the old session is buried', async () => {
  const fake = new FakeMesh();
  const store = new MemoryWorkerStore();
  const worker = await fake.connected(store);
  await worker.close();
  await store.saveCommand({ session: store.identity!.session, sequence: 1, module: 'm', command: 'c', arguments: null });
  const next = new MemoryWorkerStore({ kind: 'immediate' }, store);
  const restored = { ...mesh, incarnation: 2 };
  const connecting = connect({ ...fake.options(next), random: new SeededRandom(99), join: { mesh: restored, token: 'token-2', name: 'Ada', managers: fake.addresses } });
  for (const manager of fake.managers) { manager.kill(); fake.network.listen(manager.url, restored, manager); }
  const again = await fake.until(connecting);
  expect(again.agent).toBe('agent-1');
  expect(next.outcomes).toEqual([{ session: store.identity!.session, sequence: 1, outcome: { status: 'unknown', reason: 'meshRestored' } }]);
  expect(next.identity).toMatchObject({ incarnation: 2, joinToken: null });
  expect(fake.applied).toEqual([]);
});

test('managers that no longer know the agent: a join token in hand makes it a new one, with nothing of the old', async () => {
  const fake = new FakeMesh();
  const store = new MemoryWorkerStore();
  await (await fake.connected(store)).close();
  await store.saveCommand({ session: store.identity!.session, sequence: 1, module: 'm', command: 'c', arguments: null });
  fake.agents.clear();
  fake.sessions.clear();
  fake.spentTokens.clear();
  const next = new MemoryWorkerStore({ kind: 'immediate' }, store);
  const worker = await fake.until(connect({ ...fake.options(next), random: new SeededRandom(99) }));
  expect(await fake.until(worker.recovered)).toMatchObject([{ command: 'c', result: { status: 'unknown', reason: 'sessionExpired' } }]);
  expect(await fake.until(worker.send('counter', 'add', 1))).toMatchObject({ status: 'committed', sequence: 1 });
  expect(fake.applied).toHaveLength(1);
  expect(next.identity).toMatchObject({ agent: 'agent-1', joinToken: null, sessionOpened: true });
});

test('one manager that says the session has expired is believed, whoever else still serves it: found by the simulator (seed 2009282)', async () => {
  const fake = new FakeMesh();
  const store = new MemoryWorkerStore();
  const worker = await fake.connected(store);
  const before = store.identity?.session;
  // Cut off from the others, m1 and m3 go on with what they know; m2 has heard that nothing is left of the session.
  fake.sessions.clear();
  fake.manager('m2').kill();
  fake.manager('m2').start();
  await fake.clock.advanceUntil(() => store.identity?.session !== before, 5_000);
  expect(await fake.until(worker.send('counter', 'add', 1))).toMatchObject({ status: 'committed', sequence: 1 });
});

test('another worker on the same identity: the older one ends and says why', async () => {
  const fake = new FakeMesh();
  const worker = await fake.connected(new MemoryWorkerStore());
  await fake.clock.advance(100);
  fake.manager('m3').broadcast({ type: 'error', ...refusal('replaced'), fatal: true });
  await fake.clock.advance(100);
  expect(worker.state).toEqual({ phase: 'ended', error: refusal('replaced') });
});
