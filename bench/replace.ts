import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DevMesh, freePorts, layout, saveContext } from '@raft-mesh/cli';
import { auditAcknowledgements, createOperatorClient, fetchManagerStatus, initManager, meshStatus } from '@raft-mesh/mesh-node';
import type { ManagerId } from '@raft-mesh/protocol';
import type { LoadReport } from './replace-load.ts';
import { percentile, rounded } from './support/percentile.ts';

export const targetMs = 300;
const loadProgram = fileURLToPath(new URL('./replace-load.ts', import.meta.url));

/** What happened to the managers, at which moment of the wall clock. */
interface Step { readonly atMs: number; readonly what: string }

/**
 * One run: three manager processes with real flushes under a write every 5 ms from another process; each manager is replaced by a new one, leadership
 * handed over on the way. Gives the longest gap between two acknowledgements and what was going on in it, and whether anything acknowledged is missing.
 */
export async function benchReplace(): Promise<Record<string, unknown>> {
  const directory = await mkdtemp(join(tmpdir(), 'raft-mesh-replace-'));
  const mesh = await DevMesh.start({ directory, app: '@raft-mesh/mafia', managers: 3, bots: 0, port: 0, host: '127.0.0.1', restartDelayMs: 60_000, note: () => {} });
  const steps: Step[] = [];
  const note = (what: string): void => { steps.push({ atMs: Date.now(), what }); };
  let load: ChildProcess | null = null;
  try {
    const workerDirectory = join(directory, 'load');
    load = fork(loadProgram, [workerDirectory], { execArgv: ['--import', 'tsx', '--conditions=@raft-mesh/source'] });
    load.send({ join: await mesh.adminJoin('load') });
    await message(load, 'running');
    await pause(1_000);
    const transfersTookMs: number[] = [];
    for (const { id } of mesh.description.managers.slice()) transfersTookMs.push(...await replace(mesh, id, note));
    await pause(1_000);
    load.send({ stop: true });
    const report = await message(load, 'report') as LoadReport;
    const managers = mesh.description.managers.map(({ id }) => id);
    await mesh.stop();
    const audit = await auditAcknowledgements({ directories: managers.map((id) => layout.manager(directory, id)), workerDirectories: [workerDirectory], app: '@raft-mesh/mafia' });
    const firstStepMs = steps[0]?.atMs ?? Infinity;
    const undisturbed = report.gaps.filter(({ fromMs }) => fromMs < firstStepMs);
    const longer = report.gaps.toSorted((a, b) => b.gapMs - a.gapMs).slice(0, 5).map(({ gapMs, fromMs }) => ({ gapMs: rounded(gapMs, 1), during: duringGap(steps, fromMs, gapMs) }));
    return {
      bench: 'replaceAll', managers: managers.join(' '), offeredEveryMs: 5, fsync: true, offered: report.offered, acknowledged: report.acknowledged, notCommitted: report.notCommitted,
      missingInRead: report.missing, commandsLost: audit.commandsLost, commandsNotVerifiable: audit.commandsNotVerifiable, replicasIdentical: audit.replicasIdentical,
      longestGapMs: rounded(report.longestGapMs, 1), p99LatencyMs: rounded(report.p99LatencyMs, 1), transfersTookMs, longestGapBeforeMs: rounded(Math.max(0, ...undisturbed.map(({ gapMs }) => gapMs)), 1), longestGaps: longer,
    };
  } finally {
    load?.kill('SIGKILL');
    await mesh.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

export function summary(runs: readonly Record<string, unknown>[]): Record<string, unknown> {
  const longest = runs.map((run) => Number(run['longestGapMs']));
  const median = percentile(longest, 0.5);
  return {
    bench: 'replaceAllSummary', runs: runs.length, targetMs, medianLongestGapMs: median, longestGapsMs: longest, over: longest.filter((gap) => gap > targetMs).length,
    nothingLost: runs.every((run) => run['commandsLost'] === 0 && run['missingInRead'] === 0 && run['replicasIdentical'] === true), holds: median <= targetMs,
  };
}

/** Joins a new manager, waits until it votes, hands leadership over when the old one has it, and takes the old one out. */
async function replace(mesh: DevMesh, old: ManagerId, note: (what: string) => void): Promise<readonly number[]> {
  const { client, directory } = mesh;
  const { mesh: name } = mesh.description;
  const token = await mesh.operateToken();
  const operator = (): ReturnType<typeof createOperatorClient> => createOperatorClient({ mesh: name, managerUrls: mesh.description.managers.map(({ url }) => url), token });
  const [port = 0] = await freePorts(1);
  const { manager } = valueOf(await client.registerManager(name, { url: `http://127.0.0.1:${port}` }));
  const adminKeyFile = layout.adminKey(directory);
  await initManager({ directory: layout.manager(directory, manager.id), controlPlane: mesh.controlPlaneUrl, mesh: name, manager: manager.id, adminKeyFile });
  note(`${manager.id} is added`);
  valueOf(await operator().changeMembership({ change: 'join', id: manager.id, managerIncarnation: manager.managerIncarnation, url: manager.url }));
  const remember = async (): Promise<void> => saveContext(directory, { controlPlane: mesh.controlPlaneUrl, adminKeyFile, mesh: valueOf(await client.mesh(name)), operateToken: token });
  await remember();
  for (;;) {
    const own = await fetchManagerStatus(manager.url, name, token);
    if (own.ok && own.value.managers.some(({ id, membership }) => id === manager.id && membership === 'voter')) break;
    await pause(20);
  }
  note(`${manager.id} votes`);
  const took: number[] = [];
  if ((await meshStatus({ mesh: name, managers: mesh.description.managers, token })).leader === old) {
    note(`${old} hands over to ${manager.id}`);
    const { tookMs } = valueOf(await operator().transferLeadership(manager.id));
    took.push(tookMs);
  }
  note(`${old} is removed`);
  valueOf(await operator().changeMembership({ change: 'remove', id: old }));
  note(`${old} has left`);
  valueOf(await client.forgetManager(name, old, mesh.description.managers.find(({ id }) => id === old)?.managerIncarnation ?? 1));
  await remember();
  await pause(1_000);
  return took;
}

/** The steps that a gap lies in or right after. */
function duringGap(steps: readonly Step[], fromMs: number, gapMs: number): string {
  const before = steps.filter(({ atMs }) => atMs <= fromMs).at(-1);
  const within = steps.filter(({ atMs }) => atMs > fromMs && atMs <= fromMs + gapMs);
  return [...(before === undefined ? [] : [`${Math.round(fromMs - before.atMs)} ms after: ${before.what}`]), ...within.map(({ what, atMs }) => `${what} (${Math.round(atMs - fromMs)} ms into it)`)].join('; ') || 'before the first step';
}

function message(child: ChildProcess, type: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.on('message', (value: { readonly type?: string }) => { if (value.type === type) resolve(value); });
    child.once('exit', (code) => reject(new Error(`the load process ended with ${String(code)}`)));
  });
}

function valueOf<Value>(result: { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly problem: { readonly detail: string; readonly code: string } }): Value {
  if (!result.ok) throw new Error(`${result.problem.code}: ${result.problem.detail}`);
  return result.value;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });
