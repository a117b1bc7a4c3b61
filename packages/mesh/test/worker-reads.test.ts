import { expect, jest, test } from '@jest/globals';
import type { View } from '@raft-mesh/mesh';
import type { WorkerToManager } from '@raft-mesh/protocol';
import { MemoryWorkerStore } from '@raft-mesh/testkit';
import { FakeMesh, type FakeManager } from './worker-fake-mesh.ts';

/** The manager that a watch is on, and its number there. */
function sourceOf(fake: FakeMesh): { readonly manager: FakeManager; readonly watch: number } {
  const all = fake.managers.flatMap((manager) => manager.of('watch').map(({ watch }) => ({ manager, watch })));
  const last = all.sort((a, b) => a.watch - b.watch).at(-1);
  if (last === undefined) throw new Error('nobody was asked for a view');
  return last;
}

async function watching(fake: FakeMesh) {
  const worker = await fake.connected(new MemoryWorkerStore());
  await fake.clock.advance(100);
  const views: View[] = [];
  const stop = worker.watch('counter', null, (view) => views.push(view));
  await fake.clock.advance(10);
  return { worker, views, stop };
}

test('shows the whole view, then patches, also of the root', async () => {
  const fake = new FakeMesh();
  const { views } = await watching(fake);
  const { manager, watch } = sourceOf(fake);
  manager.broadcast({ type: 'viewPatch', watch, baseVersion: 10, version: 11, operations: [{ op: 'replace', path: '/count', value: 1 }] });
  manager.broadcast({ type: 'viewPatch', watch, baseVersion: 11, version: 13, operations: [{ op: 'replace', path: '', value: [1] }] });
  manager.broadcast({ type: 'viewCurrent', watch, version: 14 });
  manager.broadcast({ type: 'viewPatch', watch, baseVersion: 14, version: 15, operations: [{ op: 'replace', path: '', value: null }] });
  await fake.clock.advance(10);
  expect(views).toEqual([
    { version: 10, value: { count: 0 } }, { version: 11, value: { count: 1 } }, { version: 13, value: [1] }, { version: 14, value: [1] }, { version: 15, value: null },
  ].map((view) => ({ incarnation: 1, ...view, stale: false })));
});

test.each([
  ['does not build on what is held', { baseVersion: 9, version: 12, operations: [{ op: 'replace', path: '/count', value: 7 }] }],
  ['does not fit', { baseVersion: 10, version: 12, operations: [{ op: 'remove', path: '/nothing' }] }],
  ['is none', { baseVersion: 10, version: 12, operations: 'nonsense' }],
])('a patch that %s: asks for the whole view again', async (_, patch) => {
  const fake = new FakeMesh();
  const { views } = await watching(fake);
  const { manager, watch } = sourceOf(fake);
  fake.index = 12;
  fake.view = { count: 2 };
  manager.broadcast({ type: 'viewPatch', watch, ...patch });
  await fake.clock.advance(10);
  expect(views.map((view) => view.value)).toEqual([{ count: 0 }, { count: 2 }]);
  expect(sourceOf(fake)).toEqual({ manager, watch: watch + 1 });
});

test('goes on with another manager from the version it holds, and never goes back', async () => {
  const fake = new FakeMesh();
  const { views } = await watching(fake);
  const first = sourceOf(fake);
  // The next source lags two versions behind, then catches up past what was shown.
  fake.index = 8;
  fake.view = { count: -2 };
  first.manager.kill();
  await fake.clock.advance(20);
  const second = sourceOf(fake);
  expect(second.manager).not.toBe(first.manager);
  expect(second.manager.of('watch').at(-1)).toMatchObject({ knownVersion: 10 });
  second.manager.broadcast({ type: 'viewPatch', watch: second.watch, baseVersion: 8, version: 9, operations: [{ op: 'replace', path: '/count', value: -1 }] });
  second.manager.broadcast({ type: 'viewPatch', watch: second.watch, baseVersion: 9, version: 12, operations: [{ op: 'replace', path: '/count', value: 2 }] });
  await fake.clock.advance(10);
  expect(views.map(({ version, value }) => [version, value])).toEqual([[10, { count: 0 }], [12, { count: 2 }]]);
});

test('a view is stale without a leader and without managers, and fresh again after', async () => {
  const fake = new FakeMesh();
  const { views } = await watching(fake);
  fake.elect(null);
  await fake.clock.advance(5);
  fake.elect('m2');
  await fake.clock.advance(5);
  for (const manager of fake.managers) manager.kill();
  await fake.clock.advance(5);
  for (const manager of fake.managers) manager.start();
  await fake.clock.advance(3000);
  expect(views.map((view) => view.stale)).toEqual([false, true, false, true, false]);
  expect(new Set(views.map((view) => view.version))).toEqual(new Set([10]));
});

