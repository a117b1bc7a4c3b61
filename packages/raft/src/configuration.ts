import type { NodeId } from './identity.ts';

/** A node in a configuration. `address` is opaque to Raft; the runtime keeps the manager's URL there. */
export interface Member {
  readonly id: NodeId;
  readonly address: string;
}

/** Receives everything and votes on nothing (thesis §4.2.1). */
export interface Learner extends Member {
  /** Becomes a voter by itself, by whoever then leads, once it has caught up. */
  readonly promotable: boolean;
}

/**
 * Who votes and who only receives (paper §6). `votersOutgoing` is empty except in a joint configuration,
 * where a quorum needs a majority of both sets.
 */
export interface Configuration {
  readonly voters: readonly Member[];
  readonly votersOutgoing: readonly Member[];
  readonly learners: readonly Learner[];
}
