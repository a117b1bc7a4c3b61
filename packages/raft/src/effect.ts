import type { Configuration } from './configuration.ts';
import type { Entry } from './entry.ts';
import type { HardState } from './hard-state.ts';
import type { LogIndex, NodeId, Term } from './identity.ts';
import type { Message, TimeoutNowRefused } from './message.ts';
import type { SnapshotMeta } from './snapshot.ts';

export type Role = 'follower' | 'preCandidate' | 'candidate' | 'leader';

/**
 * Why a proposal or a read was refused. Nothing was appended.
 * `leader` in `notLeader` is a hint where to go, `null` while none is known.
 */
export type RefusalReason =
  | { readonly code: 'notLeader'; readonly leader: NodeId | null }
  | { readonly code: 'backlogFull'; readonly limitBytes: number }
  | { readonly code: 'tooManyReads'; readonly limit: number }
  | { readonly code: 'leadershipLost' }
  /** The leader is handing over: ask again when another leads. */
  | { readonly code: 'transferring'; readonly to: NodeId }
  | { readonly code: 'stopped' };

/** Why the configuration was not changed. `leadershipLost` and `stopped` leave open whether it will be; all others mean that nothing was appended. */
export type ChangeRefusal =
  | Extract<RefusalReason, { readonly code: 'notLeader' | 'leadershipLost' | 'transferring' | 'stopped' | 'backlogFull' }>
  /** This leader has not committed an entry of its own term yet (Ongaro 2015). */
  | { readonly code: 'notReady' }
  | { readonly code: 'changeInProgress'; readonly index: LogIndex }
  /** Another configuration than the one the change was based on is in force. */
  | { readonly code: 'configurationChanged'; readonly index: LogIndex }
  | { readonly code: 'noVoters' }
  | { readonly code: 'duplicateMember'; readonly id: NodeId }
  | { readonly code: 'tooManyMembers'; readonly limit: number }
  /** A voter to be is no learner that has caught up: add it as a learner first. `behindEntries` is `null` when it was never heard. */
  | { readonly code: 'notCaughtUp'; readonly id: NodeId; readonly behindEntries: number | null };

/** Why leadership was not handed over; the leader goes on leading. */
export type TransferRefusal =
  | Extract<RefusalReason, { readonly code: 'notLeader' | 'leadershipLost' | 'transferring' | 'stopped' }>
  | { readonly code: 'changeInProgress'; readonly index: LogIndex }
  | { readonly code: 'notVoter'; readonly id: NodeId }
  | { readonly code: 'noCandidate' }
  | { readonly code: 'unreachable'; readonly id: NodeId }
  | { readonly code: 'timedOut'; readonly id: NodeId }
  | { readonly code: 'declined'; readonly id: NodeId; readonly reason: TimeoutNowRefused['reason'] };

/**
 * What the driver must do, in order. An effect whose `after` names a write may happen only when that write is durable;
 * all others may happen at once; a write already durable holds nothing back. Writes complete in the order of their ids; a driver
 * may flush many in one go, and answer `written` for the last of them alone.
 */
export type Effect =
  /** Make durable, in this order: hard state, truncation of every entry ≥ `truncateFrom`, then `entries`. Answer `written`. */
  | { readonly type: 'write'; readonly writeId: number; readonly hardState: HardState | null; readonly truncateFrom: LogIndex | null; readonly entries: readonly Entry[] }
  | { readonly type: 'send'; readonly to: NodeId; readonly message: Message; readonly after: number | null }
  /** These entries are committed: apply them in order, then answer `applied`. */
  | { readonly type: 'apply'; readonly entries: readonly Entry[] }
  | { readonly type: 'proposalAccepted'; readonly proposalId: number; readonly term: Term; readonly firstIndex: LogIndex }
  | { readonly type: 'proposalRefused'; readonly proposalId: number; readonly reason: RefusalReason }
  /** Everything up to `index` was committed when the read was asked for, and is applied now: read the state machine. */
  | { readonly type: 'readReady'; readonly readId: number; readonly index: LogIndex }
  | { readonly type: 'readRefused'; readonly readId: number; readonly reason: RefusalReason }
  /** Read up to `lengthBytesMax` bytes of this snapshot's data from `offsetBytes`; answer `snapshotChunkRead`. */
  | { readonly type: 'readSnapshotChunk'; readonly to: NodeId; readonly snapshot: SnapshotMeta; readonly offsetBytes: number; readonly lengthBytesMax: number }
  /** Store a received piece (offset 0 starts anew). Need not be durable by itself; answer `written` when stored. */
  | { readonly type: 'writeSnapshotChunk'; readonly writeId: number; readonly snapshot: SnapshotMeta; readonly offsetBytes: number; readonly data: Uint8Array }
  /** Every piece is there: make the snapshot durable and current, drop the whole log on disk, restore the state machine from it, answer `written`. */
  | { readonly type: 'installSnapshot'; readonly writeId: number; readonly snapshot: SnapshotMeta }
  /** Log entries ≤ `throughIndex` are covered by a durable snapshot and may be deleted. */
  | { readonly type: 'compactLog'; readonly throughIndex: LogIndex }
  | { readonly type: 'roleChanged'; readonly role: Role; readonly term: Term; readonly leader: NodeId | null }
  /** This configuration is in force from now on: appended, rolled back to, or part of an installed snapshot. Not necessarily committed. */
  | { readonly type: 'configurationAdopted'; readonly index: LogIndex; readonly configuration: Configuration }
  /** The configuration asked for, and no joint one any more, is committed at `index`. */
  | { readonly type: 'changeDone'; readonly changeId: number; readonly index: LogIndex }
  | { readonly type: 'changeRefused'; readonly changeId: number; readonly reason: ChangeRefusal }
  /** `leader` leads a later term now. */
  | { readonly type: 'transferDone'; readonly transferId: number; readonly leader: NodeId }
  | { readonly type: 'transferRefused'; readonly transferId: number; readonly reason: TransferRefusal }
  /** The node has stopped for good. */
  | { readonly type: 'stopped'; readonly reason: string };
