import type { Learner, Member } from './configuration.ts';
import type { LogIndex, NodeId } from './identity.ts';
import type { Message } from './message.ts';
import type { SnapshotMeta } from './snapshot.ts';

/** Everything that can happen to a node. The driver passes each to `RaftNode.step` with the current time. */
export type Input =
  | { readonly type: 'message'; readonly from: NodeId; readonly message: Message }
  /** Offers commands to the leader; `proposalId` comes back in one of `proposalAccepted` and `proposalRefused`. */
  | { readonly type: 'propose'; readonly proposalId: number; readonly commands: readonly Uint8Array[] }
  /** Asks for a linearizable read; `readId` (unique per node start) comes back in `readReady` or `readRefused`. */
  | { readonly type: 'read'; readonly readId: number }
  /** Time has passed. Sent when the deadline that `step` last returned is reached; harmless at any other time. */
  | { readonly type: 'time' }
  /** The write with this id, and every write before it, is durable. */
  | { readonly type: 'written'; readonly writeId: number }
  /** A write failed. The node stops for good (a failed flush is never retried). */
  | { readonly type: 'writeFailed'; readonly writeId: number; readonly reason: string }
  /** The state machine has applied every entry up to this index. */
  | { readonly type: 'applied'; readonly index: LogIndex }
  /** The driver has a durable snapshot; the log before it may go, but for `keepEntries` for slow followers. */
  | { readonly type: 'snapshotTaken'; readonly snapshot: SnapshotMeta; readonly keepEntries: number }
  /** Answers `readSnapshotChunk`. `data` now belongs to the core. `null`: that snapshot is gone. */
  | { readonly type: 'snapshotChunkRead'; readonly to: NodeId; readonly snapshot: SnapshotMeta; readonly offsetBytes: number; readonly data: Uint8Array | null }
  /**
   * Asks the leader for exactly these voters and learners, in one change (paper §6). `basedOn` is the index of the configuration that the
   * caller has seen (`RaftStatus.configurationIndex`): another one in force since then is not overwritten. `changeId` comes back in `changeDone` or `changeRefused`.
   */
  | { readonly type: 'changeConfiguration'; readonly changeId: number; readonly basedOn: LogIndex; readonly voters: readonly Member[]; readonly learners: readonly Learner[] }
  /** Asks the leader to hand over (thesis §3.10); `null`: to whoever is best placed. Ends in `transferDone` or `transferRefused`. */
  | { readonly type: 'transferLeadership'; readonly transferId: number; readonly to: NodeId | null }
  /** Ends quiescence: the driver doubts that the others still live (a missed ping). Harmless at any other time. */
  | { readonly type: 'wake' }
  /** The link to a peer is gone *and* a redial was refused or answered by another boot: a hint that the process died. */
  | { readonly type: 'linkLost'; readonly peer: NodeId };
