import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DevMesh, exitCodes, layout } from '@raft-mesh/cli';
import { auditAcknowledgements, connectWorker, fetchManagerStatus, type JsonValue, type Worker } from '@raft-mesh/mesh-node';
import type { ManagerStatus } from '@raft-mesh/protocol';
import { AvailabilityProbe } from './support/availability-probe.ts';

// npm run demo -- --json: a whole game among bots in which the leader is killed in the first night. Ends by itself;
// the last line says whether anything that was acknowledged got lost, checked against the bots' own files.

const bots = 8;
const gameOptions = { nightMs: 24_000, dayMs: 24_000 };
const gameEndsWithinMs = 150_000;
const json = process.argv.includes('--json');
const note = (text: string): void => { console.error(text); };

interface GameView { readonly phase: string; readonly round: number; readonly winner: string | null; readonly players: readonly JsonValue[]; readonly days: readonly JsonValue[] }

/** Waits until the game looks as asked. */
function until(worker: Worker, holds: (game: GameView) => boolean, timeoutMs = gameEndsWithinMs): Promise<GameView> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => { stop(); reject(new Error(`the game did not come that far within ${timeoutMs / 1000} s`)); }, timeoutMs);
    const stop = worker.watch('mafia', null, (view) => {
      const game = view.value as unknown as GameView;
      if (!holds(game)) return;
      clearTimeout(timer);
      queueMicrotask(() => stop());
      resolve(game);
    });
  });
}

/** Every manager's status, once all have applied the same. */
async function allEqual(mesh: DevMesh, token: string): Promise<readonly ManagerStatus[]> {
  for (;;) {
    const answers = await Promise.all(mesh.description.managers.map(({ url }) => fetchManagerStatus(url, mesh.description.mesh, token)));
    const statuses = answers.flatMap((answer) => (answer.ok ? [answer.value] : []));
    if (statuses.length === answers.length && new Set(statuses.map((status) => status.appliedIndex)).size === 1 && statuses.some((status) => status.role === 'leader')) return statuses;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function demo(directory: string): Promise<number> {
  note(`Starting 3 managers, a control plane and ${bots} bots…`);
  const mesh = await DevMesh.start({ directory, app: '@raft-mesh/mafia', managers: 3, bots, port: 0, host: '127.0.0.1', restartDelayMs: 60_000, note, botEnvironment: { MESH_BOT_THINK_MS: '50-400' } });
  try {
    const director = await connectWorker({ directory: join(directory, 'director'), transport: 'websocket', join: await mesh.adminJoin('director') });
    const prober = await connectWorker({ directory: join(directory, 'prober'), transport: 'websocket', join: await mesh.adminJoin('prober') });
    const token = await mesh.operateToken();

    await until(director, (game) => game.phase === 'lobby' && game.players.length === bots);
    const started = await director.send('mafia', 'start', { game: 1, phase: 'lobby', round: 0, options: gameOptions });
    if (started.status !== 'committed') throw new Error(`the game did not start: ${JSON.stringify(started)}`);
    const probe = new AvailabilityProbe(prober);
    await until(director, (game) => game.phase === 'night' && game.round === 1);
    note('Night 1. Killing the leader…');

    const before = await allEqualOrAny(mesh, token);
    const leader = before.find((status) => status.role === 'leader');
    if (leader === undefined) throw new Error('there was no leader to kill');
    const killedAtMs = performance.now();
    const outage = probe.outageFrom(killedAtMs);
    const pid = await mesh.kill(leader.id, { stayDown: true });
    const failoverMs = Math.round((await outage) * 10) / 10;
    note(`The leader ${leader.id} (pid ${pid}) is dead; the next command was acknowledged ${failoverMs} ms after the kill.`);

    await until(director, (game) => game.phase !== 'night' || game.round > 1);
    note(`Day 1. Starting ${leader.id} again…`);
    await mesh.startPart(leader.id);
    const game = await until(director, ({ phase }) => phase === 'ended');
    note(`The game is over: ${String(game.winner)} won after ${game.days.length} days.`);
    probe.stop();
    await director.close();
    await prober.close();

    const after = await allEqual(mesh, token);
    const newLeader = after.find((status) => status.role === 'leader')?.id ?? null;
    const digestsEqual = new Set(after.map((status) => `${status.appliedIndex} ${status.stateDigest}`)).size === 1;
    note('Stopping the mesh, and checking every acknowledgement in the bots\' files against every manager\'s log…');
    await mesh.stop();

    const audit = await auditAcknowledgements({
      app: '@raft-mesh/mafia',
      directories: mesh.description.managers.map(({ id }) => layout.manager(directory, id)),
      workerDirectories: [...(await readdir(join(directory, 'bots'))).map((name) => layout.bot(directory, name)), join(directory, 'director'), join(directory, 'prober')],
    });
    const result = {
      winner: game.winner, players: game.players.length, days: game.days.length, leaderKilled: { id: leader.id, pid }, newLeader, failoverMs,
      commandsAcknowledged: audit.commandsAcknowledged, commandsLost: audit.commandsLost, replicasIdentical: audit.replicasIdentical && digestsEqual,
    };
    console.log(json ? JSON.stringify(result) : Object.entries(result).map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join('\n'));
    return result.commandsLost === 0 && result.replicasIdentical ? exitCodes.ok : exitCodes.verificationFailed;
  } finally {
    await mesh.stop();
  }
}

/** Whoever answers now; the commands that go on all the time keep replicas a step apart. */
async function allEqualOrAny(mesh: DevMesh, token: string): Promise<readonly ManagerStatus[]> {
  const answers = await Promise.all(mesh.description.managers.map(({ url }) => fetchManagerStatus(url, mesh.description.mesh, token)));
  return answers.flatMap((answer) => (answer.ok ? [answer.value] : []));
}

const directory = await mkdtemp(join(tmpdir(), 'raft-mesh-demo-'));
let exitCode: number = exitCodes.failed;
try {
  exitCode = await demo(directory);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
} finally {
  if (process.env['MESH_KEEP'] === undefined) await rm(directory, { recursive: true, force: true });
  else note(`Kept: ${directory}`);
}
process.exit(exitCode);
