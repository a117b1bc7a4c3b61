import { readFileSync } from 'node:fs';
import type { DevMesh } from '@raft-mesh/cli';
import { fetchManagerStatus } from '@raft-mesh/mesh-node';
import type { ManagerStatus } from '@raft-mesh/protocol';
import { rounded } from './support/percentile.ts';
import { processorMs } from './support/processor.ts';

const restWithinMs = 30_000;

/** What an idle mesh of three processes costs once it rests: messages on each way between two managers, disk writes, processor time. Linux only (`/proc`). */
export async function benchIdle(mesh: DevMesh, token: string, durationMs: number): Promise<Record<string, unknown>> {
  const waitedMs = await untilAll(mesh, token);
  const before = await reading(mesh, token);
  const startedMs = performance.now();
  await pause(durationMs);
  const after = await reading(mesh, token);
  const seconds = (performance.now() - startedMs) / 1000;
  const ways = after.statuses.flatMap((status) => status.managers.filter(({ id }) => id !== status.id).map((peer) => {
    const earlier = before.statuses.find(({ id }) => id === status.id)?.managers.find(({ id }) => id === peer.id);
    return { way: `${status.id}>${peer.id}`, perSecond: rounded((peer.messagesSent - (earlier?.messagesSent ?? 0)) / seconds) };
  }));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    bench: 'idle', managers: before.statuses.length, restedAfterMs: waitedMs === null ? null : Math.round(waitedMs), resting: after.statuses.every(({ quiescent }) => quiescent), seconds: rounded(seconds, 1),
    messagesPerSecondMax: Math.max(...ways.map(({ perSecond }) => perSecond)), messagesPerSecond: Object.fromEntries(ways.map(({ way, perSecond }) => [way, perSecond])),
    bytesWrittenToDisk: sum(after.writtenBytes) - sum(before.writtenBytes), entriesAppended: (after.statuses[0]?.lastIndex ?? 0) - (before.statuses[0]?.lastIndex ?? 0),
    processorPercentOfOneCore: rounded((after.processorMs - before.processorMs) / seconds / 10),
  };
}

/** Ms until every manager said that it rests; `null` when they did not. */
async function untilAll(mesh: DevMesh, token: string): Promise<number | null> {
  const startedMs = performance.now();
  while (performance.now() - startedMs < restWithinMs) {
    if ((await statusesOf(mesh, token)).every(({ quiescent }) => quiescent)) return performance.now() - startedMs;
    await pause(100);
  }
  return null;
}

async function reading(mesh: DevMesh, token: string) {
  const pids = mesh.description.managers.map(({ id }) => mesh.pidOf(id) ?? 0);
  const statuses = await statusesOf(mesh, token);
  const writtenBytes = pids.map((pid) => Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1] ?? 0));
  return { statuses, processorMs: processorMs(pids), writtenBytes };
}

async function statusesOf(mesh: DevMesh, token: string): Promise<readonly ManagerStatus[]> {
  const answers = await Promise.all(mesh.description.managers.map(({ url }) => fetchManagerStatus(url, mesh.description.mesh, token)));
  return answers.flatMap((answer) => (answer.ok ? answer.value : []));
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });
