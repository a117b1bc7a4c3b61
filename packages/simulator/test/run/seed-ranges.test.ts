import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { SeedRanges } from '@raft-mesh/simulator';

test('ranges hold what a set would, with no two that touch', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 60 })), (seeds) => {
    const ranges = new SeedRanges();
    for (const seed of seeds) ranges.add(seed);
    const set = new Set(seeds);
    const all = Array.from({ length: 61 }, (_, seed) => seed);
    expect(all.filter((seed) => ranges.has(seed))).toEqual(all.filter((seed) => set.has(seed)));
    expect([...ranges.missing(0, 61)]).toEqual(all.filter((seed) => !set.has(seed)));
    for (const [place, [from, to]] of ranges.ranges.entries()) {
      expect(from).toBeLessThanOrEqual(to);
      const next = ranges.ranges[place + 1];
      if (next !== undefined) expect(next[0]).toBeGreaterThan(to + 1);
    }
    expect(new SeedRanges(ranges.ranges).ranges).toEqual(ranges.ranges);
  }));
});
