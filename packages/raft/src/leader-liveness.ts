import type { NodeId } from './identity.ts';
import type { Leadership } from './leadership.ts';
import type { NodeState } from './node-state.ts';
import { highestOfQuorum } from './quorum.ts';

/**
 * Whether a leader must give up: it has heard no quorum for an election timeout (check-quorum, thesis §6.2), or its own disk has
 * not finished a write for as long (a leader that cannot append must not hold on by heartbeats alone).
 */
export function deposesItself(state: NodeState, leadership: Leadership): boolean {
  const { nowMs, options } = state;
  const longAgoMs = nowMs - options.electionTimeoutMaxMs;
  const heardAtMs = (id: NodeId): number => (id === state.id ? nowMs : Math.max(leadership.awakeSinceMs, leadership.progress.get(id)?.lastContactAtMs ?? 0));
  return highestOfQuorum(state.configuration, heardAtMs) < longAgoMs || isDiskHanging(state, leadership.awakeSinceMs);
}

/** Whether a write has been under way for longer than an election timeout, not counting what passed before `sinceMs`. */
export function isDiskHanging({ nowMs, options, writes }: NodeState, sinceMs: number): boolean {
  return writes.oldestIssuedAtMs !== null && Math.max(sinceMs, writes.oldestIssuedAtMs) < nowMs - options.electionTimeoutMaxMs;
}
