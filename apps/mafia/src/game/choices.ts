import type { AgentId } from '@raft-mesh/state-machine';
import { characters } from './characters/index.ts';
import { missedDaysMax } from './limits.ts';
import { nightActions } from './night-actions.ts';
import type { NightAction } from './night-actions.ts';
import { isAlive, isMafia, isWaitedFor } from './state.ts';
import type { Day, Night, Player } from './state.ts';

/** What a living player may do tonight: of what is limited, only what is left. */
export function nightActionsOf(player: Player): readonly NightAction[] {
  const { actions } = characters[player.character];
  return actions.some((action) => usesLeft(player, action) === 0) ? actions.filter((action) => usesLeft(player, action) !== 0) : actions;
}

/** How often a player may still do this; `null` without end. */
export function usesLeft(player: Player, action: NightAction): number | null {
  const { timesMax } = nightActions[action];
  return timesMax === null ? null : Math.max(0, timesMax - player.used);
}

/** The one whom a player chose for an action the night before. */
function targetLastNight(actor: Player, action: NightAction, state: Night): AgentId | null {
  return state.nights.at(-1)?.deeds.find((deed) => deed.by === actor.id && deed.action === action)?.target ?? null;
}

/** Whether a living player may choose another for one of their actions tonight. Only reads what that player knows. */
export function mayTarget(actor: Player, action: NightAction, target: Player, state: Night): boolean {
  const { self, fellows, sameAgain } = nightActions[action].mayTarget;
  return isAlive(target) && (self || target.id !== actor.id) && (fellows || !isMafia(actor) || !isMafia(target)) && (sameAgain || target.id !== targetLastNight(actor, action, state));
}

export const nightTargets = (actor: Player, action: NightAction, state: Night): readonly Player[] => state.players.filter((player) => mayTarget(actor, action, player, state));

/** True once nobody is waited for: everyone with something to do tonight has done it. */
export function nightIsComplete(state: Night): boolean {
  return state.players.every((player) => !isWaitedFor(player, missedDaysMax)
    || nightActionsOf(player).every((action) => state.choices.some((choice) => choice.by === player.id && choice.action === action)));
}

/** Whether one living player may vote for another now. */
export function mayVoteFor(voter: Player, target: Player, { trial, options, among }: Day): boolean {
  return trial === null && isAlive(target) && (options.selfVotes || target.id !== voter.id) && (among === null || among.includes(target.id));
}

/** Whom one may vote for now, besides nobody. */
export const voteTargets = (voter: Player, state: Day): readonly Player[] => state.players.filter((player) => mayVoteFor(voter, player, state));

/** True once nobody is waited for. A day that was extended waits for everyone to be ready. */
export function dayIsComplete({ options, extensions, players, trial, votes, abstained, ready }: Day): boolean {
  const { endsEarly } = options;
  if (endsEarly === 'never') return false;
  const waitsForReady = endsEarly === 'whenAllReady' || extensions > 0;
  const hasActed = ({ id }: Player): boolean => (trial === null ? votes.some((vote) => vote.by === id) || abstained.includes(id) : trial.judgements.some((made) => made.by === id));
  return players.every((player) => !isWaitedFor(player, missedDaysMax) || player.id === trial?.accused || ready.includes(player.id) || (!waitsForReady && hasActed(player)));
}

/** How much a player's lynch vote counts. */
export const weightOf = (player: Player): number => (player.isRevealed ? 2 : 1);
