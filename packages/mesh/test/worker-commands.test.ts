import { expect, test } from '@jest/globals';
import { connect, type CommandResult } from '@raft-mesh/mesh';
import { MemoryWorkerStore, settled } from '@raft-mesh/testkit';
import { FakeMesh } from './worker-fake-mesh.ts';

test('joins on one link, resumes on the others, and has its commands applied in order', async () => {
  const fake = new FakeMesh();
  const store = new MemoryWorkerStore();
  const worker = await fake.connected(store);
  await fake.clock.advance(50);
  const hellos = fake.managers.flatMap((manager) => manager.of('hello').map(({ credential }) => credential.kind));
  expect(hellos.sort()).toEqual(['join', 'resume', 'resume']);
  const results = await fake.until(Promise.all([1, 2, 3].map((value) => worker.send('counter', 'add', value))));
  expect(results.map((result) => result.status)).toEqual(['committed', 'committed', 'committed']);
  expect(fake.applied.map((command) => command.arguments)).toEqual([1, 2, 3]);
  expect(store.identity).toMatchObject({ agent: 'agent-1', joinToken: null, sessionOpened: true });
  expect(fake.manager('m2').of('command')).toEqual([]);
  await worker.close();
  expect(store.closed).toBe(true);
  await fake.clock.advance(10);
  expect(fake.network.openLinkEnds).toBe(0);
});

test('a command is durable before it is sent, and its outcome before anyone is told', async () => {
  const fake = new FakeMesh(1);
  const store = new MemoryWorkerStore();
  const worker = await fake.connected(store);
  store.flushes.mode = { kind: 'manual' };
  let result: CommandResult | null = null;
  void worker.send('counter', 'add', 1).then((settledResult) => { result = settledResult; });
  await fake.clock.advance(5000);
  expect(fake.applied).toEqual([]);
  store.flushes.flush();
  await fake.clock.advance(20);
  expect(fake.applied).toHaveLength(1);
  expect(result).toBeNull();
  void worker.send('counter', 'add', 2);
  store.flushes.flush(2);
  await settled();
  expect(store.outcomes).toHaveLength(1);
  expect(result).toMatchObject({ status: 'committed', sequence: 1 });
});

test('survives the death of the leader at once, with the same sequence numbers and nothing applied twice', async () => {
  const fake = new FakeMesh();
  const worker = await fake.connected(new MemoryWorkerStore());
  await fake.clock.advance(3000);
  // The leader applies the first and dies before it answers; it never hears the second.
  fake.manager('m1').intercept = (message) => {
    if (message.type !== 'command') return false;
    fake.apply([...fake.sessions.keys()][0] ?? '', message.sequence, message.command, message.arguments, 0);
    fake.manager('m1').kill();
    return true;
  };
  const first = worker.send('counter', 'add', 1);
  await fake.clock.advance(2);
  const killedAtMs = fake.clock.nowMs();
  const second = worker.send('counter', 'add', 2);
  fake.clock.setTimer(15, () => fake.elect('m2'));
  const results = await fake.until(Promise.all([first, second]));
  expect(fake.clock.nowMs() - killedAtMs).toBeLessThan(25);
  expect(results).toMatchObject([{ status: 'committed', sequence: 1 }, { status: 'committed', sequence: 2 }]);
  expect(fake.applied.map((command) => command.sequence)).toEqual([1, 2]);
  expect(worker.state).toEqual({ phase: 'connected', leader: 'm2' });
});

test('keeps trying for as long as there is no leader, with growing pauses', async () => {
  const fake = new FakeMesh();
  const worker = await fake.connected(new MemoryWorkerStore());
  fake.elect(null);
  await fake.clock.advance(2);
  const sending = worker.send('counter', 'add', 1);
  await fake.clock.advance(10_000);
  const tries = fake.managers.flatMap((manager) => manager.of('command'));
  expect(new Set(tries.map((command) => command.sequence))).toEqual(new Set([1]));
  expect(tries.length).toBeGreaterThan(15);
  expect(tries.length).toBeLessThan(60);
  fake.elect('m3');
  const atMs = fake.clock.nowMs();
  expect(await fake.until(sending)).toMatchObject({ status: 'committed', sequence: 1 });
  expect(fake.clock.nowMs() - atMs).toBeLessThan(5);
});

