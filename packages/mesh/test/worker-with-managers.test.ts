import { afterEach, expect, test } from '@jest/globals';
import { connect, type CommandResult, type View, type Worker } from '@raft-mesh/mesh';
import type { AgentId } from '@raft-mesh/state-machine';
import { MemoryWorkerStore, SeededRandom } from '@raft-mesh/testkit';
import { Cluster, mesh } from './manager-cluster.ts';

// The SDK and real managers, on one simulated clock.

let running: Cluster | null = null;
afterEach(async () => {
  await running?.stop();
  running = null;
});

async function setUp(seed = 1) {
  const cluster = new Cluster({ seed });
  running = cluster;
  await cluster.start();
  const start = async (store: MemoryWorkerStore, agent = 'ada'): Promise<Worker> => {
    const token = cluster.issuer.joinToken({ sub: agent as AgentId });
    const managers = cluster.nodes.map(({ identity, url }) => ({ id: identity.manager, url }));
    return until(cluster, connect({
      store, dialer: cluster.network.dialer(agent), clock: cluster.clock, random: new SeededRandom(seed + 77), agentKind: 'cli',
      join: { mesh, token, name: agent, managers },
    }));
  };
  return { cluster, start };
}

async function until<Value>(cluster: Cluster, promise: Promise<Value>, withinMs = 60_000): Promise<Value> {
  let isSettled = false;
  void promise.then(() => { isSettled = true; }, () => { isSettled = true; });
  await cluster.clock.advanceUntil(() => isSettled, withinMs);
  return promise;
}

const committed = (results: readonly CommandResult[]) => results.map((result) => (result.status === 'committed' ? result.answer : result.status));

test('sends, asks and watches', async () => {
  const { cluster, start } = await setUp();
  const worker = await start(new MemoryWorkerStore());
  const views: View[] = [];
  const events: unknown[] = [];
  worker.watch('tally', null, (view) => views.push(view));
  worker.onEvent((module, event) => events.push([module, event]));
  await cluster.clock.advance(50);
  expect(committed(await until(cluster, Promise.all([1, 2, 3].map((by) => worker.send('tally', 'add', { by })))))).toEqual([1, 3, 6]);
  expect(await until(cluster, worker.send('tally', 'add', { by: -1 }))).toMatchObject({ status: 'refused', refusal: { code: 'negative' }, sequence: 4 });
  expect(await until(cluster, worker.query('tally', 'total', null))).toMatchObject({ status: 'answered', answer: 6 });
  await cluster.clock.advance(100);
  expect(views.at(-1)).toMatchObject({ value: { total: 6 }, stale: false });
  expect(events).toEqual([1, 2, 3].map((added) => ['tally', { added }]));
  await worker.close();
});

test('the leader dies under load: every command is applied once, in order, and the next answer comes at once', async () => {
  const { cluster, start } = await setUp();
  const worker = await start(new MemoryWorkerStore());
  await cluster.clock.advance(3000);
  const results: Promise<CommandResult>[] = [];
  const offer = () => { results.push(worker.send('tally', 'add', { by: 1 })); };
  for (let at = 0; at < 200; at += 1) cluster.clock.setTimer(at * 5, offer);
  await cluster.clock.advance(400);
  const killedAtMs = cluster.clock.nowMs();
  cluster.crash(cluster.leader!);
  const firstAfter = worker.send('tally', 'add', { by: 1 });
  await until(cluster, firstAfter);
  expect(cluster.clock.nowMs() - killedAtMs).toBeLessThan(60);
  await cluster.clock.advance(1000);
  const all = await until(cluster, Promise.all(results));
  const answers = [...committed(all), ...committed([await firstAfter])].map(Number).sort((a, b) => a - b);
  expect(answers).toEqual(Array.from({ length: 201 }, (_, at) => at + 1));
  expect(worker.state).toMatchObject({ phase: 'connected', leader: cluster.leader?.identity.manager });
});

test('all managers die and come back: what was open is answered, the view never goes back', async () => {
  const { cluster, start } = await setUp();
  const worker = await start(new MemoryWorkerStore());
  const views: View[] = [];
  worker.watch('tally', null, (view) => views.push(view));
  await until(cluster, worker.send('tally', 'add', { by: 1 }));
  await cluster.clock.advance(1500);
  for (const node of Array.from(cluster.up)) cluster.crash(node);
  const sending = worker.send('tally', 'add', { by: 1 });
  await cluster.clock.advance(5000);
  expect(worker.state.phase).toBe('reconnecting');
  await cluster.start();
  expect(await until(cluster, sending)).toMatchObject({ status: 'committed', answer: 2, sequence: 2 });
  await cluster.clock.advance(1000);
  expect(worker.state.phase).toBe('connected');
  expect(views.at(-1)).toMatchObject({ value: { total: 2 }, stale: false });
  expect(views.map((view) => view.version)).toEqual(views.map((view) => view.version).sort((a, b) => a - b));
});

test('a worker killed again and again goes on from its store: every command applied once', async () => {
  const { cluster, start } = await setUp();
  let store = new MemoryWorkerStore({ kind: 'delayed', clock: cluster.clock, delayMs: 2 });
  for (let life = 0; life < 12; life += 1) {
    const worker = await start(store);
    for (let at = 0; at < 10; at += 1) void worker.send('tally', 'add', { by: 1 });
    await cluster.clock.advance(life);
    store = store.crash(life % 3);
    cluster.network.kill('ada');
    if (life % 4 === 3) cluster.crash(cluster.leader!);
    for (const node of cluster.nodes) if (!node.up) await cluster.startNode(node);
  }
  const worker = await start(store);
  await until(cluster, worker.recovered);
  const total = await until(cluster, worker.query('tally', 'total', null));
  const saved = store.commands.length;
  expect(total).toMatchObject({ status: 'answered', answer: saved });
  expect(saved).toBeGreaterThan(60);
  expect(store.outcomes.map((outcome) => outcome.outcome.status)).toEqual(Array.from({ length: saved }, () => 'committed'));
  expect(new Set(store.commands.map((command) => command.session)).size).toBe(1);
});

test('a cut link to the leader: commands go round it', async () => {
  const { cluster, start } = await setUp();
  const worker = await start(new MemoryWorkerStore());
  await cluster.clock.advance(1000);
  cluster.network.cut('ada', cluster.leader!.url);
  expect(committed([await until(cluster, worker.send('tally', 'add', { by: 1 }), 1500)])).toEqual([1]);
  cluster.network.heal();
  expect(committed(await until(cluster, Promise.all(Array.from({ length: 50 }, () => worker.send('tally', 'add', { by: 1 })))))).toEqual(Array.from({ length: 50 }, (_, at) => at + 2));
});

test('a spent token is refused to another, with a ConnectError', async () => {
  const { cluster, start } = await setUp();
  await start(new MemoryWorkerStore());
  const token = cluster.issuer.joinToken({ sub: 'bea' as AgentId });
  const managers = cluster.nodes.map(({ identity, url }) => ({ id: identity.manager, url }));
  const options = (from: string, seed: number) => ({
    store: new MemoryWorkerStore(), dialer: cluster.network.dialer(from), clock: cluster.clock, random: new SeededRandom(seed), agentKind: 'cli' as const, join: { mesh, token, name: 'Bea', managers },
  });
  await until(cluster, connect(options('bea', 5)));
  await expect(until(cluster, connect(options('thief', 6)))).rejects.toMatchObject({ error: { code: 'tokenSpent' } });
});
