import type { Scenario } from '../scenario/scenario.ts';
import type { RunResult } from './run-result.ts';

/** Runs one scenario to its end; rejects only when the simulation itself is broken. */
export type RunScenario = (scenario: Scenario) => Promise<RunResult>;

export interface SeedRun {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly result: RunResult;
  /** How long it took, in ms of real time. */
  readonly wallMs: number;
}

export interface RunSeedsOptions {
  readonly seeds: Iterable<number>;
  readonly scenarioOf: (seed: number) => Scenario;
  readonly run: RunScenario;
  /** Called when a seed has run, before the next one begins. */
  readonly onRun: (run: SeedRun) => void;
  /** Ends after the seed that is running. */
  readonly signal?: AbortSignal;
}

/** Runs seeds one after another. A seed that fails does not hold up the others. */
export async function runSeeds({ seeds, scenarioOf, run, onRun, signal }: RunSeedsOptions): Promise<void> {
  for (const seed of seeds) {
    if (signal?.aborted === true) return;
    onRun(await runSeed(seed, scenarioOf, run));
    // A run may not once let the platform have its turn: signals and messages are heard between two of them.
    await new Promise((resolve) => { setImmediate(resolve); });
  }
}

/** Runs one seed. An error that the run did not expect is a failure like any other, of the promise `runs`. */
export async function runSeed(seed: number, scenarioOf: (seed: number) => Scenario, run: RunScenario): Promise<SeedRun> {
  const scenario = scenarioOf(seed);
  const startMs = performance.now();
  const result = await run(scenario).catch(brokenRun);
  return { seed, scenario, result, wallMs: performance.now() - startMs };
}

function brokenRun(error: unknown): RunResult {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { failure: { promise: 'runs', message, atMs: 0 }, events: 0, operations: 0, simulatedMs: 0, faults: {}, traceHash: '' };
}
