import { describe, expect, test } from '@jest/globals';
import { faultKinds, type Fault, type FaultKind } from '../src/faults/fault.ts';
import { drawFaults, type ScheduleOptions } from '../src/faults/schedule.ts';

function first(count: number, options: ScheduleOptions): readonly Fault[] {
  const faults: Fault[] = [];
  for (const fault of drawFaults(options)) {
    if (faults.length === count) break;
    faults.push(fault);
  }
  return faults;
}

describe('The faults of a run', () => {
  test('are the same for the same seed, and others for another', () => {
    const options = { seed: 7, managers: 3 };
    expect(first(200, options)).toEqual(first(200, options));
    expect(first(20, options)).not.toEqual(first(20, { ...options, seed: 8 }));
  });

  test('come in rounds, each with every kind', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const kinds = first(3 * faultKinds.length, { seed, managers: 5 }).map(({ kind }) => kind);
      for (const kind of faultKinds) expect(kinds.filter((other) => other === kind)).toHaveLength(3);
    }
  });

  test('are only of the kinds that were asked for', () => {
    const kinds: readonly FaultKind[] = ['crashAll', 'partition'];
    expect(new Set(first(40, { seed: 1, managers: 3, kinds }).map(({ kind }) => kind))).toEqual(new Set(kinds));
  });

  test('never part more managers from the others than the mesh can lose, and all last a while', () => {
    for (const managers of [3, 5, 7]) {
      for (const fault of first(400, { seed: 3, managers })) {
        expect(fault.forMs).toBeGreaterThanOrEqual(200);
        expect(fault.forMs).toBeLessThanOrEqual(4_000);
        if (fault.kind === 'partition' || fault.kind === 'partitionOneWay') {
          expect(fault.minority.length).toBeGreaterThanOrEqual(1);
          expect(fault.minority.length).toBeLessThanOrEqual((managers - 1) / 2);
        }
      }
    }
  });

  test('wait for calm most of the time, and overlap now and then', () => {
    const after = first(400, { seed: 1, managers: 3 }).map(({ begins }) => begins.after);
    const overlapping = after.filter((what) => what === 'strike').length;
    expect(overlapping).toBeGreaterThan(40);
    expect(overlapping).toBeLessThan(120);
  });
});
