import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { configuredAppName } from '@raft-mesh/mesh-node';
import type { Report, Scenario, SeedFailure } from '@raft-mesh/simulator';
import { CliError } from '../cli-error.ts';
import { directoryOf, outputOf, withCommonOptions, type CommonOptions } from '../command-options.ts';
import { exitCodes } from '../exit-codes.ts';
import { commitOfThisCode } from '../sim/commit.ts';
import { keepFailure } from '../sim/failures.ts';
import { workForParent } from '../sim/pool.ts';
import { loadSimulation, noApp } from '../sim/simulation.ts';

interface RunOptions extends CommonOptions {
  readonly seeds?: number; readonly from?: number; readonly seed?: number; readonly app?: string; readonly scenario?: string;
  readonly resume?: string; readonly workers?: number; readonly shrink: boolean; readonly out?: string; readonly timeLimitMinutes?: number;
}

export function addSim(program: Command): void {
  const sim = program.command('sim').description('run whole clusters in one thread on simulated time, and try to break their promises');
  withCommonOptions(sim.command('run'))
    .description('run one seed, one scenario file, or very many seeds')
    .option('--seed <seed>', 'run this seed alone, and print the hash of all that happened', whole('--seed', 0))
    .option('--scenario <file>', 'run the scenario in this file, as a failure leaves one')
    .option('--seeds <n>', 'how many seeds (default 100)', whole('--seeds', 1))
    .option('--from <seed>', 'the first of them (default 1)', whole('--from', 0))
    .option('--workers <n>', 'processes that share the seeds (default 1: this one)', whole('--workers', 1, 64))
    .option('--resume <file>', 'keep what is done in this file, and go on from it')
    .option('--time-limit-minutes <m>', 'begin no seed after so long', positive('--time-limit-minutes'))
    .option('--app <app>', `whose bots play beside the clients of documents; ${noApp} for documents alone (default: the app of mesh.config.json)`)
    .option('--out <dir>', 'where scenarios that fail are written (default sim in the data directory)')
    .option('--no-shrink', 'leave failing scenarios as they were drawn')
    .addHelpText('after', '\nExamples:\n  mesh sim run --seeds 1000 --from 1 --json\n  mesh sim run --seed 42\n  mesh sim run --scenario .mesh/sim/seed-42.json\n  mesh sim run --seeds 100000 --workers 2 --resume progress.json\n\nExit codes: 0 all promises held, 8 one was broken, 130 interrupted')
    .action(run);
  sim.command('work', { hidden: true }).requiredOption('--app <app>').action(async ({ app }: { readonly app: string }) => {
    const simulation = await loadSimulation(app);
    const { runSeed } = await import('@raft-mesh/simulator');
    await workForParent(async (seed) => {
      const { result, wallMs } = await runSeed(seed, simulation.scenarioOf, simulation.run);
      return { seed, result, wallMs };
    });
  });
}

async function run(options: RunOptions): Promise<void> {
  const single = options.seed !== undefined || options.scenario !== undefined;
  if (options.seed !== undefined && options.scenario !== undefined) throw usage('Either --seed or --scenario: a scenario file holds its seed.');
  if (single && (options.seeds !== undefined || options.from !== undefined || options.workers !== undefined || options.resume !== undefined)) throw usage('--seed and --scenario run once; --seeds, --from, --workers and --resume are for many.');
  const app = options.app ?? configuredAppName() ?? noApp;
  const interrupt = new AbortController();
  process.on('SIGINT', () => {
    if (interrupt.signal.aborted) process.exit(exitCodes.interrupted);
    interrupt.abort();
  });
  const failed = single ? await runOnce(options, app, interrupt.signal) : await runMany(options, app, interrupt.signal);
  if (failed) process.exitCode = exitCodes.verificationFailed;
  if (interrupt.signal.aborted) process.exitCode = exitCodes.interrupted;
}

