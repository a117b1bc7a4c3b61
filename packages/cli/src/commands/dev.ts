import { resolve } from 'node:path';
import type { Command } from 'commander';
import { isDirectoryLocked, type JsonValue, type Worker } from '@raft-mesh/mesh-node';
import { appExport, appName } from '../app-entries.ts';
import { CliError } from '../cli-error.ts';
import { withWorker } from '../cli-worker.ts';
import { dataDirectory } from '../context.ts';
import { lockDev } from '../dev/dev-lock.ts';
import { DevMesh, removeDevMesh } from '../dev/dev-mesh.ts';
import { exitCodes } from '../exit-codes.ts';
import { Output } from '../output.ts';
import { whenNpmIsGone } from '../dev/npm-parent.ts';

interface DevOptions { readonly managers: number; readonly bots: number; readonly port: number; readonly host?: boolean; readonly dataDir?: string; readonly fresh?: boolean; readonly once?: boolean; readonly chaos?: boolean; readonly json?: boolean; readonly app?: string; readonly firestoreProject?: string; readonly signInProject?: string; readonly signInApiKey?: string }
interface GameResult { readonly json: unknown; readonly text: string }
type PlayOnce = (options: { readonly worker: Worker; readonly players: number }) => Promise<JsonValue>;

const restartDelayMs = 5_000;
/** Bots on this machine, those included that are sent when a table wants some. */
const botsMax = 30;

export function addDev(program: Command): void {
  program.command('dev')
    .description('run a whole mesh here: control plane, managers and bots, each its own process')
    .option('--managers <n>', 'how many managers: 1, 3, 5 or 7', Number, 3)
    .option('--bots <n>', 'how many bots', Number, 6)
    .option('--port <port>', 'port of the page; managers take the next ones (0: any free ports)', Number, 7070)
    .option('--host', 'let others on the local network in')
    .option('--data-dir <dir>', 'where to keep everything (default .mesh)')
    .option('--app <name>', 'which app to run (default: mesh.config.json)')
    .option('--firestore-project <id>', 'let the control plane keep its state in Firestore (or its emulator: FIRESTORE_EMULATOR_HOST)')
    .option('--sign-in-project <id>', 'let players sign in with this Firebase project (or its emulator: FIREBASE_AUTH_EMULATOR_HOST), with --sign-in-api-key')
    .option('--sign-in-api-key <key>', 'the project\'s web API key, which is public')
    .option('--fresh', 'forget what is there and begin anew')
    .option('--chaos', 'let links and disks be broken: mesh chaos partition, slow, disk-full (what is not flushed dies with its process)')
    .option('--once', 'let the bots play one game, then end')
    .option('--json', 'print JSON, one value per line')
    .action(async (options: DevOptions) => { await dev(options); });
}

async function dev(options: DevOptions): Promise<void> {
  if (![1, 3, 5, 7].includes(options.managers)) throw new CliError('badManagers', exitCodes.usage, `${options.managers} managers: choose 1, 3, 5 or 7.`, 'mesh dev --managers 3');
  const { signInProject, signInApiKey } = options;
  if ((signInProject === undefined) !== (signInApiKey === undefined)) throw new CliError('signInIncomplete', exitCodes.usage, 'Signing in needs a project and its web API key.', 'add --sign-in-project <id> --sign-in-api-key <key>');
  const output = new Output(options.json === true);
  const directory = resolve(dataDirectory(options.dataDir));
  const interrupted = new Promise<null>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => done(null));
    whenNpmIsGone(() => done(null));
  });
  const lock = await lockDev(directory).catch((error: unknown) => {
    if (!isDirectoryLocked(error)) throw error;
    throw new CliError('alreadyRunning', exitCodes.conflict, `A mesh dev runs in ${directory} already.`, 'mesh status   (or another folder: mesh dev --data-dir other --port 7170)');
  });
  if (options.fresh === true) await removeDevMesh(directory);
  const startedAtMs = Date.now();
  output.note(`Starting a control plane, ${options.managers} managers and ${options.bots} bots…`);
  const mesh = await DevMesh.start({
    directory, app: appName(options.app), managers: options.managers, bots: options.bots, port: options.port,
    host: options.host === true ? '0.0.0.0' : '127.0.0.1', restartDelayMs, botsOffered: options.once === true ? 0 : Math.max(0, botsMax - options.bots), chaos: options.chaos === true, note: (text) => output.note(text),
    ...(options.firestoreProject === undefined ? {} : { firestoreProject: options.firestoreProject }),
    ...(signInProject === undefined || signInApiKey === undefined ? {} : { signIn: { projectId: signInProject, apiKey: signInApiKey } }),
  });
  let result: GameResult | null;
  try {
    const link = await mesh.invitation();
    const managers = mesh.description.managers.map(({ id, url }) => ({ id, url, pid: mesh.pidOf(id) }));
    output.print({
      json: { ready: true, link, ...(mesh.signInLink === null ? {} : { signInLink: mesh.signInLink }), mesh: mesh.description.mesh, controlPlane: mesh.controlPlaneUrl, managers, startedInMs: Date.now() - startedAtMs },
      text: `\n  Open this link to play:\n\n    ${link}\n\n${mesh.signInLink === null ? '' : `  Or sign in, and come back to the same seat from anywhere:\n\n    ${mesh.signInLink}\n\n`}  Mesh ${mesh.description.mesh}: managers ${managers.map(({ id, url }) => `${id} ${url}`).join(', ')}\n  Up in ${((Date.now() - startedAtMs) / 1000).toFixed(1)} s. Try: mesh status · mesh chaos kill-leader · Ctrl-C ends everything.\n`,
    });
    result = options.once === true ? await Promise.race([playOnce(mesh, directory, options.bots), interrupted]) : await interrupted;
    if (result !== null) output.print(result);
  } finally {
    output.note('Ending…');
    await mesh.stop();
    await lock.release();
  }
  process.exit(result === null ? exitCodes.interrupted : exitCodes.ok);
}

async function playOnce(mesh: DevMesh, directory: string, players: number): Promise<GameResult> {
  const play = await appExport(mesh.description.app, 'bots', 'playOnce');
  if (typeof play !== 'function') throw new CliError('noGame', exitCodes.usage, `The app ${mesh.description.app} cannot play a game by itself.`, 'mesh dev   (without --once)');
  const result = await withWorker(directory, (worker) => (play as PlayOnce)({ worker, players }));
  return { json: result, text: `The game is over: ${JSON.stringify(result)}` };
}
