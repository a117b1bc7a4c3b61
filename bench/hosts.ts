import { readFileSync, readdirSync } from 'node:fs';
import type { MeshDescription } from '@raft-mesh/protocol';
import { HostFleet, put } from '../test/support/host-fleet.ts';
import { percentile, rounded } from './support/percentile.ts';
import { processorMs } from './support/processor.ts';

export interface HostsBenchOptions {
  /** On one host. 0 leaves that part out. */
  readonly meshes: number;
  readonly writes: number;
  readonly idleMs: number;
  /** For the part with three hosts, of which one is killed. 0 leaves it out. */
  readonly meshesOnThree: number;
  readonly report: (line: Record<string, unknown>) => void;
}

const limits = { rssMiB: 300, processorPercent: 10, writeP99Ms: 100 };
const restWithinMs = 180_000;
const restWindowMs = 12_000;

/** One host that runs three managers of each of many meshes; then three hosts, of which one is killed. Linux only (`/proc`). */
export async function benchHosts(options: HostsBenchOptions): Promise<boolean> {
  const holds = [options.meshes === 0 || await oneHost(options), options.meshesOnThree === 0 || await threeHosts(options)];
  return holds.every(Boolean);
}

async function oneHost({ meshes: count, writes, idleMs, report }: HostsBenchOptions): Promise<boolean> {
  const fleet = await HostFleet.start({ hosts: 1, managersMax: count * 3 + 10 });
  try {
    const startedAtMs = performance.now();
    const meshes = await fleet.createMeshes(count, 8, (made) => { if (made % 100 === 0) console.error(`${made} of ${count} meshes…`); });
    const createdMs = performance.now() - startedAtMs;
    await servingAll(fleet, meshes);
    report({ bench: 'hostsCreate', meshes: count, managers: count * 3, createdMs: rounded(createdMs, 0), servingMs: rounded(performance.now() - startedAtMs, 0) });

    const idle = await idleCost(fleet, ['h1'], idleMs);
    report({ bench: 'hostsIdle', ...idle, limits });

    const times = await writesTo(fleet, meshes, writes);
    report({ bench: 'hostsWrites', ...times, limitMs: limits.writeP99Ms });

    await fleet.killHost('h1');
    const killedAtMs = performance.now();
    const recovered = await fleet.startHost('h1');
    await servingAll(fleet, meshes);
    report({ bench: 'hostsRestart', meshes: count, ...recovered, toAllServingMs: rounded(performance.now() - killedAtMs, 0) });
    const after = await idleCost(fleet, ['h1'], idleMs);
    report({ bench: 'hostsIdleAfterRestart', ...after, limits });
    return [idle, after].every(({ rssMiB, processorPercentOfOneCore }) => rssMiB <= limits.rssMiB && processorPercentOfOneCore <= limits.processorPercent)
      && times.writeP99Ms <= limits.writeP99Ms && recovered?.failed === 0;
  } finally {
    await fleet.stop();
  }
}

async function threeHosts({ meshesOnThree: count, idleMs, report }: HostsBenchOptions): Promise<boolean> {
  const fleet = await HostFleet.start({ hosts: 3, managersMax: count * 3 + 10, goneAfterMs: 5_000 });
  try {
    const meshes = await fleet.createMeshes(count);
    await servingAll(fleet, meshes);
    console.error(`${count} meshes on three hosts serve; until they rest…`);
    report({ bench: 'threeHostsIdle', meshes: count, ...await idleCost(fleet, ['h1', 'h2', 'h3'], idleMs), limits });
    console.error('one host is killed…');
    await fleet.killHost('h3');
    const killedAtMs = performance.now();
    await servingAll(fleet, meshes);
    const servingMs = performance.now() - killedAtMs;
    const times = await writesTo(fleet, meshes, Math.min(count, 50));
    // Each with three voters again, on the two hosts that are left.
    for (const mesh of meshes) await untilThree(fleet, mesh);
    const placedMs = performance.now() - killedAtMs;
    report({ bench: 'hostsOneOfThreeKilled', meshes: count, lost: 0, allServingAfterMs: rounded(servingMs, 0), allOfThreeManagersAgainAfterMs: rounded(placedMs, 0), goneAfterMs: 5_000, ...times });
    return true;
  } finally {
    await fleet.stop();
  }
}

