import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { fetchManagerStatus, initManager, isDirectoryLocked, lockDirectory, managerFiles, meshStatus, readManagerIdentity } from '@raft-mesh/mesh-node';
import type { ManagerDescription, ManagerId, ManagerStatus, MeshDescription } from '@raft-mesh/protocol';
import { CliError } from '../cli-error.ts';
import { outputOf, withCommonOptions } from '../command-options.ts';
import { valueOf } from '../control-plane-client.ts';
import { isDevRunning } from '../dev/dev-lock.ts';
import { freePorts, isFree } from '../dev/free-port.ts';
import { layout } from '../dev/layout.ts';
import { exitCodes } from '../exit-codes.ts';
import { meshAccess, rememberMesh, withAccessOptions, type AccessOptions, type MeshAccess } from '../mesh-access.ts';
import type { Output } from '../output.ts';
import { runManager } from '../run-manager.ts';
import { noSuchManager } from './membership.ts';

interface JoinOptions extends AccessOptions { readonly url?: string; readonly managerDir?: string; readonly start?: boolean; readonly wait?: boolean; readonly waitMs: number; readonly rebuild?: boolean; readonly host: string; readonly logLevel: string }
interface Joined { readonly manager: ManagerDescription; readonly mesh: MeshDescription; readonly directory: string }

const lookIntervalMs = 100;

/** Adds `join` to `mesh manager`. */
export function addJoin(manager: Command): void {
  withAccessOptions(withCommonOptions(manager.command('join [id]')))
    .description('add a manager to the mesh, live: a new one, or one whose disk is gone. It starts as a learner and votes once it has caught up')
    .option('--url <url>', 'where others will reach it (default: this machine, a free port)')
    .option('--manager-dir <dir>', 'where it will keep its log, snapshots and key (default: beside the other managers of this mesh dev)')
    .option('--start', 'run it here, until Ctrl-C (a running mesh dev does so by itself)')
    .option('--wait', 'wait until it votes (the default when a mesh dev runs it)')
    .option('--no-wait', 'return as soon as it is a learner')
    .option('--rebuild', 'for a manager whose log or snapshot is damaged: set its directory aside and bring it back empty, as a new incarnation')
    .option('--wait-ms <ms>', 'how long to wait', Number, 60_000)
    .option('--host <address>', 'with --start: address to listen at', '127.0.0.1')
    .option('--log-level <level>', 'with --start: debug, info, warn or error', 'info')
    .action(async (id: string | undefined, options: JoinOptions) => {
      if (id !== undefined && !/^[a-z0-9-]{1,32}$/.test(id)) throw new CliError('badName', exitCodes.usage, `"${id}" cannot be a manager's name: 1 to 32 of a-z, 0-9 and -.`, 'mesh manager join   (chooses a name)');
      const output = outputOf(options);
      const access = await meshAccess(options);
      const startedAtMs = Date.now();
      const joined = await joinMesh(access, id, options, output);
      const devRuns = access.directory !== null && await isDevRunning(access.directory) && joined.directory === layout.manager(access.directory, joined.manager.id);
      const waits = options.start !== true && (options.wait ?? devRuns);
      const role = waits ? await untilVoter(access, joined, options.waitMs, output) : 'learner';
      output.print(described(joined, role, Date.now() - startedAtMs, devRuns, options.start === true));
      if (options.start === true) await runManager({ dataDir: joined.directory, host: options.host, logLevel: options.logLevel, json: options.json === true });
    });
}

/** First the control plane knows it, then it has its directory, then the mesh takes it in; each step can be done again. */
async function joinMesh(access: MeshAccess, id: string | undefined, options: JoinOptions, output: Output): Promise<Joined> {
  const { mesh, client, operator, controlPlane, adminKeyFile } = access;
  const known = mesh.managers.find((manager) => manager.id === id);
  if (options.rebuild === true) await refuseRebuild(access, id, known, options);
  const begun = known === undefined || options.rebuild === true ? null : await begunJoin(access, known, options);
  const registered = begun ?? await register(access, id, known, options);
  const { manager } = registered;
  const directory = managerDirectory(access, manager.id, options);
  if (begun === null) {
    await setAside(directory, output);
    await initManager({ directory, controlPlane, mesh: mesh.mesh, manager: manager.id, adminKeyFile });
    output.note(`${manager.id} (incarnation ${manager.managerIncarnation}) has its data directory: ${directory}`);
  }
  const { index } = valueOf(await operator.changeMembership({ change: 'join', id: manager.id, managerIncarnation: manager.managerIncarnation, url: manager.url }));
  output.note(`The mesh has taken ${manager.id} in (log index ${index}).`);
  const after = valueOf(await client.mesh(mesh.mesh));
  await rememberMesh(access, after);
  return { manager, mesh: after, directory };
}

/** One that is in, or on its way, with its disk here: nothing has to be made anew. */
async function begunJoin(access: MeshAccess, known: ManagerDescription, options: JoinOptions): Promise<{ readonly manager: ManagerDescription } | null> {
  const directory = managerDirectory(access, known.id, options);
  const identity = await readManagerIdentity(directory);
  return known.publicKey !== null && identity?.incarnation === access.mesh.incarnation && identity.managerIncarnation === known.managerIncarnation ? { manager: known } : null;
}

