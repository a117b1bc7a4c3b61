import type { JsonValue } from '@raft-mesh/state-machine';

/** One operation of one client on one key. A line of a history file, with times in ns of one clock. */
export interface HistoryOperation {
  readonly client: string;
  readonly op: 'get' | 'put' | 'compareAndSet' | 'delete';
  readonly key: string;
  /** What was asked: `{ value }` for put, `{ expectedVersion, value }` for compare-and-set. */
  readonly in: JsonValue;
  /** What came back, `null` unless the outcome is `ok`: `{ version, value }` for get, `{ version }` for the others, of a delete the one that was there; version 0 (and `value: null`): no document. */
  readonly out: JsonValue;
  readonly start: number;
  /** `null`: it never ended, and may take effect at any time after `start`. */
  readonly end: number | null;
  /** `refused`: it certainly had no effect (a failed compare-and-set is `ok` with `out.conflict`). `unknown`: nobody knows. */
  readonly outcome: 'ok' | 'refused' | 'unknown';
}