async function runOnce(options: RunOptions, app: string, signal: AbortSignal): Promise<boolean> {
  const simulation = await loadSimulation(app);
  const { emptyTally, reportOf, runSeed, speedOf, withRun } = await import('@raft-mesh/simulator');
  const scenario = options.scenario === undefined ? simulation.scenarioOf(options.seed ?? 1) : await scenarioIn(options.scenario);
  const { seed } = scenario;
  const { result, wallMs } = await runSeed(seed, () => scenario, simulation.run);
  const output = outputOf(options);
  let failure: SeedFailure | null = result.failure === null ? null : { seed, ...result.failure, commit: await commitOfThisCode(), traceHash: result.traceHash, scenario };
  if (failure !== null) failure = { ...failure, scenario: await keepFailure(failure, { simulation, app, directory: outputDirectory(options), shrinks: options.shrink && options.scenario === undefined, note: (text) => output.note(text), signal }) };
  const report = reportOf(withRun(emptyTally, result, failure), wallMs);
  output.print({ json: { seed, traceHash: result.traceHash, ...report }, text: `seed ${seed}: ${failure === null ? 'every promise held' : `broke ${failure.promise}`}\ntrace hash ${result.traceHash}\n${figures(report, speedOf(report))}` });
  return failure !== null;
}

async function runMany(options: RunOptions, app: string, signal: AbortSignal): Promise<boolean> {
  const { from = 1, seeds = 100, workers = 1, resume = null } = options;
  const output = outputOf(options);
  const [{ speedOf }, { runCampaign }] = [await import('@raft-mesh/simulator'), await import('../sim/campaign.ts')];
  const report = await runCampaign({
    app, from, seeds, workers, resume, signal, shrinks: options.shrink, directory: outputDirectory(options),
    timeLimitMs: options.timeLimitMinutes === undefined ? null : options.timeLimitMinutes * 60_000, note: (text) => output.note(text),
  });
  const speed = speedOf(report);
  if (output.json) output.note(`${speed} × real time on one core`);
  const failures = report.failures.map(({ seed, promise }) => `seed ${seed} broke ${promise}`);
  output.print({ json: report, text: [`${report.seeds} seeds: ${failures.length === 0 ? 'every promise held' : `${failures.length} failed`}`, ...failures, figures(report, speed)].join('\n') });
  return failures.length > 0;
}

async function scenarioIn(file: string): Promise<Scenario> {
  const { readScenario } = await import('@raft-mesh/simulator');
  const text = await readFile(file, 'utf8').catch((error: unknown) => { throw new CliError('noScenario', exitCodes.notFound, `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, 'mesh sim run --seed 1   (draws a scenario)'); });
  const read = readScenario(text);
  if (!read.ok) throw new CliError('scenarioInvalid', exitCodes.usage, `${file} holds no scenario: ${read.problem}`, 'mesh sim run --seed 1   (draws a scenario)');
  return read.scenario;
}

function figures({ events, operations, simulatedSeconds, wallSeconds, faults }: Report, speed: number): string {
  const count = (value: number): string => String(Math.round(value)).replace(/\B(?=(?:\d{3})+$)/g, ',');
  const struck = Object.entries(faults).filter(([, times]) => times > 0).map(([kind, times]) => `${kind} ${count(times)}`);
  const never = Object.entries(faults).filter(([, times]) => times === 0).map(([kind]) => kind);
  return [
    `${count(events)} events, ${count(operations)} operations, ${count(simulatedSeconds)} s simulated in ${wallSeconds.toFixed(1)} s: ${speed} × real time`,
    `faults: ${struck.length === 0 ? 'none' : struck.join(', ')}`, ...(never.length === 0 ? [] : [`never: ${never.join(', ')}`]),
  ].join('\n');
}

const outputDirectory = (options: RunOptions): string => options.out ?? join(directoryOf(options), 'sim');

const usage = (message: string): CliError => new CliError('usage', exitCodes.usage, message, 'mesh sim run --help');

function whole(option: string, least: number, most: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least || value > most) throw usage(`${option} takes a whole number of at least ${least}${most === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${most}`}, not "${text}".`);
    return value;
  };
}

function positive(option: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isFinite(value) || value <= 0) throw usage(`${option} takes a number above 0, not "${text}".`);
    return value;
  };
}
