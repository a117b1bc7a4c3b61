import type { AppliedStep, RaftStep } from '@raft-mesh/mesh';
import type { HardState, Message, NodeId, PersistedState, RaftStatus, SnapshotMeta } from '@raft-mesh/raft';
import type { LogWrite } from '@raft-mesh/mesh';

/** What happens in a run, as the checkers see it: in order, and at once when it happens. */
export type Observation =
  /** A manager has loaded its disk and begins; nothing that it held in memory before counts any more. */
  | { readonly kind: 'started'; readonly node: NodeId; readonly persisted: PersistedState }
  | { readonly kind: 'crashed'; readonly node: NodeId }
  /** Its disk is gone for good, or found damaged: this node never comes back under its name. */
  | { readonly kind: 'retired'; readonly node: NodeId }
  | { readonly kind: 'stepped'; readonly node: NodeId; readonly step: RaftStep }
  /** A Raft message leaves this manager: at the moment of `Link.send`, before the network loses, delays or repeats it. */
  | { readonly kind: 'sent'; readonly node: NodeId; readonly to: NodeId; readonly message: Message }
  | { readonly kind: 'applied'; readonly node: NodeId; readonly step: AppliedStep }
  | { readonly kind: 'restored'; readonly node: NodeId; readonly index: number; readonly runningDigest: string }
  /** This write has reached the platter (whether or not anyone was told). */
  | { readonly kind: 'written'; readonly node: NodeId; readonly write: LogWrite }
  | { readonly kind: 'snapshotInstalled'; readonly node: NodeId; readonly snapshot: SnapshotMeta }
  /** A manager stopped by itself. `expected` when a fault of its disk explains it. */
  | { readonly kind: 'stopped'; readonly node: NodeId; readonly reason: string; readonly expected: boolean };

/** What a checker may look at besides. */
export interface Observed {
  readonly nowMs: number;
  /** Every node that ever was, retired ones included, in order of their making. */
  readonly nodes: readonly NodeId[];
  /** `null` while it is down. */
  status(node: NodeId): RaftStatus | null;
  /** What its disk holds now, flushed: the term of the entry at `index`, `snapshot` when a snapshot covers it, `null` when it is not there. */
  durableTermAt(node: NodeId, index: number): number | 'snapshot' | null;
  durableHardState(node: NodeId): HardState;
}
