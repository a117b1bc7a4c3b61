import type { AgentId, JsonObject } from '@raft-mesh/state-machine';
import type { SeenFairness } from './view.ts';
import { contributionHash } from './hashes.ts';

/** What is needed of a view to know what to do. */
interface Seen {
  readonly game: number;
  readonly phase: string;
  readonly round: number;
  readonly you: object | null;
  readonly fairness: SeenFairness;
}

export interface ContributionMove {
  readonly command: 'commit' | 'open';
  readonly args: JsonObject;
}

/**
 * What a player sends now so that the deal depends on them: `commit` once they sit, `open` once everything is fixed; `null` when there is nothing to
 * do. `nonce` is 32 random bytes (hex, 64 digits), secret until then, another one for each game, and the same one as long as the game lasts: whoever
 * forgets it is left out. It is opened only for the hash that was committed to, so that one agent on two devices cannot trip over itself.
 */
export function contributionMove({ game, phase, round, you, fairness }: Seen, by: AgentId, nonce: string): ContributionMove | null {
  if (phase !== 'lobby' || you === null) return null;
  const hash = contributionHash(game, { by, nonce });
  const isCommitted = fairness.commitments.some((made) => made.by === by && made.hash === hash);
  const moment = { game, phase, round };
  if (fairness.opening === null) return isCommitted ? null : { command: 'commit', args: { ...moment, hash } };
  return isCommitted && !fairness.opening.opened.includes(by) ? { command: 'open', args: { ...moment, nonce } } : null;
}
