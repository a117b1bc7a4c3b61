import type { NodeId, Term } from './identity.ts';

/** What must be on disk before any message that depends on it leaves (paper Figure 2, "persistent state"). */
export interface HardState {
  readonly term: Term;
  readonly votedFor: NodeId | null;
}
