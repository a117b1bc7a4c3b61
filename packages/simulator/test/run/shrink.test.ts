import { expect, test } from '@jest/globals';
import { shrink, type RunResult, type Scenario } from '@raft-mesh/simulator';
import { busyScenario, everyFault } from '../support/scenario.ts';

const held: RunResult = { failure: null, events: 1, operations: 1, simulatedMs: 1, faults: {}, traceHash: '0' };
const broke = (promise: string, atMs: number): RunResult => ({ ...held, failure: { promise, message: `${promise} broke`, atMs } });

/** Runs nothing: what it says depends on the scenario alone. */
function runner(judge: (scenario: Scenario) => RunResult): { readonly run: (scenario: Scenario) => Promise<RunResult>; readonly runs: () => number } {
  let runs = 0;
  return { run: (scenario) => { runs += 1; return Promise.resolve(judge(scenario)); }, runs: () => runs };
}

const has = (scenario: Scenario, ...kinds: string[]): boolean => kinds.every((kind) => scenario.faults.some((fault) => fault.kind === kind));

test('what is left is what the failure needs, and nothing else', async () => {
  const { run } = runner((scenario) => (has(scenario, 'wipe', 'pause') && scenario.managers >= 3 && scenario.network.replayPerMille > 0 && scenario.clients.documents > 0 && scenario.durationMs >= 1_600 ? broke('logMatching', 1_600) : held));
  const steps: string[] = [];
  const { scenario, result, runs } = await shrink(busyScenario(everyFault), { promise: 'logMatching', run, onStep: (step) => steps.push(step) });
  expect(scenario).toEqual({
    seed: 7, managers: 3, durationMs: 1_601,
    clients: { documents: 1, players: 0, keys: 1, pauseMs: 100 },
    tuning: { snapshotLogBytes: 100_000, snapshotKeepEntries: 50, quiesceAfterMs: null, workerHeartbeatIntervalMs: 500 },
    network: { delayMinMs: 0.5, delayMeanMs: 0.5, lossPerMille: 0, duplicatePerMille: 0, reorderPerMille: 0, replayPerMille: 5, pathCapacity: null },
    disk: { flushMinMs: 0.5, flushMeanMs: 0.5, tornPerMille: 0 },
    clockDriftPpm: [],
    faults: everyFault.filter(({ kind }) => kind === 'wipe' || kind === 'pause'),
  });
  expect(result?.failure).toEqual({ promise: 'logMatching', message: 'logMatching broke', atMs: 1_600 });
  expect(runs).toBeLessThan(120);
  expect(steps.length).toBeGreaterThan(5);
});

test('another promise that breaks on the way is not taken for the same failure', async () => {
  const { run } = runner((scenario) => (has(scenario, 'crash', 'bitFlip') ? broke('leaderCompleteness', 2_000) : has(scenario, 'crash') ? broke('electionSafety', 1_300) : held));
  const { scenario } = await shrink(busyScenario(everyFault), { promise: 'leaderCompleteness', run });
  expect(scenario.faults.map(({ kind }) => kind).sort()).toEqual(['bitFlip', 'crash']);
});

test('a failure that does not come again is said so, and left as it is', async () => {
  const { run } = runner(() => held);
  const given = busyScenario(everyFault);
  expect(await shrink(given, { promise: 'electionSafety', run })).toEqual({ scenario: given, result: null, runs: 1 });
});

test('it runs no more often than it may, and ends when told', async () => {
  const bounded = runner((scenario) => (has(scenario, 'wipe', 'pause', 'crash') ? broke('electionSafety', 9_000) : held));
  expect((await shrink(busyScenario(everyFault), { promise: 'electionSafety', run: bounded.run, runsMax: 12 })).runs).toBe(12);
  expect(bounded.runs()).toBe(12);
  const stop = new AbortController();
  const { run, runs } = runner(() => { if (runs() === 4) stop.abort(); return broke('electionSafety', 9_000); });
  await shrink(busyScenario(everyFault), { promise: 'electionSafety', run, signal: stop.signal });
  expect(runs()).toBe(4);
});

test('an error of the simulation itself while shrinking counts as another failure', async () => {
  const run = (scenario: Scenario): Promise<RunResult> => (scenario.faults.length === 0 ? Promise.reject(new Error('cannot simulate this')) : Promise.resolve(broke('electionSafety', 100)));
  const { scenario, result } = await shrink(busyScenario(everyFault), { promise: 'electionSafety', run });
  expect(scenario.faults).toHaveLength(1);
  expect(result?.failure?.promise).toBe('electionSafety');
});
