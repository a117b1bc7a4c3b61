import { connectWorker, type ConnectWorkerOptions } from '@raft-mesh/mesh-node';
import { percentile } from './support/percentile.ts';

// The load of `npm run bench -- --replace`, a process of its own: a small write every 5 ms, each under a key of its own.

export interface LoadReport {
  readonly type: 'report';
  readonly offered: number;
  readonly acknowledged: number;
  readonly notCommitted: number;
  /** Acknowledged writes that a linearizable read at the end does not find. */
  readonly missing: number;
  readonly longestGapMs: number;
  readonly p99LatencyMs: number;
  /** Gaps between two acknowledgements of more than 30 ms; `fromMs` by the wall clock. */
  readonly gaps: readonly { readonly gapMs: number; readonly fromMs: number }[];
}

const offerIntervalMs = 5;
const keysInOneRead = 200;
const notableGapMs = 30;
const [directory = ''] = process.argv.slice(2);

const first = await new Promise<{ readonly join: NonNullable<ConnectWorkerOptions['join']> }>((resolve) => { process.once('message', (value) => resolve(value as { readonly join: NonNullable<ConnectWorkerOptions['join']> })); });
const worker = await connectWorker({ transport: 'websocket', directory, join: first.join });
const acknowledged = new Set<number>();
const latencies: number[] = [];
const gaps: { readonly gapMs: number; readonly fromMs: number }[] = [];
const offers: Promise<void>[] = [];
let offered = 0;
let notCommitted = 0;
let longestGapMs = 0;
let lastAtMs: number | null = null;

async function offer(): Promise<void> {
  const number = offered++;
  const sentAtMs = performance.now();
  const result = await worker.send('documents', 'put', { key: `load/${Math.floor(number / keysInOneRead)}/${number}`, value: number });
  if (result.status !== 'committed') { notCommitted += 1; return; }
  const nowMs = performance.now();
  acknowledged.add(number);
  latencies.push(nowMs - sentAtMs);
  const gapMs = lastAtMs === null ? 0 : nowMs - lastAtMs;
  if (gapMs > notableGapMs) gaps.push({ gapMs, fromMs: Date.now() - gapMs });
  longestGapMs = Math.max(longestGapMs, gapMs);
  lastAtMs = nowMs;
}

// A late timer makes up for what it missed, so that the rate holds.
const startedAtMs = performance.now();
const timer = setInterval(() => { while (offered * offerIntervalMs < performance.now() - startedAtMs) offers.push(offer()); }, offerIntervalMs);
process.send?.({ type: 'running' });
await new Promise<void>((resolve) => { process.once('message', () => resolve()); });
clearInterval(timer);
await Promise.all(offers);

let missing = 0;
for (let group = 0; group * keysInOneRead < offered; group += 1) {
  const read = await worker.query('documents', 'list', { prefix: `load/${group}/` });
  if (read.status !== 'answered') throw new Error(`a read was not answered: ${JSON.stringify(read)}`);
  const found = JSON.stringify(read.answer);
  for (let number = group * keysInOneRead; number < Math.min(offered, (group + 1) * keysInOneRead); number += 1) if (acknowledged.has(number) && !found.includes(`"load/${group}/${number}"`)) missing += 1;
}
const report: LoadReport = { type: 'report', offered, acknowledged: acknowledged.size, notCommitted, missing, longestGapMs, p99LatencyMs: percentile(latencies, 0.99), gaps };
await worker.close();
process.send?.(report, () => process.exit(0));
