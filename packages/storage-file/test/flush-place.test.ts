import { describe, expect, test } from '@jest/globals';
import { FlushPlace } from '../src/flush-place.ts';

function placeOf() {
  let nowMs = 0;
  const place = new FlushPlace(() => nowMs);
  const flush = (tookMs: number, where: 'here' | 'pool', bytes = 300): void => {
    const startedMs = nowMs;
    nowMs += tookMs;
    place.ended(bytes, startedMs, where);
  };
  return { place, flush, pass: (ms: number) => { nowMs += ms; } };
}

describe('where a flush is done', () => {
  test('small and fast: in place', () => {
    const { place } = placeOf();
    expect(place.isHere(300)).toBe(true);
  });

  test('much that is not flushed yet goes to the pool, and says nothing about the disk', () => {
    const { place, flush, pass } = placeOf();
    expect(place.isHere(256 * 1024 + 1)).toBe(false);
    for (let count = 0; count < 50; count += 1) flush(200, 'pool', 10_000_000);
    pass(1);
    expect(place.isHere(300)).toBe(true);
  });

  test('the thread that waited works for as long before it waits again', () => {
    const { place, flush, pass } = placeOf();
    flush(0.2, 'here');
    expect(place.isHere(300)).toBe(false);
    pass(0.1);
    expect(place.isHere(300)).toBe(false);
    pass(0.15);
    expect(place.isHere(300)).toBe(true);
  });

  test('a disk that has become slow gets the pool, until it is fast again', () => {
    const { place, flush, pass } = placeOf();
    flush(20, 'here');
    pass(100);
    expect(place.isHere(300)).toBe(false);
    for (let count = 0; count < 5; count += 1) flush(0.6, 'pool');
    expect(place.isHere(300)).toBe(false);
    for (let count = 0; count < 20; count += 1) flush(0.3, 'pool');
    expect(place.isHere(300)).toBe(true);
  });

  test('one slow flush among fast ones changes nothing', () => {
    const { place, flush, pass } = placeOf();
    for (let count = 0; count < 20; count += 1) { flush(0.2, 'here'); pass(1); }
    flush(4, 'here');
    pass(5);
    expect(place.isHere(300)).toBe(true);
  });
});
