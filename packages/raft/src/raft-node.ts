import type { Effect } from './effect.ts';
import type { Input } from './input.ts';
import type { RaftOptions } from './options.ts';
import type { RaftStatus } from './status.ts';

/**
 * One member of one Raft group, as a deterministic machine: input in, effects out.
 * It owns no clock, timer, socket or file; same options and inputs give the same effects, byte for byte.
 */
export class RaftNode {
  constructor(_options: RaftOptions, _nowMs: number) {}
  /** Feeds one input. `nowMs` is the driver's monotonic time and never falls. */
  step(_input: Input, _nowMs: number): readonly Effect[] { throw new Error('not written yet'); }
  /** When the driver must next call `step({ type: 'time' })`, in its own monotonic ms; `null` for never (stopped). */
  get deadlineMs(): number | null { throw new Error('not written yet'); }
  status(_nowMs: number): RaftStatus { throw new Error('not written yet'); }
}
