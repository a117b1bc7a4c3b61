import { describe, expect, test } from '@jest/globals';
import { faultKinds, type FaultKind } from '../src/faults/fault.ts';
import { verdictOf, type RunFacts } from '../src/judge/verdict.ts';

const struck = (times: number) => Object.fromEntries(faultKinds.map((kind) => [kind, times])) as Record<FaultKind, number>;
const facts: RunFacts = {
  durationMs: 600_000, kinds: faultKinds, judgement: { operations: 40_000, acknowledged: 30_000, lost: 0, linearizable: true, problems: [] },
  faults: struck(3), longestOutageMs: 5_000, failoversMs: [10, 20, 30, 40, 50, 60, 70, 80, 90, 100], unexplainedEnds: [],
};
const failing = (changed: Partial<RunFacts>): readonly string[] => verdictOf({ ...facts, ...changed }).failures;

describe('The verdict', () => {
  test('has exactly the fields of the last line', () => {
    const { report, failures } = verdictOf(facts);
    expect(failures).toEqual([]);
    expect(report).toEqual({
      operations: 40_000, acknowledged: 30_000, lost: 0, linearizable: true, faults: struck(3), longestOutageMs: 5_000, failovers: { count: 10, p50: 50, p99: 100, max: 100 },
    });
    expect(Object.keys(report)).toEqual(['operations', 'acknowledged', 'lost', 'linearizable', 'faults', 'longestOutageMs', 'failovers']);
  });

  test('names everything that does not hold', () => {
    expect(failing({ judgement: { ...facts.judgement, lost: 1 } })).toHaveLength(1);
    expect(failing({ judgement: { ...facts.judgement, linearizable: false, problems: ['why'] } })).toEqual(['why', 'the history is not linearizable']);
    expect(failing({ judgement: { ...facts.judgement, acknowledged: 29_999 } })).toHaveLength(1);
    expect(failing({ longestOutageMs: 5_001 })).toHaveLength(1);
    expect(failing({ faults: { ...struck(3), diskFull: 2 } })).toEqual([expect.stringContaining('diskFull struck 2 times')]);
    expect(failing({ failoversMs: facts.failoversMs.slice(1) })).toEqual([expect.stringContaining('9 failovers')]);
    expect(failing({ unexplainedEnds: ['m1 ended by itself'] })).toEqual(['m1 ended by itself']);
  });

  test('asks less of a shorter run, but not of its rate and outages', () => {
    const short = { durationMs: 60_000, judgement: { ...facts.judgement, acknowledged: 3_000 }, faults: struck(0) };
    expect(failing({ ...short, failoversMs: [10] })).toEqual([]);
    expect(failing({ ...short, failoversMs: [] })).toHaveLength(1);
    expect(failing({ ...short, failoversMs: [10], judgement: { ...facts.judgement, acknowledged: 2_999 } })).toHaveLength(1);
    expect(failing({ ...short, failoversMs: [10], durationMs: 200_000, judgement: facts.judgement })).toHaveLength(faultKinds.length + 1);
  });

  test('asks for failovers only where leaders fall, and for the kinds that were to be played', () => {
    expect(failing({ kinds: ['crashAll'], failoversMs: [], faults: { ...struck(0), crashAll: 3 } })).toEqual([]);
  });
});
