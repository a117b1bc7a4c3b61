import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DevMesh, layout } from '@raft-mesh/cli';
import { connectWorker } from '@raft-mesh/mesh-node';
import type { WorkerIdentity } from '@raft-mesh/mesh';
import { writeLongLog } from './support/long-log.ts';
import { percentile, rounded } from './support/percentile.ts';
import { readThrough, type Reader } from './support/read-through.ts';

export const restartTargetMs = 2_500;
const valueBytes = 128;
const keys = 50_000;
const key = 'bench/0';
const patienceMs = 600_000;
/** Neither is due while the bench runs. */
const snapshotLogBytes = 2 ** 40;
const snapshotUploadIntervalMs = 2 ** 31 - 1;

export interface RestartOptions {
  readonly entries: number;
  readonly runs: number;
  readonly report: (line: Record<string, unknown>) => void;
}

/**
 * Three manager processes whose logs hold `entries` puts of 128 bytes, and no snapshot. First all three start at once; then, `runs` times, a follower is
 * killed with SIGKILL and started again while the others go on. Each time: from the start of the process to a linearizable read answered by it.
 */
export async function benchRestart({ entries, runs, report }: RestartOptions): Promise<readonly Record<string, unknown>[]> {
  const directory = await mkdtemp(join(tmpdir(), 'raft-mesh-restart-'));
  const mesh = await DevMesh.start({ directory, app: '@raft-mesh/mafia', managers: 3, bots: 0, port: 0, host: '127.0.0.1', restartDelayMs: 600_000, snapshotLogBytes, snapshotUploadIntervalMs, note: () => {} });
  const lines: Record<string, unknown>[] = [];
  const tell = (line: Record<string, unknown>): void => { lines.push(line); report(line); };
  try {
    const reader = await joined(mesh, directory, 'reader');
    const writer = await joined(mesh, directory, 'writer');
    const { managers } = mesh.description;
    for (const { id } of managers) await mesh.kill(id, { stayDown: true });
    console.error(`writing ${entries} entries into the logs of ${managers.length} managers…`);
    const lastIndex = await writeLongLog({ directories: managers.map(({ id }) => layout.manager(directory, id)), entries, agent: writer.agent, session: writer.session, firstSequence: 1, valueBytes, keys });

    console.error('starting all managers…');
    const startedAtMs = performance.now();
    for (const { id } of managers) void mesh.startPart(id);
    const firstReads = await Promise.all(managers.map(({ url }) => readThrough({ url, reader, key, stale: false, deadlineMs: startedAtMs + patienceMs })));
    const times = firstReads.map(({ answeredAtMs }) => rounded(answeredAtMs - startedAtMs, 0));
    tell({ bench: 'restartAll', entries, lastIndex, valueBytes, toFirstReadMs: Math.min(...times), toReadAtEachMs: times, rssMiB: await Promise.all(managers.map(({ id }) => memoryMiB(mesh.pidOf(id), 'VmRSS'))) });

    const reads = await Promise.all(managers.map(({ url }) => readThrough({ url, reader, key, stale: true, minIndex: lastIndex, deadlineMs: performance.now() + patienceMs })));
    const follower = managers.find(({ id }) => id !== reads.find(({ leader }) => leader !== null)?.leader);
    if (follower === undefined) throw new Error('a mesh of three has a follower');
    for (let run = 1; run <= runs; run += 1) {
      await mesh.kill(follower.id, { stayDown: true });
      const restartedAtMs = performance.now();
      const started = mesh.startPart(follower.id);
      const read = await readThrough({ url: follower.url, reader, key, stale: false, deadlineMs: restartedAtMs + patienceMs });
      await started;
      const rssAtReadMiB = await memoryMiB(mesh.pidOf(follower.id), 'VmRSS');
      // To have applied it all takes long, and nothing waits for it: once is enough.
      const caughtUp = run < runs ? {} : await caughtUpAfter(follower.url, reader, lastIndex, restartedAtMs);
      tell({
        bench: 'restartFollower', run, manager: follower.id, entries, toWelcomeMs: rounded(read.welcomedAtMs - restartedAtMs, 0), toReadMs: rounded(read.answeredAtMs - restartedAtMs, 0), readAtIndex: read.index,
        rssAtReadMiB, rssPeakMiB: await memoryMiB(mesh.pidOf(follower.id), 'VmHWM'), ...caughtUp,
      });
    }
    return lines;
  } finally {
    await mesh.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

export function restartSummary(lines: readonly Record<string, unknown>[]): Record<string, unknown> {
  const times = lines.filter(({ bench }) => bench === 'restartFollower').map(({ toReadMs }) => Number(toReadMs));
  const medianMs = percentile(times, 0.5);
  return { bench: 'restartSummary', runs: times.length, targetMs: restartTargetMs, medianMs, timesMs: times, holds: medianMs <= restartTargetMs };
}

/** A worker that was welcomed once, and has gone. */
async function joined(mesh: DevMesh, directory: string, name: string): Promise<Reader> {
  const own = join(directory, name);
  const worker = await connectWorker({ directory: own, transport: 'websocket', join: await mesh.adminJoin(name) });
  await worker.close();
  const { identity } = JSON.parse(await readFile(join(own, 'identity.json'), 'utf8')) as { readonly identity: WorkerIdentity };
  const { mesh: id, incarnation, agent, resumeSecret, session } = identity;
  if (agent === null) throw new Error('a worker that was welcomed knows its agent');
  return { mesh: id, incarnation, agent, resumeSecret, session };
}

async function caughtUpAfter(url: string, reader: Reader, lastIndex: number, restartedAtMs: number): Promise<Record<string, unknown>> {
  const { answeredAtMs } = await readThrough({ url, reader, key, stale: true, minIndex: lastIndex, deadlineMs: restartedAtMs + patienceMs });
  return { toCaughtUpMs: rounded(answeredAtMs - restartedAtMs, 0) };
}

/** Of a process, as the kernel counts it. `null` where it does not say. */
async function memoryMiB(pid: number | null, field: 'VmRSS' | 'VmHWM'): Promise<number | null> {
  const text = await readFile(`/proc/${String(pid)}/status`, 'utf8').catch(() => '');
  const kiB = new RegExp(`${field}:\\s*(\\d+) kB`).exec(text)?.[1];
  return kiB === undefined ? null : Math.round(Number(kiB) / 1024);
}
