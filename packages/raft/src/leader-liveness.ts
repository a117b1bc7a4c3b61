import type { NodeId } from './identity.ts';
import type { Leadership } from './leadership.ts';
import type { NodeState } from './node-state.ts';
import { highestOfQuorum } from './quorum.ts';

/**
 * Whether a leader must give up: it has heard no quorum for an election timeout (check-quorum, thesis §6.2), or its own disk has
 * not finished a write for as long (a leader that cannot append must not hold on by heartbeats alone).
 */
export function deposesItself(state: NodeState, leadership: Leadership): boolean {
  const { nowMs, options, writes } = state;
  const longAgoMs = nowMs - options.electionTimeoutMaxMs;
  const heardAtMs = (id: NodeId): number => (id === state.id ? nowMs : Math.max(leadership.awakeSinceMs, leadership.progress.get(id)?.lastContactAtMs ?? 0));
  const writingSinceMs = writes.oldestIssuedAtMs === null ? nowMs : Math.max(leadership.awakeSinceMs, writes.oldestIssuedAtMs);
  return highestOfQuorum(state.configuration, heardAtMs) < longAgoMs || writingSinceMs < longAgoMs;
}
