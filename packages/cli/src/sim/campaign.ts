import type { Report, SeedFailure, Tally } from '@raft-mesh/simulator';
import { commitOfThisCode } from './commit.ts';
import { keepFailure } from './failures.ts';
import { runInPool, type ChildRun } from './pool.ts';
import { startProgressBar } from './progress-bar.ts';
import { loadProgress, saveProgress, type Progress } from './resume-file.ts';
import { loadSimulation } from './simulation.ts';

export interface CampaignOptions {
  readonly app: string;
  readonly from: number;
  readonly seeds: number;
  /** 1: in this process. */
  readonly workers: number;
  /** Where progress is kept; `null`: nowhere. */
  readonly resume: string | null;
  readonly shrinks: boolean;
  /** Where scenarios that fail are written. */
  readonly directory: string;
  readonly timeLimitMs: number | null;
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
}

/** So many failures are made small and written; whoever has more has seen enough. */
const keptFailuresMax = 5;
const saveEveryMs = 2_000;

/** Runs many seeds, here or in child processes, going on from what an earlier run has done. Gives what all of them came to. */
export async function runCampaign(options: CampaignOptions): Promise<Report> {
  const { app, from, seeds, workers, resume, note, signal } = options;
  const { emptyTally, reportOf, runSeeds, SeedRanges, speedOf, withRun, withScenario } = await import('@raft-mesh/simulator');
  const simulation = await loadSimulation(app);
  const commit = await commitOfThisCode();
  const before = resume === null ? null : await loadProgress(resume, app);
  const done = new SeedRanges(before?.done ?? []);
  let tally: Tally = before?.tally ?? emptyTally;
  let wallMs = before?.wallMs ?? 0;
  const failures: SeedFailure[] = [];
  const commits = [...new Set([...(before?.commits ?? []), commit ?? 'unknown'])];
  if (commits.length > 1) note(`${String(resume)} holds seeds that other code ran: ${commits.slice(0, -1).join(', ')}.`);

  const ending = new AbortController();
  signal.addEventListener('abort', () => ending.abort(), { once: true });
  const limit = options.timeLimitMs === null ? undefined : setTimeout(() => { note('The time limit is reached.'); ending.abort(); }, options.timeLimitMs);

  // One save at a time, each of what is known when it begins.
  let saving: Promise<void> = Promise.resolve();
  let savedAtMs = performance.now();
  const save = (): Promise<void> => {
    if (resume === null) return Promise.resolve();
    savedAtMs = performance.now();
    const progress: Progress = { app, commits, done: done.ranges, tally, wallMs };
    saving = saving.then(() => saveProgress(resume, progress));
    return saving;
  };

  const missing = done.missing(from, seeds);
  const bar = await startProgressBar(seeds, seeds - countOf(done.missing(from, seeds)));
  let ranHere = 0;
  const had = seeds - countOf(done.missing(from, seeds));
  const onRun = ({ seed, result, wallMs: tookMs }: ChildRun): void => {
    const failure: SeedFailure | null = result.failure === null ? null : { seed, ...result.failure, commit, traceHash: result.traceHash, scenario: simulation.scenarioOf(seed) };
    if (failure !== null) failures.push(failure);
    tally = withRun(tally, result, failure);
    wallMs += tookMs;
    done.add(seed);
    ranHere += 1;
    bar.update({ seeds: had + ranHere, failures: tally.failures.length, speed: speedOf(reportOf(tally, wallMs)) });
    if (performance.now() - savedAtMs > saveEveryMs) void save();
  };
  try {
    if (workers === 1) await runSeeds({ seeds: missing, scenarioOf: simulation.scenarioOf, run: simulation.run, onRun, signal: ending.signal });
    else await runInPool({ workers, app, seeds: missing, onRun, signal: ending.signal });
  } finally {
    clearTimeout(limit);
    bar.stop();
    await save();
  }
  for (const failure of failures.slice(0, keptFailuresMax)) {
    const scenario = await keepFailure(failure, { simulation, app, directory: options.directory, shrinks: options.shrinks && !signal.aborted, note, signal });
    tally = withScenario(tally, failure.seed, scenario);
    await save();
  }
  if (failures.length > keptFailuresMax) note(`${failures.length - keptFailuresMax} more seeds failed: ${failures.slice(keptFailuresMax, keptFailuresMax + 20).map(({ seed, promise }) => `${seed} (${promise})`).join(', ')}`);
  return reportOf(tally, wallMs);
}

function countOf(seeds: Iterable<number>): number {
  let count = 0;
  for (const _ of seeds) count += 1;
  return count;
}
