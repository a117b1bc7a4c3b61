import { ChaosDirectory } from '@raft-mesh/chaos/control';
import { layout, type DevMesh } from '@raft-mesh/cli';
import { meshStatus, type Worker } from '@raft-mesh/mesh-node';
import type { MeshStatus } from '@raft-mesh/protocol';
import { AvailabilityProbe } from '../e2e/support/availability-probe.ts';
import { percentile, rounded } from './support/percentile.ts';

/** A leader that is gone. `atMs`: since this moment of `performance.now()`. */
interface Fallen { readonly atMs: number; readonly mend: () => Promise<void> }

/** A way for a leader to fall. */
export interface Fall {
  readonly name: 'leaderKill' | 'leaderStop' | 'leaderPartition';
  strike(mesh: DevMesh, leader: string): Promise<Fallen>;
}

export const falls = {
  kill: {
    name: 'leaderKill',
    strike: async (mesh, leader) => {
      const atMs = performance.now();
      const killed = mesh.kill(leader, { stayDown: true });
      return { atMs, mend: async () => { await killed; await mesh.startPart(leader); } };
    },
  },
  stop: {
    name: 'leaderStop',
    strike: async (mesh, leader) => {
      const pid = mesh.pidOf(leader);
      if (pid === null) throw new Error(`${leader} does not run`);
      process.kill(pid, 'SIGSTOP');
      return { atMs: performance.now(), mend: async () => { process.kill(pid, 'SIGCONT'); } };
    },
  },
  /** Needs a mesh in chaos mode. Clients still reach everyone. */
  partition: {
    name: 'leaderPartition',
    strike: async (mesh, leader) => {
      await steer(mesh, mesh.description.managers.filter(({ id }) => id !== leader).flatMap(({ id }) => [{ from: id, to: leader }, { from: leader, to: id }]));
      return { atMs: performance.now(), mend: () => steer(mesh, []) };
    },
  },
} as const satisfies Record<string, Fall>;

async function steer(mesh: DevMesh, cuts: readonly { readonly from: string; readonly to: string }[]): Promise<void> {
  const directory = new ChaosDirectory(layout.chaos(mesh.directory));
  const { revision } = await directory.change((control) => ({ ...control, cuts: [...cuts] }));
  if (!await directory.applied(revision)) throw new Error('the relay did not follow');
}

/** Lets the leader fall so many times under a write every 5 ms; each time measures from then to the first acknowledgement of a write that was sent after. */
export async function benchFailover(mesh: DevMesh, worker: Worker, token: string, fall: Fall, times: number): Promise<Record<string, unknown>> {
  const outages: number[] = [];
  const probe = new AvailabilityProbe(worker);
  for (let time = 0; time < times; time += 1) {
    const { leader } = await settled(mesh, token);
    if (leader === null) throw new Error('a settled mesh has a leader');
    const { atMs, mend } = await fall.strike(mesh, leader);
    outages.push(await probe.outageFrom(atMs));
    await mend();
  }
  probe.stop();
  const ms = (share: number): number => rounded(percentile(outages, share), 1);
  return {
    bench: fall.name, times, offeredEveryMs: 5, p50Ms: ms(0.5), p99Ms: ms(0.99), minMs: ms(0), maxMs: ms(1), outagesMs: outages.map((outage) => rounded(outage, 1)),
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
