import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DevMesh } from '@raft-mesh/cli';
import { connectWorker } from '@raft-mesh/mesh-node';
import { benchAgainstEtcd } from './against-etcd.ts';
import { benchFailover } from './failover.ts';
import { benchIdle } from './idle.ts';
import { benchReplace, summary } from './replace.ts';
import { benchRestart, restartSummary } from './restart.ts';

// npm run bench -- --replace --json [--runs 5]: all three managers are replaced, one after another, under a steady load.
// npm run bench -- --restart --json [--runs 3] [--entries 1000000]: a manager with a long log and no snapshot is killed and started again.
// npm run bench -- --idle --json [--seconds 10]: what a mesh costs that has nothing to do.
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

if (process.argv.includes('--idle')) {
  print(await withMesh(async (mesh) => benchIdle(mesh, await mesh.operateToken(), argument('--seconds', 10) * 1000)));
  process.exit(0);
}
await withMesh(benchAll);
process.exit(0);

async function withMesh<Result>(use: (mesh: DevMesh) => Promise<Result>): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'raft-mesh-bench-'));
  const mesh = await DevMesh.start({ directory, app: '@raft-mesh/mafia', managers: 3, bots: 0, port: 0, host: '127.0.0.1', restartDelayMs: 60_000, note: (text) => console.error(text) });
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
  const worker = await connectWorker({ transport: 'websocket', join: await mesh.adminJoin('kills') });
  print(await benchFailover(mesh, worker, await mesh.operateToken(), kills));
  await worker.close();
}
