import { expect, test } from '@jest/globals';
import { SimulatedClock } from '@raft-mesh/testkit';
import { SlowReaders } from '../src/manager/slow-readers.ts';

const megabyte = 1024 * 1024;

class Reader {
  bufferedBytes: number;
  readonly #shed: string[];
  readonly #name: string;

  constructor(name: string, bufferedBytes: number, shed: string[]) {
    this.#name = name;
    this.bufferedBytes = bufferedBytes;
    this.#shed = shed;
  }

  shed(): void {
    this.#shed.push(this.#name);
    this.bufferedBytes = 0;
  }
}

test('while all of them together wait for less than the bound, nobody is shed', () => {
  const clock = new SimulatedClock();
  const shed: string[] = [];
  const readers = new SlowReaders(clock, 10 * megabyte);
  for (const name of ['a', 'b', 'c']) readers.note(new Reader(name, 3 * megabyte, shed));
  clock.advanceNow(10_000);
  expect(shed).toEqual([]);
});

test('past it those go first for whom most waits, and only as many as must', () => {
  const clock = new SimulatedClock();
  const shed: string[] = [];
  const readers = new SlowReaders(clock, 10 * megabyte);
  for (const [name, size] of [['a', 3], ['b', 6], ['c', 2], ['d', 5]] as const) readers.note(new Reader(name, size * megabyte, shed));
  clock.advanceNow(200);
  expect(shed).toEqual(['b']);
});

test('who has caught up, or is gone, does not count any more, and no timer is left', () => {
  const clock = new SimulatedClock();
  const shed: string[] = [];
  const readers = new SlowReaders(clock, 10 * megabyte);
  const [caughtUp, gone, last] = [new Reader('a', 6 * megabyte, shed), new Reader('b', 6 * megabyte, shed), new Reader('c', 6 * megabyte, shed)];
  readers.note(caughtUp);
  caughtUp.bufferedBytes = 0;
  readers.note(gone);
  readers.forget(gone);
  readers.note(last);
  clock.advanceNow(200);
  expect(shed).toEqual([]);
  readers.forget(last);
  clock.advanceNow(200);
  expect(clock.nextDueMs).toBeNull();
});

test('many at once do not outrun the timer', () => {
  const shed: string[] = [];
  const readers = new SlowReaders(new SimulatedClock(), 10 * megabyte);
  for (let place = 0; place < 16; place += 1) readers.note(new Reader(String(place), megabyte, shed));
  expect(shed).toHaveLength(6);
});
