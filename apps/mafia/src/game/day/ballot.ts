import type { AgentId, RandomSource } from '@raft-mesh/state-machine';
import { weightOf } from '../choices.ts';
import { drawnFrom, mostChosen } from '../counting.ts';
import type { Day, Judgement, LynchVote, NobodyCondemned, Player } from '../state.ts';

/** What the votes of a day come to. */
export type Verdict =
  | { readonly kind: 'condemned'; readonly player: AgentId; readonly votes: number }
  | { readonly kind: 'nobody'; readonly reason: NobodyCondemned }
  | { readonly kind: 'revote'; readonly among: readonly AgentId[] };

const weightsIn = (players: readonly Player[]): ((by: AgentId) => number) => (players.some((player) => player.isRevealed)
  ? (by) => { const voter = players.find((player) => player.id === by); return voter === undefined ? 1 : weightOf(voter); }
  : () => 1);

/** More than half of all lynch votes that the living have. */
export function majorityOf(players: readonly Player[]): number {
  return Math.floor(players.reduce((sum, player) => (player.died === null ? sum + weightOf(player) : sum), 0) / 2) + 1;
}

/** A single most-voted player is condemned; no vote, or `nobody` in the lead, condemns nobody, and a tie does what the option says. */
export function countVotes({ votes, players, among, options }: Pick<Day, 'votes' | 'players' | 'among' | 'options'>, random: RandomSource): Verdict {
  if (options.voteMode === 'nomination') return { kind: 'nobody', reason: 'noMajority' };
  const weight = weightsIn(players);
  const { targets, count } = mostChosen<AgentId | null, LynchVote>(votes, (vote) => weight(vote.by));
  const [first] = targets;
  if (first === undefined) return { kind: 'nobody', reason: 'noVotes' };
  if (targets.length === 1) return first === null ? { kind: 'nobody', reason: 'nobodyLeads' } : { kind: 'condemned', player: first, votes: count };
  switch (options.ties) {
    case 'nobody': return { kind: 'nobody', reason: 'tie' };
    case 'random': {
      const drawn = drawnFrom(targets, random);
      return drawn === null ? { kind: 'nobody', reason: 'tie' } : { kind: 'condemned', player: drawn, votes: count };
    }
    case 'revote': {
      const tied = targets.filter((target) => target !== null);
      return among === null ? { kind: 'revote', among: tied } : { kind: 'nobody', reason: 'tie' };
    }
    default: return options.ties satisfies never;
  }
}

/** Whom a majority of the living wants to see on trial, `null` while there is none. */
export function accusedBy(votes: readonly LynchVote[], players: readonly Player[]): AgentId | null {
  const weight = weightsIn(players);
  const { targets, count } = mostChosen<AgentId | null, LynchVote>(votes.filter((vote) => vote.target !== null), (vote) => weight(vote.by));
  return count >= majorityOf(players) ? targets[0] ?? null : null;
}

/** More guilty than innocent condemns; the number of guilty ones, `null` for an acquittal. */
export function judged(judgements: readonly Judgement[], players: readonly Player[]): number | null {
  const weight = weightsIn(players);
  const sum = (verdict: Judgement['verdict']): number => judgements.reduce((total, made) => (made.verdict === verdict ? total + weight(made.by) : total), 0);
  const guilty = sum('guilty');
  return guilty > sum('innocent') ? guilty : null;
}
