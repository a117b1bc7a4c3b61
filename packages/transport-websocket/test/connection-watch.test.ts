import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { ConnectionWatch } from '../src/connection-watch.ts';

beforeEach(() => { jest.useFakeTimers(); });
afterEach(() => { jest.useRealTimers(); });

function watch() {
  const seen = { bytes: 100, pings: 0, silent: 0 };
  const watched = new ConnectionWatch({ bytesReceived: () => seen.bytes, ping: () => { seen.pings += 1; }, onSilent: () => { seen.silent += 1; watched.stop(); } });
  return { seen, watched };
}

test('who answers is asked once a second, for as long as it is watched', () => {
  const { seen, watched } = watch();
  for (let second = 1; second <= 10; second += 1) {
    seen.bytes += 2;
    jest.advanceTimersByTime(1_000);
  }
  expect(seen).toEqual({ bytes: 120, pings: 11, silent: 0 });
  watched.stop();
  jest.advanceTimersByTime(10_000);
  expect(seen.pings).toBe(11);
});

test('who has said nothing for three seconds is taken for gone; one late answer is not missed', () => {
  const { seen } = watch();
  jest.advanceTimersByTime(2_000);
  seen.bytes += 2;
  jest.advanceTimersByTime(3_000);
  expect(seen.silent).toBe(0);
  jest.advanceTimersByTime(1_000);
  expect(seen.silent).toBe(1);
});
