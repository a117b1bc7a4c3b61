import type { Effect, Entry, Input, RaftStatus } from '@raft-mesh/raft';
import type { ApplyResult, LogRecord } from '@raft-mesh/state-machine';

/** One step of a manager's Raft core. */
export interface RaftStep {
  /** Driver time, in ms. */
  readonly nowMs: number;
  readonly input: Input;
  readonly effects: readonly Effect[];
  /** The core after the step; valid only during the call. */
  readonly status: () => RaftStatus;
}

/** One entry that the state machine took. */
export interface AppliedStep {
  readonly entry: Entry;
  /** `null` for entries that carry no record. */
  readonly record: LogRecord | null;
  readonly result: ApplyResult;
  readonly runningDigest: string;
}

/** Sees what a manager's core is given, what it answers, and what is applied: for simulators, debuggers and tracers. It decides nothing and must not throw. */
export interface Trace {
  stepped(step: RaftStep): void;
  applied(step: AppliedStep): void;
  /** The state was taken from a snapshot that ends at `index`. */
  restored(index: number, runningDigest: string): void;
}