test('goes round a leader that takes commands and says nothing', async () => {
  const fake = new FakeMesh();
  const worker = await fake.connected(new MemoryWorkerStore());
  await fake.clock.advance(100);
  fake.manager('m1').intercept = (message) => message.type === 'command';
  expect(await fake.until(worker.send('counter', 'add', 1), 1500)).toMatchObject({ status: 'committed' });
  expect(fake.manager('m1').of('command')).toHaveLength(1);
});

test('resends from a gap, once for all commands that report it', async () => {
  const fake = new FakeMesh(1);
  const worker = await fake.connected(new MemoryWorkerStore());
  const [manager] = fake.managers;
  if (manager === undefined) throw new Error('no manager');
  manager.intercept = (message) => message.type === 'command' && message.sequence === 1 && manager.of('command').filter(({ sequence }) => sequence === 1).length === 1;
  const results = await fake.until(Promise.all(Array.from({ length: 100 }, (_, value) => worker.send('counter', 'add', value))), 500);
  expect(results.every((result) => result.status === 'committed')).toBe(true);
  expect(fake.applied.map((command) => command.arguments)).toEqual(Array.from({ length: 100 }, (_, value) => value));
  expect(manager.of('command')).toHaveLength(200);
});

test('says that it holds an answer only once the answer is durable', async () => {
  const fake = new FakeMesh(1);
  const store = new MemoryWorkerStore();
  const worker = await fake.connected(store);
  await fake.until(worker.send('counter', 'add', 1));
  await fake.until(worker.send('counter', 'add', 2));
  store.flushes.mode = { kind: 'manual' };
  void worker.send('counter', 'add', 3);
  void worker.send('counter', 'add', 4);
  store.flushes.flush();
  await fake.clock.advance(10);
  void worker.send('counter', 'add', 5);
  // The outcomes of 3 and 4, and then the command 5: only the first outcome and the command reach the disk before it is sent.
  store.flushes.flush(1);
  await settled();
  const flushing = store.flushes;
  flushing.flush();
  await fake.clock.advance(10);
  expect(fake.managers[0]?.of('command').map(({ sequence, acknowledgedThrough }) => [sequence, acknowledgedThrough])).toEqual([[1, 0], [2, 1], [3, 2], [4, 2], [5, 4]]);
});

test('bounds: too many open, too large, expired before it could be sent, closed, not JSON', async () => {
  const fake = new FakeMesh(1);
  const store = new MemoryWorkerStore();
  const worker = await fake.connected(store);
  fake.manager('m1').kill();
  await fake.clock.advance(10);
  const expiring = worker.send('counter', 'add', 0, { validForMs: 300 });
  expect(await worker.send('counter', 'add', 'x'.repeat(300_000))).toEqual({ status: 'notSent', reason: 'tooLarge' });
  expect(await worker.send('counter', 'add', 'é'.repeat(131_072))).toEqual({ status: 'notSent', reason: 'tooLarge' });
  await expect(worker.send('counter', 'add', Number.NaN)).rejects.toThrow('plain JSON');
  expect(await fake.until(expiring)).toEqual({ status: 'notSent', reason: 'expired' });
  const open = Array.from({ length: 1024 }, (_, value) => worker.send('counter', 'add', value));
  expect(await worker.send('counter', 'add', 1)).toEqual({ status: 'notSent', reason: 'tooManyOpen' });
  await settled();
  expect(store.commands).toHaveLength(1024);
  await worker.close();
  expect(await open[0]).toEqual({ status: 'unknown', sequence: 1, reason: 'closed' });
  expect(await worker.send('counter', 'add', 1)).toEqual({ status: 'notSent', reason: 'closed' });
});

test('a valid-for command that was sent in time is never given up', async () => {
  const fake = new FakeMesh();
  const worker = await fake.connected(new MemoryWorkerStore());
  fake.elect(null);
  await fake.clock.advance(2);
  const sending = worker.send('counter', 'add', 1, { validForMs: 300 });
  await fake.clock.advance(5000);
  fake.elect('m2');
  expect(await fake.until(sending)).toMatchObject({ status: 'committed' });
});

test('54. an expired session ends what is open as unknown, and a new one never resends it', async () => {
  const fake = new FakeMesh();
  const store = new MemoryWorkerStore();
  const worker = await fake.connected(store);
  await fake.until(worker.send('counter', 'add', 1));
  const old = store.identity?.session ?? '';
  fake.sessions.clear();
  const lost = worker.send('counter', 'add', 2);
  const after = lost.then(() => worker.send('counter', 'add', 3));
  expect(await fake.until(lost)).toEqual({ status: 'unknown', sequence: 2, reason: 'sessionExpired' });
  expect(await fake.until(after)).toMatchObject({ status: 'committed', sequence: 1 });
  expect(fake.applied.map(({ sequence, arguments: value }) => [sequence, value])).toEqual([[1, 1], [1, 3]]);
  expect(store.identity?.session).not.toBe(old);
  expect(store.outcomes.find((outcome) => outcome.sequence === 2)?.outcome).toEqual({ status: 'unknown', reason: 'sessionExpired' });
  expect(worker.state.phase).toBe('connected');
});

test('a broken store ends the worker and says so', async () => {
  const fake = new FakeMesh();
  const store = new MemoryWorkerStore();
  const worker = await fake.connected(store);
  store.flushes.fail(new Error('disk on fire'));
  const result = worker.send('counter', 'add', 1);
  expect(await fake.until(result)).toEqual({ status: 'unknown', sequence: 1, reason: 'closed' });
  expect(worker.state).toMatchObject({ phase: 'ended', error: { code: 'internal', message: expect.stringContaining('disk on fire') } });
  expect(fake.applied).toEqual([]);
});

// The life of one command has four durable steps (the identity, its opening, the command, the outcome): a crash may come after each.
for (let durableSteps = 0; durableSteps <= 4; durableSteps += 1) {
  for (const isLastKept of [false, true]) {
    test(`a worker killed after ${durableSteps} durable steps${isLastKept ? ' and one nobody was told of' : ''} goes on without losing or doubling a command`, async () => {
      const fake = new FakeMesh();
      const store = new MemoryWorkerStore({ kind: 'manual' });
      const answers: CommandResult[] = [];
      void connect(fake.options(store)).then(async (worker) => { answers.push(await worker.send('counter', 'add', 'first')); });
      for (let step = 0; step < durableSteps; step += 1) {
        await fake.clock.advanceUntil(() => store.flushes.waiting > 0, 5000);
        store.flushes.flush(1);
      }
      if (durableSteps < 4) await fake.clock.advanceUntil(() => store.flushes.waiting > 0, 5000);
      const next = store.crash(isLastKept ? 1 : 0);
      fake.network.kill('worker');
      next.flushes.mode = { kind: 'immediate' };
      const worker = await fake.connected(next);
      const recovered = await fake.until(worker.recovered);
      const isStored = next.commands.some((command) => command.arguments === 'first');
      expect(recovered.map(({ result }) => result.status)).toEqual(isStored && durableSteps + (isLastKept ? 1 : 0) < 4 ? ['committed'] : []);
      const second = await fake.until(worker.send('counter', 'add', 'second'));
      expect(second).toMatchObject({ status: 'committed', sequence: isStored ? 2 : 1 });
      expect(fake.applied.map((command) => command.arguments)).toEqual(isStored ? ['first', 'second'] : ['second']);
      expect(answers.length).toBeLessThanOrEqual(1);
    });
  }
}
