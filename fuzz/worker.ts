import { parentPort, workerData } from 'node:worker_threads';
import { runTarget } from './run-target.ts';
import type { Failure, Tally } from './run-target.ts';
import { targets } from './targets/index.ts';

/** What the worker is asked for. `progress`: [place of the target, number of the input], for whoever watches over it. */
export interface WorkerOrder {
  readonly seed: number;
  readonly corpus: string;
  readonly plan: readonly { readonly target: string; readonly inputs: number }[];
  readonly progress: SharedArrayBuffer;
}

export type WorkerReport =
  | { readonly kind: 'started'; readonly target: string }
  | { readonly kind: 'done'; readonly target: string; readonly tally: Tally; readonly heapGrowthBytes: number; readonly tookMs: number; readonly failure: Failure | null };

const { seed, corpus, plan, progress } = workerData as WorkerOrder;
const place = new Int32Array(progress);
const report = (message: WorkerReport): void => parentPort?.postMessage(message);

const measuredInputsMin = 2_500;

/** What is held once everything that can go has gone. */
function heldBytes(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

// A promise that nobody waits for may break as well: it counts against the target that is running.
let stray: string | null = null;
process.on('unhandledRejection', (reason) => { stray = `unhandled rejection: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}`; });
process.on('uncaughtException', (error) => { stray = `uncaught exception: ${error.stack ?? error.message}`; });

for (const [at, { target: name, inputs }] of plan.entries()) {
  const target = targets.find((candidate) => candidate.name === name);
  if (target === undefined) throw new Error(`there is no target ${name}`);
  report({ kind: 'started', target: name });
  Atomics.store(place, 0, at);
  const startedAtMs = performance.now();
  // A collection costs more than a thousand inputs; and a leak shows only over many.
  const isMeasured = inputs >= measuredInputsMin;
  const cold = isMeasured ? heldBytes() : 0;
  let before: number | null = null;
  const { tally, failure } = await runTarget({
    target, inputs, seed, corpus,
    onInput: (number) => {
      if (stray !== null) throw new Error(stray);
      Atomics.store(place, 1, number);
      Atomics.add(place, 2, 1);
    },
    onWarm: () => { if (isMeasured) before = target.reopenAfter === undefined ? heldBytes() : cold; },
  });
  await new Promise((resolve) => { setImmediate(resolve); });
  const late: Failure | null = stray === null || failure !== null ? failure : { target: name, seed, number: Atomics.load(place, 1), input: new Uint8Array(), error: stray };
  stray = null;
  report({ kind: 'done', target: name, tally, heapGrowthBytes: before === null ? 0 : Math.max(0, heldBytes() - before), tookMs: performance.now() - startedAtMs, failure: late });
}
