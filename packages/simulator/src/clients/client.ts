import type { Clock, Worker } from '@raft-mesh/mesh';
import type { Violation } from '../checkers/checker.ts';
import type { SimulatedRandom } from '../world/simulated-random.ts';

/** What the world gives to one client when it makes it. */
export interface ClientPorts {
  /** `worker-1`, `worker-2`, … */
  readonly name: string;
  /** Its own stream of draws. */
  readonly random: SimulatedRandom;
  /** The one true time of the run, in ms: what histories are written in (the worker's own clock may drift, step and stand still). */
  readonly nowMs: () => number;
  /** One more operation has ended with an answer that counts as progress. */
  readonly operationEnded: () => void;
  /** A promise of the SDK was broken in what this client alone can see: a `Violation`. Ends the run. */
  readonly violated: (violation: Violation) => void;
}

/**
 * Someone who uses the mesh through the SDK. Its process may die at any moment and come back from its store: each life has another
 * `Worker` and another clock, and nothing that was awaited in an earlier life ever settles. It must go on by itself from `started` to
 * `stopped`, with timers of `clock` alone.
 */
export interface Client {
  /** Welcomed by the mesh, for the first time or again. What the last life left open is told by `worker.recovered`. */
  started(worker: Worker, clock: Clock): void;
  /** The process has died: what was open has no known end yet. */
  died(): void;
  /** Begin nothing more. */
  stopped(): void;
}
