import type { AgentId } from '@raft-mesh/state-machine';
import type { MafiaState } from '../state.ts';
import { commitmentTo } from './hashes.ts';
import { publishedRecords } from './publish.ts';
import type { Commitment, Proof } from './record.ts';

/** A head of a game's chain: after so many entries of its record. Number 0 is the hash of the managers' secret. To be kept, and to be given to `verifyRecord` in the end. */
export interface ChainHead {
  readonly entries: number;
  readonly head: string;
}

/** What everyone knows of the fairness of a game. The same for every viewer. */
export interface SeenFairness {
  /** `null` before the first seat is taken. */
  readonly chain: ChainHead | null;
  /** In the lobby: who is bound to a contribution, and to what hash. */
  readonly commitments: readonly Commitment[];
  /** Once the game was started: who has opened, and log time at which the others are left out. */
  readonly opening: { readonly untilMs: number; readonly opened: readonly AgentId[] } | null;
  /** Whose contributions the deal depends on. */
  readonly contributors: readonly AgentId[];
  /** Who was bound to a contribution and did not open it in time: each could choose between two deals, unseen, and so had a say of one bit. */
  readonly leftOut: readonly AgentId[];
  /** Games whose record the query `record` gives. */
  readonly records: readonly number[];
}

const headOf = ({ count, head }: Proof): ChainHead => ({ entries: count, head });

export function fairnessOf(state: MafiaState): SeenFairness {
  const records = publishedRecords(state).map(({ game }) => game);
  if (state.phase !== 'lobby') {
    const { proof } = state;
    return { chain: proof === null ? null : headOf(proof), commitments: [], opening: null, contributors: proof?.contributors ?? [], leftOut: proof?.leftOut ?? [], records };
  }
  const { opening, secret, commitments } = state;
  const chain = opening !== null ? headOf(opening.proof) : secret === null ? null : { entries: 0, head: commitmentTo(secret) };
  return {
    chain, commitments, contributors: [], leftOut: [], records,
    opening: opening === null ? null : { untilMs: opening.untilMs, opened: opening.contributions.map(({ by }) => by) },
  };
}
