import type { AgentId, RandomSource, StepContext } from '@raft-mesh/state-machine';
import type { Winner } from './character.ts';
import { nightActionOf } from './choices.ts';
import type { NightAction } from './choices.ts';
import { eventsMax, quietRoundsMax, recordsMax } from './limits.ts';
import { isAlive, isMafia, lastOf, living } from './state.ts';
import type { Choice, Day, DayRecord, Ended, LynchVote, MafiaState, Night, NightRecord, Player, PublicEvent } from './state.ts';

/** `Omit` that keeps a union a union. */
type Without<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

export function withEvent(events: readonly PublicEvent[], event: Without<PublicEvent, 'number'>): readonly PublicEvent[] {
  return lastOf([...events, { ...event, number: (events.at(-1)?.number ?? 0) + 1 }], eventsMax);
}

/** Who has won, `null` while both sides still can. */
export function winnerAmong(players: readonly Player[]): 'town' | 'mafia' | null {
  const alive = living(players);
  const mafia = alive.filter(isMafia).length;
  if (mafia === 0) return 'town';
  return mafia >= alive.length - mafia ? 'mafia' : null;
}

/** The targets with the most choices, in the order first chosen. */
function mostChosen<Target>(choices: readonly { readonly target: Target }[]): { readonly targets: readonly Target[]; readonly count: number } {
  const counts = new Map<Target, number>();
  for (const { target } of choices) counts.set(target, (counts.get(target) ?? 0) + 1);
  let most = 0;
  for (const count of counts.values()) most = Math.max(most, count);
  return { targets: [...counts].filter(([, count]) => count === most).map(([target]) => target), count: most };
}

function drawnFrom<Item>(items: readonly Item[], random: RandomSource): Item | null {
  return items.length === 0 ? null : items[items.length === 1 ? 0 : random.integerBelow(items.length)] ?? null;
}

/** Protect, then kill, then investigate. All that was chosen counts, also of a player who dies of it tonight. */
export function resolveNight(state: Night, random: RandomSource): NightRecord {
  const madeBy = (action: NightAction): readonly Choice[] => state.choices.filter((choice) => {
    const actor = state.players.find((player) => player.id === choice.by);
    return actor !== undefined && isAlive(actor) && nightActionOf(actor.character) === action;
  });
  const protections = madeBy('protect');
  const picks = madeBy('kill');
  const attacked = drawnFrom(mostChosen(picks).targets, random);
  const saved = protections.some((protection) => protection.target === attacked);
  const investigations = madeBy('investigate').map((choice) => ({
    ...choice, isMafia: state.players.some((player) => player.id === choice.target && isMafia(player)),
  }));
  return { round: state.round, protections, picks, attacked, killed: saved ? null : attacked, investigations };
}

/** What the votes come to: a single most-voted player is condemned; a tie, no vote, or `nobody` in the lead condemns nobody. */
export function countVotes(votes: readonly LynchVote[]): { readonly condemned: AgentId; readonly votes: number } | { readonly condemned: null; readonly reason: 'noVotes' | 'tie' | 'nobodyLeads' } {
  const { targets, count } = mostChosen(votes);
  const [first] = targets;
  if (first === undefined) return { condemned: null, reason: 'noVotes' };
  if (targets.length > 1) return { condemned: null, reason: 'tie' };
  return first === null ? { condemned: null, reason: 'nobodyLeads' } : { condemned: first, votes: count };
}

function withDeath(players: readonly Player[], id: AgentId | null, died: { readonly round: number; readonly phase: 'night' | 'day' }): readonly Player[] {
  return players.map((player) => (player.id === id ? { ...player, died } : player));
}

function ended(state: Night | Day, winner: Winner): Ended {
  return {
    phase: 'ended', round: state.round, game: state.game, chat: state.chat, options: state.options, players: state.players,
    nights: state.nights, days: state.days, quietRounds: state.quietRounds, winner,
    events: withEvent(state.events, { kind: 'ended', round: state.round, winner }),
  };
}

function endNight(state: Night, ctx: StepContext): MafiaState {
  const record = resolveNight(state, ctx.random);
  const victim = state.players.find((player) => player.id === record.killed);
  const next: Day = {
    phase: 'day', round: state.round, game: state.game, chat: state.chat, options: state.options, quietRounds: state.quietRounds, days: state.days,
    players: withDeath(state.players, record.killed, { round: state.round, phase: 'night' }),
    nights: lastOf([...state.nights, record], recordsMax),
    events: withEvent(state.events, victim === undefined
      ? { kind: 'quietNight', round: state.round }
      : { kind: 'killed', round: state.round, player: victim.id, character: victim.character }),
    votes: [], startedAtMs: ctx.logTimeMs, deadlineMs: ctx.logTimeMs + state.options.dayMs,
  };
  const winner = winnerAmong(next.players);
  return winner === null ? next : ended(next, winner);
}

function endDay(state: Day, ctx: StepContext): MafiaState {
  const result = countVotes(state.votes);
  const condemned = state.players.find((player) => player.id === result.condemned);
  const record: DayRecord = { round: state.round, votes: state.votes, condemned: result.condemned };
  const diedThisRound = condemned !== undefined || state.nights.at(-1)?.killed !== null;
  const quietRounds = diedThisRound ? 0 : state.quietRounds + 1;
  const next: Night = {
    phase: 'night', round: state.round + 1, game: state.game, chat: state.chat, options: state.options, nights: state.nights, quietRounds,
    players: withDeath(state.players, result.condemned, { round: state.round, phase: 'day' }),
    days: lastOf([...state.days, record], recordsMax),
    events: withEvent(state.events, condemned === undefined || result.condemned === null
      ? { kind: 'nobodyCondemned', round: state.round, reason: result.condemned === null ? result.reason : 'noVotes' }
      : { kind: 'condemned', round: state.round, player: condemned.id, character: condemned.character, votes: result.votes }),
    choices: [], startedAtMs: ctx.logTimeMs, deadlineMs: ctx.logTimeMs + state.options.nightMs,
  };
  const winner = winnerAmong(next.players) ?? (quietRounds >= quietRoundsMax ? 'nobody' : null);
  return winner === null ? next : ended({ ...next, round: state.round }, winner);
}

/** Ends the phase whose deadline has come. The next one starts now, so a stall of the whole mesh costs nobody a phase. */
export function endPhase(state: MafiaState, ctx: StepContext): MafiaState {
  switch (state.phase) {
    case 'lobby': case 'ended': return state;
    case 'night': return endNight(state, ctx);
    case 'day': return endDay(state, ctx);
    default: return state satisfies never;
  }
}

/** Log time at which `endPhase` is due. */
export function deadlineOf(state: MafiaState): number | null {
  return state.phase === 'night' || state.phase === 'day' ? state.deadlineMs : null;
}
