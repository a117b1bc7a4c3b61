import { expect, test } from '@jest/globals';
import { SimulatedClock } from '@raft-mesh/testkit';

test('runs what is due in the order of time, then of asking, with deferred callbacks last', () => {
  const clock = new SimulatedClock();
  const ran: string[] = [];
  clock.setTimer(5, () => ran.push('five, first'));
  clock.setTimer(2, () => ran.push('two'));
  clock.setTimer(5, () => ran.push('five, second'));
  clock.defer(() => { ran.push('deferred'); clock.setTimer(0, () => ran.push('now')); });
  clock.setTimer(9, () => ran.push('nine'));
  clock.advanceNow(5);
  expect(ran).toEqual(['deferred', 'now', 'two', 'five, first', 'five, second']);
  expect(clock.nowMs()).toBe(5);
});

test('keeps the order for many timers, some cancelled', () => {
  const clock = new SimulatedClock();
  const ran: number[] = [];
  const cancels = Array.from({ length: 500 }, (_, at) => clock.setTimer((at * 7919) % 500, () => ran.push((at * 7919) % 500)));
  for (const [at, cancel] of cancels.entries()) if (at % 3 === 0) cancel();
  clock.advanceNow(1000);
  expect(ran).toHaveLength(333);
  expect(ran).toEqual([...ran].sort((a, b) => a - b));
  expect(clock.nextDueMs).toBeNull();
});

test('lets promises settle between callbacks', async () => {
  const clock = new SimulatedClock();
  const seen: number[] = [];
  clock.setTimer(1, () => { void Promise.resolve().then(() => clock.setTimer(1, () => seen.push(clock.nowMs()))); });
  await clock.advance(10);
  expect(seen).toEqual([2]);
});
