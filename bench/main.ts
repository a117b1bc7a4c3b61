import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DevMesh, type DevMeshOptions } from '@raft-mesh/cli';
import { connectWorker } from '@raft-mesh/mesh-node';
import { findFirestoreEmulator, startFirestoreEmulator } from '@raft-mesh/testkit/firestore-emulator';
import { benchAgainstEtcd } from './against-etcd.ts';
import { benchFailover, falls, type Fall } from './failover.ts';
import { writeFailoverPicture } from './failover-picture.ts';
import { runLoad, runStrangers } from '../test/support/overload/run-overload.ts';
import { benchHosts } from './hosts.ts';
import { benchIdle } from './idle.ts';
import { benchJoin } from './join.ts';
import { benchPage } from './page.ts';
import { benchReplace, summary } from './replace.ts';
import { benchRestore } from './restore.ts';
import { benchRestart, restartSummary } from './restart.ts';

// npm run bench -- --page --json [--players 12] [--pages 3] [--taps 48]: a first load in Chromium, and from the tap of a vote to that vote on every player's screen.
// npm run bench -- --replace --json [--runs 5]: all three managers are replaced, one after another, under a steady load.
// npm run bench -- --restart --json [--runs 3] [--entries 1000000]: a manager with a long log and no snapshot is killed and started again.
// npm run bench -- --failover --json [--kills 200] [--stops 50] [--partitions 50] [--write]: the leader is killed, stopped, and parted from the others under
// a write every 5 ms; --write keeps the numbers and their picture in docs/.
// npm run bench -- --overload --json [--seconds 10]: far more load than can be served, then strangers that say nothing, drip, flood or never read.
// npm run bench -- --idle --json [--seconds 10]: what a mesh costs that has nothing to do.
// npm run bench -- --hosts --json [--meshes 1000] [--writes 200] [--three 100]: one host with many idle meshes; then three hosts, one of them killed.
// npm run bench -- --join --json [--agents 100] [--rounds 8]: so many agents at once, from the invitation to the first view; on files, and on the Firestore emulator where it is.
// npm run bench -- --restore --json: all managers and their disks are lost under a hundred writes a second; how much is lost, by how often snapshots are uploaded.
// npm run bench -- --json [--seconds 5] [--rounds 3] [--kills 20]: three manager processes with real flushes, one load process (this one), beside three
// etcd processes under the same load where etcd is installed; then the leader is killed.

const argument = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(name);
  return at === -1 ? otherwise : Number(process.argv[at + 1]);
};
const json = process.argv.includes('--json');
const durationMs = argument('--seconds', 5) * 1000;
const kills = argument('--kills', 20);
const print = (line: Record<string, unknown>): void => {
  console.log(json ? JSON.stringify(line) : Object.entries(line).map(([name, value]) => `${name} ${JSON.stringify(value)}`).join('  '));
};

if (process.argv.includes('--page')) {
  print(await withMesh((mesh) => benchPage(mesh, { players: argument('--players', 12), pages: argument('--pages', 3), taps: argument('--taps', 48) })));
  process.exit(0);
}

if (process.argv.includes('--replace')) {
  const runs: Record<string, unknown>[] = [];
  for (let run = 1; run <= argument('--runs', 5); run += 1) {
    console.error(`replacing all managers, run ${run}…`);
    const result = await benchReplace();
    print({ run, ...result });
    runs.push(result);
  }
  const total = summary(runs);
  print(total);
  process.exit(total['holds'] === true && total['nothingLost'] === true ? 0 : 1);
}

if (process.argv.includes('--restart')) {
  const lines = await benchRestart({ entries: argument('--entries', 1_000_000), runs: argument('--runs', 3), report: print });
  const total = restartSummary(lines);
  print(total);
  process.exit(total['holds'] === true ? 0 : 1);
}

if (process.argv.includes('--failover')) {
  const lines: Record<string, unknown>[] = [];
  for (const [fall, times] of [[falls.kill, argument('--kills', 200)], [falls.stop, argument('--stops', 50)], [falls.partition, argument('--partitions', 50)]] as const) {
    if (times === 0) continue;
    console.error(`${fall.name}, ${times} times…`);
    const line = await withMesh((mesh) => measureFailover(mesh, fall, times), { chaos: fall === falls.partition });
    print(line);
    lines.push(line);
  }
  if (process.argv.includes('--write')) await writeFailoverPicture(lines);
  const kill = lines.find(({ bench }) => bench === falls.kill.name);
  process.exit(kill === undefined || (Number(kill['p50Ms']) <= 30 && Number(kill['p99Ms']) <= 150) ? 0 : 1);
}