/** Only the store of a manager that is in the mesh is rebuilt, and not under the feet of its process. */
async function refuseRebuild(access: MeshAccess, id: string | undefined, known: ManagerDescription | undefined, options: JoinOptions): Promise<void> {
  if (id === undefined) throw new CliError('noManagerNamed', exitCodes.usage, 'Which manager is to be rebuilt is not said.', 'mesh manager join <id> --rebuild');
  if (known === undefined) throw noSuchManager(access, id);
  const store = join(managerDirectory(access, id, options), managerFiles.store);
  if (!existsSync(store)) return;
  try {
    await (await lockDirectory(store)).release();
  } catch (error) {
    if (!isDirectoryLocked(error)) throw error;
    throw new CliError('managerAlive', exitCodes.conflict, `A process uses ${store}: ${id} runs, so its log is not damaged.`, 'mesh status');
  }
}

async function register(access: MeshAccess, id: string | undefined, known: ManagerDescription | undefined, options: JoinOptions): Promise<{ readonly manager: ManagerDescription }> {
  const { mesh, client, operateToken } = access;
  if (known !== undefined && known.publicKey !== null) {
    const { managers } = await meshStatus({ mesh: mesh.mesh, managers: mesh.managers, token: operateToken });
    const alive = managers.find((manager) => manager.id === known.id && manager.role !== 'unreachable');
    if (alive !== undefined) {
      throw new CliError('managerAlive', exitCodes.conflict, `${known.id} runs at ${alive.url}${alive.pid === null ? '' : ` (pid ${alive.pid})`}: it is in the mesh, and its disk is not here.`, `mesh manager join   (another one), or first: mesh manager remove ${known.id}`);
    }
  }
  const url = options.url ?? known?.url ?? await ownUrl(mesh);
  return valueOf(await client.registerManager(mesh.mesh, { url, ...(id === undefined ? {} : { id: id as ManagerId }) }));
}

function managerDirectory({ directory }: MeshAccess, id: string, options: JoinOptions): string {
  if (options.managerDir !== undefined) return resolve(options.managerDir);
  if (directory === null) throw new CliError('noManagerDirectory', exitCodes.usage, 'Where the new manager is to keep its data is not said.', 'add --manager-dir <dir>');
  return layout.manager(directory, id);
}

/** What is left of an earlier incarnation is kept, for people to look at. */
async function setAside(directory: string, output: Output): Promise<void> {
  if (!existsSync(directory)) return;
  const aside = `${directory}.incarnation-${(await readManagerIdentity(directory))?.managerIncarnation ?? 'unknown'}-${Date.now()}`;
  await rename(directory, aside);
  output.note(`What an earlier incarnation left is kept in ${aside}`);
}

/** Beside the others of this mesh: the same host, the next port that is free. */
async function ownUrl({ managers }: MeshDescription): Promise<string> {
  const urls = managers.map(({ url }) => new URL(url));
  const [first] = urls;
  if (first === undefined) throw new CliError('noUrl', exitCodes.usage, 'Where others will reach the new manager is not said.', 'add --url http://<address>:<port>');
  const next = Math.max(...urls.filter(({ hostname }) => hostname === first.hostname).map(({ port }) => Number(port))) + 1;
  const port = next <= 65_535 && await isFree(next, '127.0.0.1') ? next : (await freePorts(1))[0];
  return `${first.protocol}//${first.hostname}:${port ?? next}`;
}

async function untilVoter(access: MeshAccess, { manager, mesh }: Joined, waitMs: number, output: Output): Promise<'voter'> {
  const endsAtMs = Date.now() + waitMs;
  let told = '';
  while (Date.now() < endsAtMs) {
    const answers = await Promise.all(mesh.managers.map(({ url }) => fetchManagerStatus(url, mesh.mesh, access.operateToken, 2_000)));
    const statuses = answers.flatMap((answer) => (answer.ok ? answer.value : []));
    const leader = statuses.find(({ role }) => role === 'leader');
    const own = statuses.find(({ id }) => id === manager.id);
    const row = leader?.managers.find(({ id, managerIncarnation }) => id === manager.id && managerIncarnation === manager.managerIncarnation);
    // It may have been one for long, and not run any more.
    if (row?.membership === 'voter' && own?.managerIncarnation === manager.managerIncarnation) return 'voter';
    const progress = progressOf(manager.id, leader, own);
    if (progress !== told) output.note(progress);
    told = progress;
    await new Promise((done) => setTimeout(done, lookIntervalMs));
  }
  throw new CliError('timedOut', exitCodes.timedOut, `${manager.id} is in the mesh, but does not vote after ${waitMs / 1000} s. ${told} It becomes a voter by itself once it has caught up.`, `mesh status   (does it run? mesh manager start --data-dir …)`);
}

function progressOf(id: string, leader: ManagerStatus | undefined, own: ManagerStatus | undefined): string {
  if (own === undefined) return `${id} does not answer yet.`;
  return leader === undefined ? 'No leader answers.' : `${id} learns: ${own.appliedIndex} of ${leader.lastIndex} entries.`;
}

function described({ manager, mesh, directory }: Joined, role: 'voter' | 'learner', tookMs: number, devRuns: boolean, starts: boolean): { readonly json: unknown; readonly text: string } {
  const { id, managerIncarnation, url } = manager;
  const next = role === 'voter' ? 'mesh status' : starts ? 'it starts now; mesh status shows when it votes' : devRuns ? 'mesh status   (mesh dev starts it; it votes once it has caught up)' : `mesh manager start --data-dir ${directory}   (it votes once it has caught up)`;
  return {
    json: { joined: id, managerIncarnation, url, role, directory, tookMs },
    text: `${id} (incarnation ${managerIncarnation}) is a ${role} of mesh ${mesh.mesh} at ${url}.\nNext: ${next}`,
  };
}