test('leaves a source that has lost its leader for one that has not', async () => {
  const fake = new FakeMesh();
  const { views } = await watching(fake);
  const { manager } = sourceOf(fake);
  manager.broadcast({ type: 'leaderChanged', leader: null, term: 2 });
  manager.intercept = (message, answer) => {
    if (message.type === 'heartbeat') answer({ type: 'heartbeatAck', beat: message.beat, leader: null, term: 2, logTimeMs: 5000 });
    return message.type === 'heartbeat';
  };
  await fake.clock.advance(1100);
  expect(sourceOf(fake).manager).not.toBe(manager);
  expect(views.at(-1)?.stale).toBe(false);
});

test('ends a watch here and there; refused ones say why, too many are refused at once', async () => {
  const fake = new FakeMesh();
  const { worker, views, stop } = await watching(fake);
  const { manager, watch } = sourceOf(fake);
  stop();
  await fake.clock.advance(5);
  expect(manager.of('unwatch')).toEqual([{ type: 'unwatch', watch }]);
  manager.broadcast({ type: 'viewWhole', watch, version: 99, value: null });
  await fake.clock.advance(5);
  expect(views).toHaveLength(1);
  const refusals: string[] = [];
  worker.watch('secret', null, () => {}, (refusal) => refusals.push(refusal.code));
  await fake.clock.advance(5);
  manager.broadcast({ type: 'watchRefused', watch: sourceOf(fake).watch, refusal: { code: 'notAllowed', message: 'No.' } });
  for (let at = 0; at < 65; at += 1) worker.watch('counter', at, () => {}, (refusal) => refusals.push(refusal.code));
  await fake.clock.advance(5);
  expect(refusals.sort()).toEqual(['notAllowed', 'tooManyWatches', 'tooManyWatches']);
});

test('a listener that throws harms nobody else', async () => {
  const fake = new FakeMesh();
  const worker = await fake.connected(new MemoryWorkerStore());
  const seen: unknown[] = [];
  const surfaced: unknown[] = [];
  // Stands in for the platform's report of unhandled rejections, which the test runner would take for a failure.
  const reject = jest.spyOn(Promise, 'reject').mockImplementation((error: unknown) => { surfaced.push(error); return new Promise<never>(() => {}); });
  worker.watch('counter', null, () => { throw new Error('from the application'); });
  worker.watch('counter', null, (view) => seen.push(view));
  await fake.clock.advance(100);
  reject.mockRestore();
  expect(seen).toHaveLength(1);
  expect(surfaced).toEqual([new Error('from the application')]);
  expect(worker.state.phase).toBe('connected');
});

test('hears each event once, though every manager tells of it', async () => {
  const fake = new FakeMesh();
  const { worker } = await watching(fake);
  const events: unknown[] = [];
  worker.onEvent((module, event) => events.push([module, event]));
  const tell = (index: number, event: string) => { for (const manager of fake.managers) manager.broadcast({ type: 'event', module: 'counter', index, event }); };
  tell(11, 'a');
  tell(11, 'b');
  await fake.clock.advance(5);
  sourceOf(fake).manager.kill();
  await fake.clock.advance(5);
  tell(11, 'b');
  tell(12, 'c');
  await fake.clock.advance(5);
  expect(events).toEqual([['counter', 'a'], ['counter', 'b'], ['counter', 'c']]);
});

test('asks the leader, another when it is lost, and gives up when the time is over', async () => {
  const fake = new FakeMesh();
  const worker = await fake.connected(new MemoryWorkerStore());
  await fake.clock.advance(100);
  expect(await fake.until(worker.query('counter', 'value', null))).toMatchObject({ status: 'answered', answer: 'm1' });
  const isQuery = (message: WorkerToManager) => message.type === 'query';
  fake.manager('m1').intercept = (message) => { if (isQuery(message)) fake.manager('m1').kill(); return isQuery(message); };
  const atMs = fake.clock.nowMs();
  expect(await fake.until(worker.query('counter', 'value', null))).toMatchObject({ status: 'answered' });
  expect(fake.clock.nowMs() - atMs).toBeLessThan(10);
  for (const manager of fake.managers) {
    manager.intercept = (message, answer) => {
      if (message.type === 'query') answer({ type: 'queryAnswer', request: message.request, result: { status: 'refused', refusal: { code: 'noLeader', message: 'No leader.' } } });
      return isQuery(message);
    };
  }
  expect(await fake.until(worker.query('counter', 'value', null, { timeoutMs: 2000 }))).toMatchObject({ status: 'refused', refusal: { code: 'timedOut' } });
  for (const manager of fake.managers) manager.intercept = () => false;
  const waiting = worker.query('counter', 'value', null);
  await worker.close();
  expect(await fake.until(waiting)).toMatchObject({ refusal: { code: 'closed' } });
});