if (process.argv.includes('--overload')) {
  console.error('a load far above what the mesh can serve…');
  const load = await withMesh((mesh) => runLoad(mesh, { floods: 24, forMs: Math.max(10_000, durationMs), valueBytes: 512 }));
  print({ ...load });
  console.error('strangers of every kind…');
  const strangers = await withMesh((mesh) => runStrangers(mesh, { connections: 5_000, drips: 500, deaf: 32, floodMs: 10_000 }));
  print({ ...strangers });
  process.exit(load.lost === 0 ? 0 : 1);
}

if (process.argv.includes('--hosts')) {
  const holds = await benchHosts({ meshes: argument('--meshes', 1_000), writes: argument('--writes', 200), idleMs: argument('--seconds', 20) * 1000, meshesOnThree: argument('--three', 100), report: print });
  process.exit(holds ? 0 : 1);
}

if (process.argv.includes('--join')) {
  const size = { agents: argument('--agents', 100), rounds: argument('--rounds', 8) };
  const onFiles = await withMesh((mesh) => benchJoin(mesh, { ...size, store: 'files' }));
  print(onFiles);
  await onFirestore('join', async (firestoreProject) => { print(await withMesh((mesh) => benchJoin(mesh, { ...size, store: 'firestoreEmulator' }), { firestoreProject })); });
  process.exit(onFiles['holds'] === true ? 0 : 1);
}

if (process.argv.includes('--restore')) {
  const lines: Record<string, unknown>[] = [];
  const measure = async (store: string, options: Pick<DevMeshOptions, 'firestoreProject'>) => {
    for (const snapshotUploadIntervalMs of [500, 2_000, 10_000]) {
      const line = await withMesh((mesh) => benchRestore(mesh, { intervalMs: snapshotUploadIntervalMs, store }), { ...options, snapshotUploadIntervalMs, restartDelayMs: 1_000 });
      print(line);
      lines.push(line);
    }
  };
  await measure('files', {});
  await onFirestore('restore', (firestoreProject) => measure('firestoreEmulator', { firestoreProject }));
  process.exit(lines.every(({ isPrefix }) => isPrefix === true) ? 0 : 1);
}

if (process.argv.includes('--idle')) {
  print(await withMesh(async (mesh) => benchIdle(mesh, await mesh.operateToken(), argument('--seconds', 10) * 1000)));
  process.exit(0);
}
await withMesh(benchAll);
process.exit(0);

/** Control planes that are started meanwhile find the emulator. Says so when there is none. */
async function onFirestore(bench: string, use: (firestoreProject: string) => Promise<void>): Promise<void> {
  const source = findFirestoreEmulator();
  if (!source.available) {
    print({ bench, store: 'firestoreEmulator', notRun: source.reason });
    return;
  }
  const emulator = await startFirestoreEmulator(source);
  try {
    Object.assign(process.env, { FIRESTORE_EMULATOR_HOST: emulator.host, METADATA_SERVER_DETECTION: 'none' });
    await use('demo-raft-mesh-bench');
  } finally {
    await emulator.stop();
  }
}

async function withMesh<Result>(use: (mesh: DevMesh) => Promise<Result>, options: Partial<DevMeshOptions> = {}): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'raft-mesh-bench-'));
  const mesh = await DevMesh.start({ directory, app: '@raft-mesh/mafia', managers: 3, bots: 0, port: 0, host: '127.0.0.1', restartDelayMs: 60_000, ...options, note: (text) => console.error(text) });
  try {
    return await use(mesh);
  } finally {
    await mesh.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function benchAll(mesh: DevMesh): Promise<void> {
  await benchAgainstEtcd(mesh, { durationMs, rounds: argument('--rounds', 3), print });
  if (kills === 0) return;
  console.error(`killing the leader ${kills} times…`);
  print(await measureFailover(mesh, falls.kill, kills));
}

async function measureFailover(mesh: DevMesh, fall: Fall, times: number): Promise<Record<string, unknown>> {
  const worker = await connectWorker({ transport: 'websocket', join: await mesh.adminJoin('failover') });
  const line = await benchFailover(mesh, worker, await mesh.operateToken(), fall, times);
  await worker.close();
  return line;
}
