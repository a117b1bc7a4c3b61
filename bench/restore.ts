import { rename } from 'node:fs/promises';
import { layout, type DevMesh } from '@raft-mesh/cli';
import { connectWorker, type Worker } from '@raft-mesh/mesh-node';
import { runMesh } from '../test/support/processes.ts';
import { rounded } from './support/percentile.ts';

const writeIntervalMs = 10;
const answersWithinMs = 60_000;

interface Written { readonly number: number; readonly index: number; readonly acknowledgedAtMs: number }

/**
 * What a mesh loses that loses everything: a worker writes a hundred times a second, all managers are killed and their disks are gone, and `mesh snapshot restore`
 * brings back what was uploaded. Says how old the last write that is back was when the managers died, and whether everything before it is back too.
 */
export async function benchRestore(mesh: DevMesh, { intervalMs, store }: { readonly intervalMs: number; readonly store: string }): Promise<Record<string, unknown>> {
  const worker = await connectWorker({ transport: 'websocket', join: await mesh.adminJoin('bench') });
  const written: Written[] = [];
  const writing = { is: true };
  const write = (async () => {
    for (let number = 0; writing.is; number += 1) {
      const result = await worker.send('documents', 'put', { key: `kept/${String(number).padStart(6, '0')}`, value: number });
      if (result.status === 'committed') written.push({ number, index: result.index, acknowledgedAtMs: performance.now() });
      await pause(writeIntervalMs);
    }
  })();
  // Somewhere between two uploads.
  await pause(2 * intervalMs + Math.random() * intervalMs + 1_000);
  const ids = mesh.description.managers.map(({ id }) => id);
  for (const id of ids) await rename(layout.manager(mesh.directory, id), `${layout.manager(mesh.directory, id)}.lost`);
  await Promise.all(ids.map((id) => mesh.kill(id)));
  const killedAtMs = performance.now();
  // What is under way now is answered by the restored mesh; what was acknowledged before is what counts.
  writing.is = false;
  const acknowledged = [...written];
  const restored = await runMesh(['snapshot', 'restore', '--yes', '--json', '--data-dir', mesh.directory]);
  if (restored.code !== 0) throw new Error(`not restored: ${restored.stderr}`);
  const kept = await keptOf(worker);
  const restoredAtMs = performance.now();
  await write;
  await worker.close();
  const lost = acknowledged.filter(({ number }) => !kept.has(number));
  const lastKept = acknowledged.filter(({ number }) => kept.has(number)).at(-1);
  return {
    bench: 'restore', store, intervalMs, acknowledged: acknowledged.length, lost: lost.length, lossWindowMs: lastKept === undefined ? null : rounded(killedAtMs - lastKept.acknowledgedAtMs, 0),
    // Nothing is missing in the midst of what is back.
    isPrefix: lastKept !== undefined && lost.every(({ index }) => index > lastKept.index), backAfterMs: rounded(restoredAtMs - killedAtMs, 0),
  };
}

/** A list has a bound, so a hundred are asked for at a time. */
async function keptOf(worker: Worker): Promise<ReadonlySet<number>> {
  const kept = new Set<number>();
  for (let hundred = 0; ; hundred += 1) {
    const found = await keysWith(worker, `kept/${String(hundred).padStart(4, '0')}`);
    if (found.length === 0) return kept;
    for (const number of found) kept.add(number);
  }
}

async function keysWith(worker: Worker, prefix: string): Promise<readonly number[]> {
  const endsAtMs = performance.now() + answersWithinMs;
  while (performance.now() < endsAtMs) {
    const answer = await worker.query('documents', 'list', { prefix });
    if (answer.status === 'answered') return [...JSON.stringify(answer.answer).matchAll(/kept\/(\d{6})/gu)].map(([, number]) => Number(number));
    await pause(50);
  }
  throw new Error('the restored mesh does not answer');
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });
