import type { Configuration } from './configuration.ts';
import type { Role } from './effect.ts';
import type { LogIndex, NodeId, Term } from './identity.ts';
import type { NodeState } from './node-state.ts';

/** The leader's view of one peer (etcd's tracker.Progress). */
export interface PeerProgress {
  readonly id: NodeId;
  readonly state: 'probe' | 'replicate' | 'snapshot';
  readonly matchIndex: LogIndex;
  readonly nextIndex: LogIndex;
  /** Driver time of the last message from it, `null` if none since this node leads. */
  readonly lastContactAtMs: number | null;
}

/** A reading of one node, for people and tools. Nothing may be decided from it. */
export interface RaftStatus {
  readonly id: NodeId;
  readonly role: Role;
  readonly term: Term;
  readonly leader: NodeId | null;
  readonly commitIndex: LogIndex;
  readonly appliedIndex: LogIndex;
  readonly lastIndex: LogIndex;
  readonly firstIndex: LogIndex;
  /** Log time now: the leader's own, or what this follower last heard (at rest: and has counted since). */
  readonly logTimeMs: number;
  readonly configuration: Configuration;
  /** Where `configuration` stands in the log (or the snapshot that carries it ends). */
  readonly configurationIndex: LogIndex;
  /** The leader rests, or this follower rests with it. */
  readonly quiescent: boolean;
  /** Empty unless this node leads. */
  readonly peers: readonly PeerProgress[];
  readonly stopped: boolean;
}

/** `nowMs` extrapolates the log time of a leader, and of a group at rest. */
export function readStatus(state: NodeState, nowMs: number, stopped: boolean): RaftStatus {
  const { id, role, term, leader, commitIndex, log, configuration, leadership } = state;
  const peers = [...(leadership?.progress.values() ?? [])].map((progress): PeerProgress => ({
    id: progress.id, state: progress.state, matchIndex: progress.matchIndex, nextIndex: progress.nextIndex, lastContactAtMs: progress.lastContactAtMs,
  }));
  return {
    id, role: role.role, term, leader, commitIndex, appliedIndex: state.applying.appliedIndex, lastIndex: log.lastIndex, firstIndex: log.firstIndex,
    logTimeMs: state.logTimeMs(Math.max(nowMs, state.nowMs)), configuration, configurationIndex: state.configurationIndex, quiescent: state.restingSinceMs !== null, peers, stopped,
  };
}
