import { beforeEach, describe, expect, test } from '@jest/globals';
import type { CommandResult, RecoveredCommand } from '@raft-mesh/mesh';
import type { Violation } from '@raft-mesh/simulator';
import { SimulatedClock } from '@raft-mesh/testkit';
import { DocumentClient } from '../../src/clients/document-client.ts';
import { HistoryRecorder } from '../../src/clients/history-recorder.ts';
import { SimulatedRandom } from '../../src/world/simulated-random.ts';
import { ScriptedWorker, type Sent } from '../support/scripted-worker.ts';

let clock: SimulatedClock;
let history: HistoryRecorder;
let violations: Violation[];
let ended: number;
let client: DocumentClient;
let index: number;

beforeEach(() => {
  clock = new SimulatedClock();
  history = new HistoryRecorder(() => clock.nowMs());
  violations = [];
  ended = 0;
  index = 0;
  client = clientOf(3);
});

function clientOf(seed: number): DocumentClient {
  return new DocumentClient({
    name: 'worker-1', random: new SimulatedRandom(seed, 'client'), nowMs: () => clock.nowMs(),
    operationEnded: () => { ended += 1; }, violated: (violation) => { violations.push(violation); },
  }, { keys: 3, pauseMs: 50, history });
}

const committed = (): CommandResult => { index += 1; return { status: 'committed', index, answer: { version: index }, sequence: index }; };
const refused = (code: string): CommandResult & { readonly status: 'refused' } => ({ status: 'refused', index, sequence: 1, refusal: { code, message: code } });

/** Answers everything that was sent until one of them fits, and gives that one, unanswered. */
async function until(worker: ScriptedWorker, fits: (sent: Sent) => boolean): Promise<Sent> {
  for (let answered = 0, step = 0; step < 5_000; step += 1) {
    for (let next = worker.sent[answered]; next !== undefined; next = worker.sent[answered]) {
      if (fits(next)) return next;
      answered += 1;
      next.answer(next.kind === 'query' ? refused('notFound') : committed());
    }
    await clock.advance(10);
  }
  throw new Error('nothing of the kind was sent');
}

/** Not every life watches: lives follow each other until one does. */
function startWatching(): ScriptedWorker {
  for (let lives = 0; lives < 100; lives += 1) {
    const worker = new ScriptedWorker();
    client.started(worker, clock);
    if (worker.isWatched) return worker;
    client.died();
  }
  throw new Error('no life ever watches');
}

const operationOf = (sent: Sent) => history.operations.findLast(({ op, key, in: asked }) => (op as string) === sent.name && key === sent.arguments.key && JSON.stringify(asked) === JSON.stringify(Object.fromEntries(Object.entries(sent.arguments).filter(([name]) => name !== 'key'))));

