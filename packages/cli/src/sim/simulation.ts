import { createManagerDirectory, loadApp, openManagerStore, type App } from '@raft-mesh/mesh-node';
import type { RunResult, Scenario, StartPlayer } from '@raft-mesh/simulator';
import { appExport } from '../app-entries.ts';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';

/** The name that stands for no app: clients read and write documents alone. */
export const noApp = 'none';

/** What `mesh sim` runs: the simulator, with the app and its bots put in. */
export interface Simulation {
  readonly scenarioOf: (seed: number) => Scenario;
  readonly run: (scenario: Scenario) => Promise<RunResult>;
}

type RunBot = (options: Parameters<StartPlayer>[0] & { readonly thinkMs: { readonly least: number; readonly most: number } }) => Promise<void>;
type KeepPlaying = (options: Omit<Parameters<StartPlayer>[0], 'seed'>) => void;

/** Bots need no time to read; drawn from this range, so that their moves fall together now and then. */
const thinkMs = { least: 5, most: 300 };

/** Loads the simulator (only now: nothing else of the command line needs it), and the app by its name. */
export async function loadSimulation(appName: string): Promise<Simulation> {
  const { drawScenario, runScenario } = await import('@raft-mesh/simulator');
  const app = appName === noApp ? documentsOnly : await appNamed(appName);
  const startPlayer = appName === noApp ? null : await playerOf(appName);
  return {
    scenarioOf: (seed) => drawScenario(seed),
    run: (scenario) => runScenario(scenario, { app, storeOnFiles: { createManagerDirectory, openManagerStore }, ...(startPlayer === null ? {} : { startPlayer }) }),
  };
}

const documentsOnly: App = { name: 'documents-only', version: 1, modules: [] };

async function appNamed(name: string): Promise<App> {
  const loaded = await loadApp(name);
  if (!loaded.ok) throw new CliError(loaded.problem.code, exitCodes.notFound, loaded.problem.detail, `${loaded.problem.next} Or none: mesh sim run --app ${noApp}`);
  return loaded.value;
}

/** The app's bot, and with it what begins its games; `null` when the app has no bots. */
async function playerOf(app: string): Promise<StartPlayer | null> {
  const [run, keep] = [await appExport(app, 'bots', 'runBot'), await appExport(app, 'bots', 'keepPlaying')];
  if (typeof run !== 'function') return null;
  const [runBot, keepPlaying] = [run as RunBot, typeof keep === 'function' ? (keep as KeepPlaying) : null];
  return (options) => {
    keepPlaying?.(options);
    // What a bot throws is an error that nobody expected: it ends the run.
    void runBot({ ...options, thinkMs });
  };
}
