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

/** Whom a living player may choose for one of their actions tonight. Only reads what that player knows. */
export function nightTargets(actor: Player, action: NightAction, state: Night): readonly Player[] {
  const { self, fellows, sameAgain } = nightActions[action].mayTarget;
  const last = sameAgain ? null : targetLastNight(actor, action, state);
  const sparesFellows = !fellows && isMafia(actor);
  return state.players.filter((player) => isAlive(player) && (self || player.id !== actor.id) && player.id !== last && !(sparesFellows && isMafia(player)));
}

/** True once nobody is waited for: everyone with something to do tonight has done it. */
export function nightIsComplete(state: Night): boolean {
  return state.players.every((player) => !isWaitedFor(player, missedDaysMax)
    || nightActionsOf(player).every((action) => state.choices.some((choice) => choice.by === player.id && choice.action === action)));
}

/** Whom one may vote for now, besides nobody. */
export function voteTargets(voter: Player, state: Day): readonly Player[] {
  if (state.trial !== null) return [];
  return state.players.filter((player) => isAlive(player) && (state.options.selfVotes || player.id !== voter.id) && (state.among === null || state.among.includes(player.id)));
}

/** Everyone whose vote, judgement or readiness the day waits for. */
function waitedFor(state: Day): readonly Player[] {
  const accused = state.trial?.accused ?? null;
  return state.players.filter((player) => isWaitedFor(player, missedDaysMax) && player.id !== accused);
}

/** True once nobody is waited for. A day that was extended waits for everyone to be ready. */
export function dayIsComplete(state: Day): boolean {
  const { endsEarly } = state.options;
  if (endsEarly === 'never') return false;
  const isReady = (player: Player): boolean => state.ready.includes(player.id);
  if (endsEarly === 'whenAllReady' || state.extensions > 0) return waitedFor(state).every(isReady);
  const { trial } = state;
  if (trial !== null) return waitedFor(state).every((player) => trial.judgements.some((made) => made.by === player.id) || isReady(player));
  return waitedFor(state).every((player) => state.votes.some((vote) => vote.by === player.id) || state.abstained.includes(player.id) || isReady(player));
}

/** How much a player's lynch vote counts. */
export const weightOf = (player: Player): number => (player.isRevealed ? 2 : 1);
