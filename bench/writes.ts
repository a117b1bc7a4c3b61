import { percentile, rounded } from './support/percentile.ts';

export const valueBytes = 128;

/** Commits one value under a key; false when it is not known to be committed. */
export type Put = (key: string, value: string) => Promise<boolean>;

export interface WritesResult {
  readonly writes: number;
  readonly failures: number;
  readonly writesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Writes 128-byte values for `durationMs` with `inFlight` of them open at any time. */
export async function benchWrites(put: Put, inFlight: number, durationMs: number): Promise<WritesResult> {
  const value = 'x'.repeat(valueBytes);
  const latencies: number[] = [];
  let failures = 0;
  const startedAtMs = performance.now();
  const endsAtMs = startedAtMs + durationMs;
  const lane = async (number: number): Promise<void> => {
    while (performance.now() < endsAtMs) {
      const sentAtMs = performance.now();
      if (await put(`bench/${number}`, value)) latencies.push(performance.now() - sentAtMs);
      else failures += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, number) => lane(number)));
  const seconds = (performance.now() - startedAtMs) / 1000;
  return { writes: latencies.length, failures, writesPerSecond: Math.round(latencies.length / seconds), p50Ms: rounded(percentile(latencies, 0.5)), p99Ms: rounded(percentile(latencies, 0.99)) };
}
