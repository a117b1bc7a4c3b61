import { expect, test } from '@jest/globals';
import { ConnectError, type Worker, type WorkerState } from '@raft-mesh/mesh';
import type { MeshId } from '@raft-mesh/protocol';
import { SimulatedClock, settled } from '@raft-mesh/testkit';
import type { BrowserMesh, PageRequest, WorkerReport } from '../src/messages.ts';
import { Tab } from '../src/tab.ts';
import { WorkerProxy } from '../src/worker-proxy.ts';
import { FakeBrowser, FakeWorker, channelPair } from './fakes.ts';

const mesh: BrowserMesh = { mesh: { mesh: 'games' as MeshId, incarnation: 1 }, managers: [], join: { token: 'secret', name: 'Ada' }, identity: null, timeoutMs: null };

function setUp() {
  const clock = new SimulatedClock();
  const browser = new FakeBrowser();
  const workers: FakeWorker[] = [];
  let opened = 0;
  const open = (options: { readonly isSecure?: boolean; readonly connect?: () => Promise<Worker>; readonly identity?: string } = {}) => {
    opened += 1;
    const id = `tab-${opened}`;
    const context = browser.context();
    const [page, dedicated] = channelPair<PageRequest, WorkerReport>();
    const states: WorkerState[] = [];
    let overs = 0;
    const tab = new Tab(dedicated, {
      locks: options.isSecure === false ? null : context.locks, openTabs: () => context.openTabs(), clock, identifier: () => id,
      connect: options.connect ?? (() => {
        const worker = new FakeWorker();
        workers.push(worker);
        return Promise.resolve(worker);
      }),
    });
    tab.listen();
    const connecting = WorkerProxy.connect({ ...mesh, identity: options.identity ?? null }, { channel: page, nowMs: () => clock.nowMs(), onState: (state) => states.push(state), onOver: () => { overs += 1; } });
    return { connecting, context, states, overs: () => overs };
  };
  return { clock, workers, open };
}

test('another identity of the same mesh is another agent of this browser, with a worker of its own', async () => {
  const { workers, open } = setUp();
  await open().connecting;
  await open({ identity: 'bea' }).connecting;
  await open({ identity: 'bea' }).connecting;
  await open().connecting;
  expect(workers).toHaveLength(2);
});

test('a page uses the worker in its dedicated Worker as if it were its own', async () => {
  const { clock, workers, open } = setUp();
  const { connecting, states, overs } = open();
  const worker = await connecting;
  const [inner] = workers;
  if (inner === undefined) throw new Error('no worker');
  expect([worker.agent, worker.name, worker.state]).toEqual(['agent-1', 'Ada', { phase: 'connected', leader: 'm1' }]);

  const sending = worker.send('game', 'vote', 'Bea', { validForMs: 100 });
  const asking = worker.query('game', 'count', null);
  await expect(worker.send('game', 'vote', 'not JSON')).rejects.toThrow('plain JSON');
  await expect(worker.send('game', 'vote', (() => {}) as unknown as string)).rejects.toThrow('plain JSON');
  inner.sent[0]?.settle({ status: 'committed', index: 5, answer: null, sequence: 1 });
  inner.asked[0]?.settle({ status: 'answered', index: 5, answer: 3 });
  expect(await sending).toEqual({ status: 'committed', index: 5, answer: null, sequence: 1 });
  expect(await asking).toEqual({ status: 'answered', index: 5, answer: 3 });

  const seen: unknown[] = [];
  const stop = worker.watch('game', null, (view) => seen.push(view));
  worker.onEvent((module, event) => seen.push([module, event]));
  await settled();
  inner.show({ incarnation: 1, version: 3, value: 'night', stale: false });
  inner.tell('howl');
  await settled();
  expect(seen).toEqual([{ incarnation: 1, version: 3, value: 'night', stale: false }, ['game', 'howl']]);
  stop();
  worker.wake();
  await settled();
  expect([inner.watches.size, inner.woken]).toEqual([0, 1]);

  inner.moveTo({ phase: 'reconnecting', sinceMs: 7 });
  await settled();
  expect(states.map((state) => state.phase)).toEqual(['connected', 'reconnecting']);

  const open1 = worker.send('game', 'vote', 1);
  const open2 = worker.query('game', 'count', null);
  await worker.close();
  expect([inner.closed, overs(), worker.state.phase]).toEqual([true, 1, 'ended']);
  expect(await open1).toMatchObject({ status: 'unknown', reason: 'closed' });
  expect(await open2).toMatchObject({ status: 'refused', refusal: { code: 'closed' } });
  expect(await worker.send('game', 'vote', 2)).toEqual({ status: 'notSent', reason: 'closed' });
  await clock.advance(5000);
  expect(clock.nextDueMs).toBeNull();
});

test('log time moves on with the page’s clock, and stands still without a leader', async () => {
  const { clock, workers, open } = setUp();
  const worker = await open().connecting;
  await clock.advance(100);
  expect(worker.logTimeMs).toBe(1100);
  const [inner] = workers;
  if (inner === undefined) throw new Error('no worker');
  inner.logTimeMs = 1500;
  await clock.advance(400);
  expect(worker.logTimeMs).toBe(1500);
  inner.moveTo({ phase: 'reconnecting', sinceMs: 0 });
  await clock.advance(300);
  expect(worker.logTimeMs).toBe(1500);
});

test('34. a second tab is a window on the first: one worker, answers and views to each', async () => {
  const { workers, open } = setUp();
  const first = await open().connecting;
  const second = await open().connecting;
  expect(workers).toHaveLength(1);
  expect(second.agent).toBe(first.agent);
  const seen: string[] = [];
  first.watch('game', null, () => seen.push('first'));
  second.watch('game', null, () => seen.push('second'));
  const sending = second.send('game', 'vote', 'Bea');
  await settled();
  workers[0]?.show({ incarnation: 1, version: 1, value: null, stale: false });
  workers[0]?.sent[0]?.settle({ status: 'committed', index: 5, answer: null, sequence: 1 });
  expect(await sending).toMatchObject({ status: 'committed' });
  expect(seen.sort()).toEqual(['first', 'second']);
  await second.close();
  await settled();
  expect([workers[0]?.closed, workers[0]?.watches.size]).toEqual([false, 1]);
});

test('the owner hears of a window that died without a word', async () => {
  const { workers, open } = setUp();
  await open().connecting;
  const second = open();
  (await second.connecting).watch('game', null, () => {});
  await settled();
  expect(workers[0]?.watches.size).toBe(1);
  second.context.kill();
  await settled();
  expect(workers[0]?.watches.size).toBe(0);
});

test.each(['closes', 'dies'] as const)('when the owner %s, a window takes over: watches and queries go on, commands are never sent twice, views never go back', async (how) => {
  const { workers, open } = setUp();
  const first = open();
  const owner = await first.connecting;
  const second = await open().connecting;
  const third = await open().connecting;
  const versions: number[] = [];
  second.watch('game', null, (view) => versions.push(view.version));
  third.watch('game', null, () => {});
  const sending = second.send('game', 'vote', 'Bea');
  const asking = second.query('game', 'count', null);
  await settled();
  workers[0]?.show({ incarnation: 1, version: 10, value: null, stale: false });
  await settled();
  if (how === 'closes') await owner.close();
  else first.context.kill();
  await settled();
  expect(workers).toHaveLength(2);
  const [, next] = workers;
  if (next === undefined) throw new Error('nobody took over');
  expect(next.watches.size).toBe(2);
  expect(next.sent).toEqual([]);
  next.asked[0]?.settle({ status: 'answered', index: 9, answer: 1 });
  next.show({ incarnation: 1, version: 9, value: null, stale: false });
  next.show({ incarnation: 1, version: 11, value: null, stale: false });
  expect(await sending).toMatchObject({ status: 'unknown', reason: 'closed' });
  expect(await asking).toMatchObject({ status: 'answered' });
  expect(versions).toEqual([10, 11]);
  expect(second.state.phase).toBe('connected');
});

test('without Web Locks every tab runs a worker of its own', async () => {
  const { workers, open } = setUp();
  await open({ isSecure: false }).connecting;
  await open({ isSecure: false }).connecting;
  expect(workers).toHaveLength(2);
});

test('refused credentials reject with the ConnectError, other failures say what they were, and the next tab may try', async () => {
  const { workers, open } = setUp();
  const error = { code: 'tokenSpent', message: 'Spent.', next: 'Ask for another.' } as const;
  const refused = open({ connect: () => Promise.reject(new ConnectError(error)) });
  const reason: unknown = await refused.connecting.catch((thrown: unknown) => thrown);
  expect(reason).toBeInstanceOf(ConnectError);
  expect((reason as ConnectError).error).toEqual(error);
  expect(refused.overs()).toBe(1);
  await expect(open({ connect: () => Promise.reject(new Error('IndexedDB is switched off')) }).connecting).rejects.toThrow('switched off');
  await open().connecting;
  expect(workers).toHaveLength(1);
});

test('a worker that the managers shut out ends for its page with the reason', async () => {
  const { workers, open } = setUp();
  const first = open();
  const worker = await first.connecting;
  const error = { code: 'credentialRevoked', message: 'Revoked.', next: 'Ask.' } as const;
  workers[0]?.moveTo({ phase: 'ended', error });
  await settled();
  expect(worker.state).toEqual({ phase: 'ended', error });
  expect(first.states.map((state) => state.phase)).toEqual(['connected', 'ended']);
  expect(first.overs()).toBe(1);
});

test('an identity that another tab has this browser forget ends in every tab, and nobody takes it over', async () => {
  const { workers, open } = setUp();
  const [owner, other] = [open(), open()];
  const seats = [await owner.connecting, await other.connecting];
  const elsewhere = open({ identity: 'unconnected' });
  elsewhere.context.openTabs().post({ type: 'forgotten' });
  await settled();
  for (const { state } of seats) expect(state).toMatchObject({ phase: 'ended', error: { code: 'notAuthenticated' } });
  expect([owner.overs(), other.overs(), workers.length]).toEqual([1, 1, 2]);
});
