import { expect, test } from '@jest/globals';
import { EventLoop } from '../../src/world/event-loop.ts';
import { SimulatedProcess, UncaughtError } from '../../src/world/simulated-process.ts';

const processOn = (loop: EventLoop, driftPpm = 0): SimulatedProcess => new SimulatedProcess('p', loop, { driftPpm, clockStartMs: 500 });
const run = (loop: EventLoop, untilMs: number): Promise<void> => loop.run(() => false, untilMs);

test('what is due happens in order of time, then of asking; what is deferred last; promises settle in between', async () => {
  const loop = new EventLoop();
  const seen: string[] = [];
  loop.at(5, () => { seen.push('second'); void Promise.resolve().then(() => seen.push('settled')); });
  loop.at(5, () => { seen.push('third'); loop.soon(() => seen.push('deferred')); });
  loop.at(5, () => seen.push('fourth'));
  loop.at(1, () => seen.push('first'));
  loop.at(2, () => seen.push('cancelled')).callback = null;
  await run(loop, 10);
  expect(seen).toEqual(['first', 'second', 'settled', 'third', 'fourth', 'deferred']);
  expect(loop.nowMs).toBe(10);
});

test('a run ends with what an event throws', async () => {
  const loop = new EventLoop();
  const process = processOn(loop);
  process.setTimer(1, () => { throw new Error('broken'); });
  await expect(run(loop, 10)).rejects.toBeInstanceOf(UncaughtError);
});

test('a clock that runs fast reaches its timers sooner', async () => {
  const loop = new EventLoop();
  const process = processOn(loop, 100_000);
  let firedAtMs = 0;
  process.setTimer(110, () => { firedAtMs = loop.nowMs; });
  await run(loop, 1_000);
  expect(firedAtMs).toBeCloseTo(100, 3);
  expect(process.nowMs()).toBeCloseTo(500 + 1_100, 3);
});

test('a clock that jumps ahead fires what fell due, and no timer comes before its time', async () => {
  const loop = new EventLoop();
  const process = processOn(loop);
  const fired: number[] = [];
  process.setTimer(100, () => fired.push(loop.nowMs));
  process.setTimer(1_000, () => fired.push(loop.nowMs));
  loop.at(10, () => process.stepClock(500));
  await run(loop, 2_000);
  expect(fired.map(Math.round)).toEqual([10, 500]);
});

test('a clock that stands still holds its timers, while messages still come', async () => {
  const loop = new EventLoop();
  const process = processOn(loop);
  const seen: string[] = [];
  process.setTimer(50, () => seen.push(`timer at ${Math.round(loop.nowMs)}`));
  loop.at(10, () => process.stopClock());
  loop.at(100, () => process.run(() => seen.push(`message at ${process.nowMs()}`)));
  loop.at(300, () => process.startClock());
  await run(loop, 1_000);
  expect(seen).toEqual(['message at 510', 'timer at 340']);
});

test('a paused process runs nothing, then everything in the order in which it came about', async () => {
  const loop = new EventLoop();
  const process = processOn(loop);
  const seen: string[] = [];
  process.pause();
  process.setTimer(20, () => seen.push('timer'));
  loop.at(10, () => process.run(() => seen.push('before')));
  loop.at(30, () => process.run(() => { seen.push('after'); process.defer(() => seen.push('deferred')); }));
  loop.at(35, () => { expect(seen).toEqual([]); });
  loop.at(40, () => process.resume());
  await run(loop, 100);
  expect(seen).toEqual(['before', 'timer', 'after', 'deferred']);
});

test('a dead process never runs again', async () => {
  const loop = new EventLoop();
  const process = processOn(loop);
  const seen: string[] = [];
  process.setTimer(20, () => seen.push('timer'));
  process.defer(() => seen.push('deferred'));
  process.kill();
  process.run(() => seen.push('message'));
  process.setTimer(1, () => seen.push('late'));
  await run(loop, 100);
  expect(seen).toEqual([]);
});
