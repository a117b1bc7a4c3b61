import type { Worker } from '@raft-mesh/mesh-node';
import { percentile, rounded } from './support/percentile.ts';

const valueBytes = 128;

/** Writes 128-byte documents for `durationMs` with `inFlight` of them open at any time. */
export async function benchWrites(worker: Worker, inFlight: number, durationMs: number): Promise<Record<string, unknown>> {
  const value = 'x'.repeat(valueBytes);
  const latencies: number[] = [];
  let failures = 0;
  const startedAtMs = performance.now();
  const endsAtMs = startedAtMs + durationMs;
  const lane = async (number: number): Promise<void> => {
    while (performance.now() < endsAtMs) {
      const sentAtMs = performance.now();
      const result = await worker.send('documents', 'put', { key: `bench/${number}`, value });
      if (result.status === 'committed') latencies.push(performance.now() - sentAtMs);
      else failures += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, number) => lane(number)));
  const seconds = (performance.now() - startedAtMs) / 1000;
  return {
    bench: 'writes', inFlight, valueBytes, managers: 3, fsync: true, seconds: rounded(seconds, 1), writes: latencies.length, failures,
    writesPerSecond: Math.round(latencies.length / seconds), p50Ms: rounded(percentile(latencies, 0.5)), p99Ms: rounded(percentile(latencies, 0.99)),
  };
}
