import type { DevMesh } from '@raft-mesh/cli';
import { meshStatus, type Worker } from '@raft-mesh/mesh-node';
import type { MeshStatus } from '@raft-mesh/protocol';
import { AvailabilityProbe } from '../e2e/support/availability-probe.ts';
import { percentile, rounded } from './support/percentile.ts';

/** Kills the leader `kills` times with SIGKILL under a write every 5 ms; each time measures the outage as the demo does. */
export async function benchFailover(mesh: DevMesh, worker: Worker, token: string, kills: number): Promise<Record<string, unknown>> {
  const outages: number[] = [];
  const probe = new AvailabilityProbe(worker);
  for (let kill = 0; kill < kills; kill += 1) {
    const { leader } = await settled(mesh, token);
    if (leader === null) throw new Error('a settled mesh has a leader');
    const killedAtMs = performance.now();
    const outage = probe.outageFrom(killedAtMs);
    await mesh.kill(leader, { stayDown: true });
    outages.push(await outage);
    await mesh.startPart(leader);
  }
  probe.stop();
  return {
    bench: 'leaderKill', kills, offeredEveryMs: 5, p50Ms: rounded(percentile(outages, 0.5), 1), p99Ms: rounded(percentile(outages, 0.99), 1), minMs: rounded(Math.min(...outages), 1), maxMs: rounded(Math.max(...outages), 1),
    outagesMs: outages.map((outage) => rounded(outage, 1)),
  };
}

/** Waits until all managers answer, agree on a leader, and have applied nearly the same. */
export async function settled(mesh: DevMesh, token: string): Promise<MeshStatus> {
  for (;;) {
    const status = await meshStatus({ mesh: mesh.description.mesh, managers: mesh.description.managers, token });
    const applied = status.managers.map((manager) => manager.appliedIndex ?? -Infinity);
    if (status.leader !== null && Math.max(...applied) - Math.min(...applied) < 1000) return status;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
