import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DevMesh } from '@raft-mesh/cli';
import { connectWorker } from '@raft-mesh/mesh-node';
import { EtcdCluster, etcdVersion } from './etcd/etcd-cluster.ts';
import { settled } from './failover.ts';
import { processorMs } from './support/processor.ts';
import { percentile, rounded } from './support/percentile.ts';
import { benchWrites, valueBytes, type Put, type WritesResult } from './writes.ts';

const depths = [1, 64, 256] as const;
const warmUpMs = 2_000;
const throughputTarget = 5;
const latencyTarget = 0.5;

interface System { readonly name: 'raftMesh' | 'etcd'; readonly put: Put; readonly pids: () => readonly number[] }
interface Run extends WritesResult { readonly system: System['name']; readonly inFlight: number }

/**
 * The same load from this process on three managers and, where it is installed, on three etcd processes; both flush every write to disk. They take turns,
 * `rounds` times, so that what else the machine does falls on both. `print` is given a line for each turn and one for the comparison.
 */
export async function benchAgainstEtcd(mesh: DevMesh, options: { readonly durationMs: number; readonly rounds: number; readonly print: (line: Record<string, unknown>) => void }): Promise<void> {
  const { durationMs, rounds, print } = options;
  const worker = await connectWorker({ transport: 'websocket', join: await mesh.adminJoin('bench') });
  const managers: System = {
    name: 'raftMesh',
    put: async (key, value) => (await worker.send('documents', 'put', { key, value })).status === 'committed',
    pids: () => mesh.description.managers.map(({ id }) => mesh.pidOf(id) ?? 0),
  };
  await settled(mesh, await mesh.operateToken());
  const version = etcdVersion();
  const directory = await mkdtemp(join(tmpdir(), 'raft-mesh-etcd-'));
  const cluster = version === null ? null : await EtcdCluster.start(directory);
  const runs: Run[] = [];
  try {
    const systems = [managers];
    if (cluster !== null) {
      const leader = await cluster.leader();
      systems.push({ name: 'etcd', put: (key, value) => leader.put(key, value), pids: () => cluster.pids });
    }
    // What is compiled while it runs is slow at first, in both paths: many at once, and one at a time.
    for (const { put } of systems) for (const inFlight of [256, 1]) await benchWrites(put, inFlight, warmUpMs);
    for (let round = 1; round <= rounds; round += 1) {
      for (const inFlight of depths) {
        for (const system of systems) {
          console.error(`${system.name}, round ${round}: ${inFlight} in flight for ${durationMs / 1000} s…`);
          const run = await measured(system, inFlight, durationMs);
          runs.push(run);
          print({ bench: 'writes', round, ...run });
        }
      }
    }
  } finally {
    await cluster?.stop();
    await rm(directory, { recursive: true, force: true });
    await worker.close();
  }
  print(comparison(runs, version));
}

async function measured({ name, put, pids }: System, inFlight: number, durationMs: number): Promise<Run & Record<string, unknown>> {
  const before = { servers: processorMs(pids()), load: process.cpuUsage() };
  const result = await benchWrites(put, inFlight, durationMs);
  const load = process.cpuUsage(before.load);
  const perWrite = (microseconds: number): number => rounded(microseconds / result.writes, 1);
  return {
    system: name, inFlight, valueBytes, processes: 3, fsync: true, ...result,
    serversProcessorUsPerWrite: perWrite((processorMs(pids()) - before.servers) * 1000), loadProcessorUsPerWrite: perWrite(load.user + load.system),
  };
}

/** Medians of all rounds, and the ratios of Raft Mesh to etcd. */
function comparison(runs: readonly Run[], version: string | null): Record<string, unknown> {
  const median = (system: System['name'], inFlight: number, of: (run: Run) => number): number => percentile(runs.filter((run) => run.system === system && run.inFlight === inFlight).map(of), 0.5);
  const of = (system: System['name']) => ({
    writesPerSecond256: median(system, 256, (run) => run.writesPerSecond), writesPerSecond64: median(system, 64, (run) => run.writesPerSecond),
    p50Ms1: median(system, 1, (run) => run.p50Ms), p99Ms1: median(system, 1, (run) => run.p99Ms), p50Ms256: median(system, 256, (run) => run.p50Ms),
  });
  const raftMesh = of('raftMesh');
  if (version === null) return { bench: 'againstEtcd', raftMesh, etcd: null, skipped: 'etcd is not installed here (on Debian: apt-get install etcd-server)' };
  const etcd = of('etcd');
  const throughputRatio = rounded(raftMesh.writesPerSecond256 / etcd.writesPerSecond256);
  const latencyRatio = rounded(raftMesh.p50Ms1 / etcd.p50Ms1);
  return { bench: 'againstEtcd', raftMesh, etcd, etcdVersion: version, throughputRatio, throughputTarget, latencyRatio, latencyTarget, holds: throughputRatio >= throughputTarget && latencyRatio <= latencyTarget };
}