async function servingAll(fleet: HostFleet, meshes: readonly MeshDescription[]): Promise<void> {
  for (const mesh of meshes) await fleet.untilServing(mesh, 300_000);
}

async function untilThree(fleet: HostFleet, { mesh }: MeshDescription): Promise<void> {
  const endsAtMs = performance.now() + 300_000;
  while (performance.now() < endsAtMs) {
    const now = await fleet.client.mesh(mesh);
    if (now.ok && now.value.managers.every(({ host }) => host !== 'h3')) {
      const { managers } = await fleet.statusOf(now.value);
      if (managers.length === 3 && managers.every(({ role }) => role === 'leader' || role === 'follower')) return;
    }
    await pause(100);
  }
  throw new Error(`mesh ${mesh} has no three managers`);
}

/** A mesh at rest has no timer: the host is there once hardly anything happens any more, for longer than a leader waits before it sends its snapshot. */
async function untilRest(fleet: HostFleet, hosts: readonly string[]): Promise<number> {
  const startedAtMs = performance.now();
  while (performance.now() - startedAtMs < restWithinMs) {
    const before = processorMs(hosts.map((host) => fleet.pidOf(host)));
    await pause(restWindowMs);
    if (processorMs(hosts.map((host) => fleet.pidOf(host))) - before < restWindowMs / 20 * hosts.length) break;
  }
  return performance.now() - startedAtMs;
}

/** Of the processor: all these hosts together; of the rest, the one that takes most. */
async function idleCost(fleet: HostFleet, hosts: readonly string[], idleMs: number) {
  const restedAfterMs = await untilRest(fleet, hosts);
  const pids = hosts.map((host) => fleet.pidOf(host));
  const startedAtMs = performance.now();
  const before = processorMs(pids);
  await pause(idleMs);
  const percent = (processorMs(pids) - before) / (performance.now() - startedAtMs) * 100;
  const most = (of: (pid: number) => number) => Math.max(...pids.map(of));
  return { restedAfterMs: rounded(restedAfterMs, 0), rssMiB: most((pid) => memoryMiB(pid, 'VmRSS')), rssPeakMiB: most((pid) => memoryMiB(pid, 'VmHWM')), processorPercentOfOneCore: rounded(percent), openFiles: most((pid) => readdirSync(`/proc/${pid}/fd`).length) };
}

/** To meshes drawn at random: a worker that has never been there comes in, and writes. */
async function writesTo(fleet: HostFleet, meshes: readonly MeshDescription[], count: number) {
  const drawn = meshes.toSorted((a, b) => (a.publicKey < b.publicKey ? -1 : 1)).slice(0, count);
  const connects: number[] = [];
  const writes: number[] = [];
  for (const mesh of drawn) {
    const startedAtMs = performance.now();
    const worker = await fleet.connect(mesh, 'bench');
    const connectedAtMs = performance.now();
    await put(worker, 'bench/key', 'x'.repeat(128));
    writes.push(performance.now() - connectedAtMs);
    connects.push(connectedAtMs - startedAtMs);
    await worker.close();
  }
  const of = (values: readonly number[], share: number) => rounded(percentile(values, share), 1);
  return { writes: drawn.length, writeP50Ms: of(writes, 0.5), writeP99Ms: of(writes, 0.99), writeMaxMs: of(writes, 1), tokenAndJoinP50Ms: of(connects, 0.5), tokenAndJoinP99Ms: of(connects, 0.99) };
}

function memoryMiB(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  return Math.round(Number(new RegExp(`${field}:\\s*(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });
