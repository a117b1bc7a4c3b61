import { expect, test } from '@jest/globals';
import { emptyTally, failuresMax, reportOf, runSeeds, speedOf, withRun, withScenario, type RunResult, type SeedFailure, type SeedRun } from '@raft-mesh/simulator';
import { busyScenario } from '../support/scenario.ts';

const held: RunResult = { failure: null, events: 100, operations: 10, simulatedMs: 12_345, faults: { crash: 2, loss: 30 }, traceHash: 'abc' };
const failureOf = (seed: number): SeedFailure => ({ seed, promise: 'logMatching', message: 'two entries', atMs: 5, commit: 'c0ffee', traceHash: 'abc', scenario: { ...busyScenario([]), seed } });

test('runs add up, and every kind of fault is there, those that never struck as 0', () => {
  const tally = withRun(withRun(emptyTally, held, null), { ...held, faults: { crash: 1, join: 4 } }, failureOf(9));
  const report = reportOf(tally, 50);
  expect(report).toMatchObject({ seeds: 2, events: 200, operations: 20, simulatedSeconds: 24.69, wallSeconds: 0.05, failures: [failureOf(9)] });
  expect(report.faults).toMatchObject({ crash: 3, loss: 30, join: 4, wipe: 0, clientRetry: 0 });
  expect(Object.keys(report)).toEqual(['seeds', 'failures', 'events', 'operations', 'simulatedSeconds', 'wallSeconds', 'faults']);
  expect(Object.keys(report.faults)).toHaveLength(35);
  expect(speedOf(report)).toBe(494);
  expect(speedOf(reportOf(emptyTally, 0))).toBe(0);
});

test('failures stand in order of their seeds, and are bounded; a shrunk scenario takes the place of the drawn one', () => {
  let tally = emptyTally;
  for (let seed = failuresMax + 20; seed > 0; seed -= 1) tally = withRun(tally, held, failureOf(seed));
  expect(tally.failures.map(({ seed }) => seed)).toEqual(Array.from({ length: failuresMax }, (_, place) => place + 1));
  expect(tally.seeds).toBe(failuresMax + 20);
  const shrunk = { ...busyScenario([]), managers: 1 };
  const [first, second] = withScenario(tally, 1, shrunk).failures;
  expect(first?.scenario.managers).toBe(1);
  expect(second?.scenario.managers).toBe(5);
});

test('seeds run in order, one that fails or throws holds up no other, and a signal ends it between two', async () => {
  const stop = new AbortController();
  const runs: SeedRun[] = [];
  await runSeeds({
    seeds: [3, 4, 5, 6, 7],
    scenarioOf: (seed) => ({ ...busyScenario([]), seed }),
    run: ({ seed }) => (seed === 4 ? Promise.reject(new Error('out of range')) : Promise.resolve(seed === 3 ? { ...held, failure: { promise: 'logMatching', message: '', atMs: 1 } } : held)),
    onRun: (run) => { runs.push(run); if (run.seed === 6) stop.abort(); },
    signal: stop.signal,
  });
  expect(runs.map(({ seed, result }) => [seed, result.failure?.promise ?? null])).toEqual([[3, 'logMatching'], [4, 'runs'], [5, null], [6, null]]);
  expect(runs[1]?.result.failure?.message).toContain('out of range');
});
