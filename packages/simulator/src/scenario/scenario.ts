import type { RaftTuning } from '@raft-mesh/raft';
import type { ScheduledFault } from '../faults/fault.ts';

/** Everything that a run depends on, as plain JSON: the same scenario gives the same run, event for event. Times in ms, sizes in bytes, rates in parts of a thousand. */
export interface Scenario {
  readonly seed: number;
  /** 1 to 7 at the start; membership faults change it. */
  readonly managers: number;
  /** How long faults and clients go on; then faults end for a random majority only, and progress must come. */
  readonly durationMs: number;
  readonly clients: {
    readonly documents: number;
    readonly players: number;
    readonly keys: number;
    /** Mean pause of a document client between an answer and its next operation. */
    readonly pauseMs: number;
    /** How many operations a document client begins together after a pause of as many times that; 1 by default, and a few more now and then. */
    readonly atOnce?: number;
  };
  readonly tuning: {
    readonly snapshotLogBytes: number;
    readonly snapshotKeepEntries: number;
    readonly quiesceAfterMs: number | null;
    readonly workerHeartbeatIntervalMs: number;
    /** A session that nobody used for this long, in log time, is forgotten; the app's own by default. */
    readonly sessionLifetimeMs?: number;
    /** Raft's own times and bounds; its defaults when absent. */
    readonly raft?: RaftTuning;
  };
  readonly network: {
    readonly delayMinMs: number;
    readonly delayMeanMs: number;
    /** Of Raft messages between managers; all else rides on streams, which lose nothing but at their end. */
    readonly lossPerMille: number;
    readonly duplicatePerMille: number;
    readonly reorderPerMille: number;
    /** Chance that a message of long ago comes again. */
    readonly replayPerMille: number;
    /** Messages that a path holds before it drops some; `null`: any number. */
    readonly pathCapacity: number | null;
  };
  readonly disk: {
    readonly flushMinMs: number; readonly flushMeanMs: number; readonly tornPerMille: number;
    /** The managers use the real store, on files; a file of its log that has grown to `segmentBytesMax` is followed by a new one. Without this a disk is a model of a store. */
    readonly files?: { readonly segmentBytesMax: number };
  };
  /** How fast each manager's clock runs, in parts of a million off; by place, the rest run true. */
  readonly clockDriftPpm: readonly number[];
  readonly faults: readonly ScheduledFault[];
}
