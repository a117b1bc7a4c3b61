import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Scenario, SeedFailure } from '@raft-mesh/simulator';
import type { Simulation } from './simulation.ts';

export interface KeepFailureOptions {
  readonly simulation: Simulation;
  readonly app: string;
  /** Where scenarios are written. */
  readonly directory: string;
  readonly shrinks: boolean;
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Makes the failing scenario small (when asked), writes it, and says how it failed and which command replays it. Gives the scenario written. */
export async function keepFailure(failure: SeedFailure, { simulation, app, directory, shrinks, note, signal }: KeepFailureOptions): Promise<Scenario> {
  const { shrink, writeScenario } = await import('@raft-mesh/simulator');
  note(`seed ${failure.seed} broke ${failure.promise} after ${Math.round(failure.atMs)} ms (commit ${failure.commit ?? 'unknown'}): ${failure.message}`);
  let scenario = failure.scenario;
  if (shrinks) {
    const shrunk = await shrink(scenario, { promise: failure.promise, run: simulation.run, onStep: (step) => note(`  shrinking: ${step}`), signal });
    if (shrunk.result === null) note('  It did not fail again when it was run once more: this run does not repeat exactly.');
    else note(`  shrunk in ${shrunk.runs} runs; it now says after ${Math.round(shrunk.result.failure?.atMs ?? 0)} ms: ${shrunk.result.failure?.message ?? ''}`);
    scenario = shrunk.scenario;
  }
  const file = join(directory, `seed-${failure.seed}.json`);
  await mkdir(directory, { recursive: true });
  await writeFile(file, writeScenario(scenario));
  note(`  scenario: ${relative('.', file)}\n  replay:   mesh sim run --app ${app} --scenario ${relative('.', file)}\n  as drawn: mesh sim run --app ${app} --seed ${failure.seed}`);
  return scenario;
}
