import type { FaultKind } from '../faults/fault.ts';

/** What a run came to. The same scenario gives the same, to the last digit of the hash. */
export interface RunResult {
  /** The promise that was broken, `null` when all held. */
  readonly failure: { readonly promise: string; readonly message: string; readonly atMs: number } | null;
  /** What the simulation did one after another: deliveries, timers, writes. */
  readonly events: number;
  readonly operations: number;
  readonly simulatedMs: number;
  /** How often each kind of fault struck. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  /** A hash over everything that happened, in its order. */
  readonly traceHash: string;
}