describe('a client of documents', () => {
  test('writes down all that it does, each moment later than the one before, and never writes a value twice', async () => {
    const worker = new ScriptedWorker();
    client.started(worker, clock);
    for (let left = 0; left < 30; left += 1) await until(worker, (sent) => sent.name === 'put' && Number(sent.arguments.value?.split('#')[1]) > left);
    const all = history.operations;
    expect(new Set(all.map(({ op }) => op))).toEqual(new Set(['get', 'put', 'compareAndSet', 'delete']));
    const moments = all.flatMap(({ start, end }) => (end === null ? [start] : [start, end]));
    expect(new Set(moments).size).toBe(moments.length);
    for (const { start, end, outcome } of all) if (outcome === 'ok') expect(end).toBeGreaterThan(start);
    const values = worker.sent.flatMap((sent) => (sent.arguments.value === undefined ? [] : [sent.arguments.value]));
    expect(new Set(values).size).toBe(values.length);
    expect(ended).toBe(all.filter(({ outcome }) => outcome === 'ok').length);
    expect(violations).toEqual([]);
  });

  test.each<[string, string, CommandResult, object]>([
    ['a conflict is an answer', 'compareAndSet', refused('versionConflict'), { outcome: 'ok', out: { conflict: true } }],
    ['a delete of nothing is an answer', 'delete', refused('notFound'), { outcome: 'ok', out: { version: 0 } }],
    ['a refusal has no effect', 'put', refused('documentsFull'), { outcome: 'refused', out: null, end: expect.any(Number) }],
    ['what was not sent has no effect', 'put', { status: 'notSent', reason: 'expired' }, { outcome: 'refused', end: expect.any(Number) }],
    ['what an expired session left open is unknown for ever', 'put', { status: 'unknown', sequence: 4, reason: 'sessionExpired' }, { outcome: 'unknown', end: null }],
  ])('%s', async (_, command, result, expected) => {
    const worker = new ScriptedWorker();
    client.started(worker, clock);
    const sent = await until(worker, ({ name }) => name === command);
    sent.answer(result);
    await clock.advance(1);
    expect(operationOf(sent)).toMatchObject(expected);
  });

  test('a refusal for which no client gave cause breaks a promise', async () => {
    const worker = new ScriptedWorker();
    client.started(worker, clock);
    const sent = await until(worker, ({ name }) => name === 'put');
    sent.answer(refused('sequenceGap'));
    await clock.advance(1);
    expect(violations.map(({ promise }) => promise)).toEqual(['refusalsAreReasonable']);
  });

  test('after a crash, what the store held is settled by its next life, and the rest stays unknown', async () => {
    const worker = new ScriptedWorker();
    client.started(worker, clock);
    const held = await until(worker, ({ name }) => name === 'put');
    client.died();
    held.answer(committed());
    await clock.advance(1_000);
    expect(operationOf(held)).toMatchObject({ outcome: 'unknown', end: null });

    let recover: (commands: readonly RecoveredCommand[]) => void = () => {};
    const second = new ScriptedWorker(new Promise((resolve) => { recover = resolve; }));
    client.started(second, clock);
    const lost = await until(second, ({ name }) => name === 'put');
    client.died();
    // The second life never got as far as to know: the third one is told of both lives' commands, and finds one of them.
    const third = new ScriptedWorker(Promise.resolve([{ module: 'documents', command: 'put', arguments: { ...held.arguments }, result: { ...committed(), status: 'committed', index: 900, answer: { version: 900 }, sequence: 900 } }]));
    client.started(third, clock);
    recover([]);
    await clock.advance(1);
    expect(operationOf(held)).toMatchObject({ outcome: 'ok', out: { version: 900 } });
    expect(operationOf(lost)).toMatchObject({ outcome: 'unknown', end: null });
  });

  test('what a worker that was closed left open waits for the next life too', async () => {
    const worker = new ScriptedWorker();
    client.started(worker, clock);
    const sent = await until(worker, ({ name }) => name === 'put');
    sent.answer({ status: 'unknown', sequence: 1, reason: 'closed' });
    await clock.advance(1);
    client.died();
    client.started(new ScriptedWorker(Promise.resolve([{ module: 'documents', command: 'put', arguments: sent.arguments, result: { status: 'committed', index: 70, answer: { version: 70 }, sequence: 1 } }])), clock);
    await clock.advance(1);
    expect(operationOf(sent)).toMatchObject({ outcome: 'ok', out: { version: 70 } });
  });

  test('a read that was not answered says nothing', async () => {
    const worker = new ScriptedWorker();
    client.started(worker, clock);
    const sent = await until(worker, ({ kind, stale }) => kind === 'query' && !stale);
    const before = history.operations.length;
    sent.answer({ status: 'refused', refusal: { code: 'timedOut', message: '' } });
    await clock.advance(1);
    expect(history.operations.length).toBe(before - 1);
  });

  test('stopped, it begins nothing more', async () => {
    const worker = new ScriptedWorker();
    client.started(worker, clock);
    client.stopped();
    const before = worker.sent.length;
    for (const sent of worker.sent) sent.answer(sent.kind === 'query' ? refused('notFound') : committed());
    await clock.advance(10_000);
    expect(worker.sent.length).toBe(before);
  });
});

describe('it catches', () => {
  test('a stale read of what nobody wrote', async () => {
    const worker = new ScriptedWorker();
    client.started(worker, clock);
    const sent = await until(worker, ({ stale }) => stale);
    sent.answer({ status: 'answered', index: 9, answer: { key: sent.arguments.key, version: 1_000, value: 'made up' } });
    await clock.advance(1);
    expect(violations.map(({ promise }) => promise)).toEqual(['readsWhatWasWritten']);
  });

  test('a version that means two values', async () => {
    const worker = new ScriptedWorker();
    client.started(worker, clock);
    const first = await until(worker, ({ name }) => name === 'put');
    first.answer(committed());
    const version = index;
    const other = await until(worker, (sent) => sent.name === 'put' && sent !== first);
    other.answer({ status: 'committed', index, answer: { version }, sequence: 9 });
    await clock.advance(1);
    expect(violations.map(({ promise }) => promise)).toEqual(['versionMeansOneValue']);
  });

  test('a view that goes back, but not one of a new life of the mesh or of the worker', () => {
    const worker = startWatching();
    const show = (incarnation: number, version: number) => worker.showView({ incarnation, version, value: { documents: [], complete: true }, stale: false });
    show(1, 10);
    show(1, 10);
    show(2, 3);
    client.died();
    const next = startWatching();
    next.showView({ incarnation: 2, version: 1, value: { documents: [], complete: true }, stale: false });
    expect(violations).toEqual([]);
    next.showView({ incarnation: 2, version: 0, value: { documents: [], complete: true }, stale: true });
    expect(violations.map(({ promise }) => promise)).toEqual(['viewNeverGoesBack']);
  });

  test('a view that holds what is newer than itself', async () => {
    const worker = startWatching();
    const put = await until(worker, ({ name }) => name === 'put');
    worker.showView({ incarnation: 1, version: 5, value: { documents: [{ key: put.arguments.key, version: 6, value: put.arguments.value ?? '' }], complete: true }, stale: false });
    expect(violations.map(({ promise }) => promise)).toEqual(['viewHoldsNothingNewer']);
  });
});
