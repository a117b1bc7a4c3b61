export type { NodeId, Term, LogIndex } from './identity.ts';
export type { Member, Configuration } from './configuration.ts';
export type { Entry, NoopEntry, CommandEntry, ConfigurationEntry } from './entry.ts';
export type { SnapshotMeta } from './snapshot.ts';
export type { HardState } from './hard-state.ts';
export type {
  Message, PreVoteRequest, PreVoteResponse, VoteRequest, VoteResponse, AppendRequest, AppendAccepted, AppendRejected,
  SnapshotChunk, SnapshotChunkResponse, ReadIndexRequest, ReadIndexResponse,
} from './message.ts';
export type { Input } from './input.ts';
export type { Effect, RefusalReason, Role } from './effect.ts';
export type { RaftOptions, PersistedState } from './options.ts';
export { defaultRaftOptions } from './options.ts';
export type { RaftStatus, PeerProgress } from './status.ts';
export { RaftNode } from './raft-node.ts';
