export type { NodeId, Term, LogIndex } from './identity.ts';
export type { Member, Learner, Configuration } from './configuration.ts';
export type { Entry, NoopEntry, CommandEntry, ConfigurationEntry } from './entry.ts';
export type { SnapshotMeta } from './snapshot.ts';
export type { HardState } from './hard-state.ts';
export type {
  Message, PreVoteRequest, PreVoteResponse, VoteRequest, VoteResponse, AppendRequest, AppendAccepted, AppendRejected,
  SnapshotChunk, SnapshotChunkResponse, ReadIndexRequest, ReadIndexResponse,
  TimeoutNow, TimeoutNowRefused, Quiesce, QuiesceAccepted, WakeUp,
} from './message.ts';
export type { Input } from './input.ts';
export type { Effect, RefusalReason, ChangeRefusal, TransferRefusal, Role } from './effect.ts';
export type { RaftOptions, RaftTuning, PersistedState, ElectionPriority } from './options.ts';
export { defaultRaftOptions } from './options.ts';
export type { RaftStatus, PeerProgress } from './status.ts';
export { RaftNode } from './raft-node.ts';
