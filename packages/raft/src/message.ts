import type { Entry } from './entry.ts';
import type { LogIndex, Term } from './identity.ts';
import type { SnapshotMeta } from './snapshot.ts';

/** Asks whether a vote would be granted, without raising anyone's term (thesis §9.6). `term` is the term it would campaign in. */
export interface PreVoteRequest { readonly type: 'preVoteRequest'; readonly term: Term; readonly round: number; readonly lastIndex: LogIndex; readonly lastTerm: Term }
/** `term` is the responder's own term when refused, the asked-for term when granted; `round` is echoed, so a stale answer is known. */
export interface PreVoteResponse { readonly type: 'preVoteResponse'; readonly term: Term; readonly round: number; readonly granted: boolean }
export interface VoteRequest { readonly type: 'voteRequest'; readonly term: Term; readonly lastIndex: LogIndex; readonly lastTerm: Term; /** The leader itself asked for this election (thesis §3.10): its liveness is no reason to refuse. */ readonly transfer: boolean }
export interface VoteResponse { readonly type: 'voteResponse'; readonly term: Term; readonly granted: boolean }

/** Replication and heartbeat in one (paper §5.3). `readContext` 0 means that no read waits on the answer. */
export interface AppendRequest {
  readonly type: 'appendRequest';
  readonly term: Term;
  readonly previousIndex: LogIndex;
  readonly previousTerm: Term;
  readonly entries: readonly Entry[];
  readonly commitIndex: LogIndex;
  /** The leader's log time when it sent this, so that followers' screens know how long is left. */
  readonly logTimeMs: number;
  readonly readContext: number;
}
export interface AppendAccepted { readonly type: 'appendAccepted'; readonly term: Term; readonly matchIndex: LogIndex; readonly readContext: number }
/** `previousIndex` names the request refused; the hint lets the leader skip a whole term at a time. */
export interface AppendRejected {
  readonly type: 'appendRejected';
  readonly term: Term;
  readonly previousIndex: LogIndex;
  readonly hintIndex: LogIndex;
  readonly hintTerm: Term;
  readonly readContext: number;
}

/** A piece of a snapshot. `data` is at most `snapshotChunkBytesMax`; the receiver answers each with the offset it wants next. */
export interface SnapshotChunk {
  readonly type: 'snapshotChunk';
  readonly term: Term;
  readonly snapshot: SnapshotMeta;
  readonly offsetBytes: number;
  readonly data: Uint8Array;
  readonly done: boolean;
}
/** `nextOffsetBytes` = `snapshot.sizeBytes` once installed (or not needed: the receiver has committed that far). */
export interface SnapshotChunkResponse { readonly type: 'snapshotChunkResponse'; readonly term: Term; readonly lastIndex: LogIndex; readonly nextOffsetBytes: number; readonly installed: boolean }

/** A follower asks its leader for a read index (thesis §6.4). `readId` is the follower's own. */
export interface ReadIndexRequest { readonly type: 'readIndexRequest'; readonly term: Term; readonly readId: number }
export interface ReadIndexResponse { readonly type: 'readIndexResponse'; readonly term: Term; readonly readId: number; readonly index: LogIndex | null }

/** The leader hands over: campaign now, with no pre-vote, if your log reaches this position (thesis §3.10). */
export interface TimeoutNow { readonly type: 'timeoutNow'; readonly term: Term; readonly lastIndex: LogIndex; readonly lastTerm: Term }
export interface TimeoutNowRefused { readonly type: 'timeoutNowRefused'; readonly term: Term; readonly reason: 'notVoter' | 'behind' | 'notFlushed' | 'installing' }

/** The group is idle: whoever holds the log up to here, all of it committed, may rest until something happens. */
export interface Quiesce { readonly type: 'quiesce'; readonly term: Term; readonly lastIndex: LogIndex; readonly lastTerm: Term; readonly logTimeMs: number }
export interface QuiesceAccepted { readonly type: 'quiesceAccepted'; readonly term: Term; readonly lastIndex: LogIndex }
/** Something happened at a follower at rest: the leader must wake. */
export interface WakeUp { readonly type: 'wakeUp'; readonly term: Term }

/** What nodes of one group say to each other. Who sent it is known from the link, never from the message. */
export type Message =
  | PreVoteRequest | PreVoteResponse | VoteRequest | VoteResponse
  | AppendRequest | AppendAccepted | AppendRejected
  | SnapshotChunk | SnapshotChunkResponse
  | ReadIndexRequest | ReadIndexResponse
  | TimeoutNow | TimeoutNowRefused
  | Quiesce | QuiesceAccepted | WakeUp;
