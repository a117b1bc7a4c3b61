import type { AgentId, Viewer } from '@raft-mesh/state-machine';
import type { BotsAtTable } from './bots.ts';
import { channelOf, whispersOf } from './chat.ts';
import type { Character, Side, Winner } from './character.ts';
import { sideOf } from './characters/index.ts';
import { nightActionsOf, nightTargets, usesLeft, voteTargets } from './choices.ts';
import { majorityOf } from './day/ballot.ts';
import { toldOf } from './events.ts';
import { hostOf } from './hosting.ts';
import { missedDaysMax } from './limits.ts';
import type { NightAction } from './night-actions.ts';
import type { GameOptions } from './options/index.ts';
import { fairnessOf } from './proof/view.ts';
import type { SeenFairness } from './proof/view.ts';
import { isAlive, isMafia, isWaitedFor } from './state.ts';
import type { Channel, ChatLine, Day, DayRecord, Death, Ended, Judgement, Lobby, LynchVote, MafiaState, Night, NightRecord, Phase, Player, PublicEvent, TrialRecord } from './state.ts';
import { winnersAlone } from './winner.ts';

/** One at the table as this viewer may know them. */
export interface SeenPlayer {
  readonly id: AgentId;
  readonly name: string;
  /** What kind of bot it says it is; `null` for people. */
  readonly bot: string | null;
  readonly alive: boolean;
  /** `null` while this viewer may not know it. */
  readonly character: Character | null;
  readonly side: Side | null;
  readonly died: Death | null;
  /** The last will of the dead, and one's own. */
  readonly will: string | null;
  /** Days in a row on which they did nothing; once that is too many nobody waits for them. */
  readonly missedDays: number;
  readonly isAway: boolean;
}

/** Something to do now; it can be done again, and changes the choice, until the phase or the ballot ends. */
export interface OwnAction {
  readonly action: NightAction | 'vote' | 'judge';
  /** Whom it may be done to; `null` (nobody) may always be chosen as well. To judge is to choose the accused, or nobody. */
  readonly targets: readonly AgentId[];
  /** What was chosen so far, abstentions included. */
  readonly chosen: { readonly target: AgentId | null } | null;
  /** How often it may still be done in this game; `null` without end. */
  readonly left: number | null;
}

/** What only the viewer knows of themselves. */
export interface Own {
  readonly id: AgentId;
  readonly name: string;
  /** `null` in the lobby. */
  readonly character: Character | null;
  readonly alive: boolean;
  readonly actions: readonly OwnAction[];
  /** Where one's words go now. */
  readonly channel: Channel | null;
  /** Whom one may whisper to now. */
  readonly whisperTo: readonly AgentId[];
  readonly will: string;
  /** A mayor who may still say so, by day. */
  readonly canReveal: boolean;
}

/** Private knowledge of nights gone by. */
export interface Learned {
  /** What one did; `isBlocked`: somebody kept one from it. */
  readonly deeds: readonly { readonly round: number; readonly action: NightAction; readonly target: AgentId | null; readonly isBlocked: boolean }[];
  readonly investigations: readonly { readonly round: number; readonly target: AgentId; readonly isGuilty: boolean }[];
  readonly tracks: readonly { readonly round: number; readonly target: AgentId; readonly visited: readonly AgentId[] }[];
  readonly watches: readonly { readonly round: number; readonly target: AgentId; readonly visitors: readonly AgentId[] }[];
  /** For the mafia: whom they went for, and who of them went. */
  readonly attacks: readonly { readonly round: number; readonly target: AgentId | null; readonly by: AgentId | null; readonly isBlocked: boolean }[];
}

/** How the day's vote stands. */
export interface SeenBallot {
  /** To be named by `vote`, `abstain` and `judge`; counts from 1 on each day. */
  readonly number: number;
  /** In a revote, the only ones who may be voted for. */
  readonly among: readonly AgentId[] | null;
  readonly abstained: readonly AgentId[];
  /** How many votes are more than half. */
  readonly majority: number;
  readonly trial: { readonly accused: AgentId; readonly judgements: readonly Judgement[] } | null;
  /** Trials of this day that are over. */
  readonly trials: readonly TrialRecord[];
  readonly ready: readonly AgentId[];
  readonly extending: readonly AgentId[];
  readonly extensionsLeft: number;
}

/** What one agent may see of the game. Plain JSON. */
export type MafiaView = {
  readonly game: number;
  readonly phase: Phase;
  readonly round: number;
  /** Log time; `null` when the phase has no end of its own. */
  readonly startedAtMs: number | null;
  readonly deadlineMs: number | null;
  /** The last warning in this phase, as the time that was left then. */
  readonly warnedMs: number | null;
  readonly options: GameOptions;
  readonly host: AgentId | null;
  /** Who sends bots, and how many are wanted. */
  readonly bots: BotsAtTable;
  readonly players: readonly SeenPlayer[];
  /** `null` for whoever is not in this game. */
  readonly you: Own | null;
  readonly learned: Learned;
  /** Tonight's picks of the mafia, for the mafia. */
  readonly picks: readonly LynchVote[];
  /** The lynch votes of this ballot so far. */
  readonly votes: readonly LynchVote[];
  /** By day only. */
  readonly ballot: SeenBallot | null;
  readonly days: readonly DayRecord[];
  readonly events: readonly PublicEvent[];
  /** `null`: a channel that this viewer may not read. `whispers`: one's own. */
  readonly chat: { readonly table: readonly ChatLine[]; readonly mafia: readonly ChatLine[] | null; readonly dead: readonly ChatLine[] | null; readonly whispers: readonly ChatLine[] | null };
  readonly winner: Winner | null;
  /** Who won by a rule of their own, once the game has ended. */
  readonly winnersAlone: readonly AgentId[];
  /** Everything that happened at night, once the game has ended. */
  readonly nights: readonly NightRecord[] | null;
  /** What is known of the fairness of this game, and what to keep so as to check it in the end. */
  readonly fairness: SeenFairness;
};

const nothingLearned: Learned = { deeds: [], investigations: [], tracks: [], watches: [], attacks: [] };

function seenPlayer(player: Player, self: Player | undefined, state: Night | Day): SeenPlayer {
  const isSelf = player === self;
  const isFellow = self !== undefined && isMafia(self) && isMafia(player);
  const told = player.died === null ? null : toldOf(player, state.options);
  const isKnown = isSelf || isFellow || player.isRevealed || (told !== null && told.character !== null);
  return {
    id: player.id, name: player.name, bot: player.bot, alive: player.died === null, died: player.died,
    character: isKnown ? player.character : null, side: isKnown ? sideOf(player.character) : told?.side ?? null,
    will: isSelf || player.died !== null ? player.will : null,
    missedDays: player.missedDays, isAway: player.died === null && !isWaitedFor(player, missedDaysMax),
  };
}

/** Whether somebody lived when this night fell; the dead learn nothing of nights after theirs. */
function livedIn(night: NightRecord, { died }: Player, { firstPhase }: GameOptions): boolean {
  if (died === null || night.round !== died.round) return died === null || night.round < died.round;
  return died.phase === 'night' || firstPhase === 'night';
}

function learnedBy(self: Player | undefined, { nights, options }: Night | Day | Ended): Learned {
  if (self === undefined || nights.length === 0) return nothingLearned;
  const lived = nights.filter((night) => livedIn(night, self, options));
  const own = <Made extends { readonly by: AgentId }, Kept>(madeIn: (night: NightRecord) => readonly Made[], keep: (made: Made) => Kept): (Kept & { readonly round: number })[] =>
    lived.flatMap((night) => madeIn(night).filter((made) => made.by === self.id).map((made) => ({ round: night.round, ...keep(made) })));
  return {
    deeds: own((night) => night.deeds, ({ action, target, isBlocked }) => ({ action, target, isBlocked })),
    investigations: own((night) => night.investigations, ({ target, isGuilty }) => ({ target, isGuilty })),
    tracks: own((night) => night.tracks, ({ target, visited }) => ({ target, visited })),
    watches: own((night) => night.watches, ({ target, visitors }) => ({ target, visitors })),
    attacks: isMafia(self) ? lived.map(({ round, attack }) => ({ round, target: attack?.target ?? null, by: attack?.by ?? null, isBlocked: attack?.isBlocked ?? false })) : [],
  };
}

const idsOf = (players: readonly Player[]): readonly AgentId[] => players.map((player) => player.id);

function nightlyActions(self: Player, state: Night): readonly OwnAction[] {
  return nightActionsOf(self).map((action) => {
    const choice = state.choices.find((made) => made.by === self.id && made.action === action);
    return { action, targets: idsOf(nightTargets(self, action, state)), chosen: choice === undefined ? null : { target: choice.target }, left: usesLeft(self, action) };
  });
}

function dailyActions(self: Player, state: Day): readonly OwnAction[] {
  const { trial } = state;
  if (trial !== null) {
    if (trial.accused === self.id) return [];
    const made = trial.judgements.find((judgement) => judgement.by === self.id);
    return [{ action: 'judge', targets: [trial.accused], chosen: made === undefined ? null : { target: made.verdict === 'guilty' ? trial.accused : null }, left: null }];
  }
  const cast = state.votes.find((vote) => vote.by === self.id);
  const chosen = cast !== undefined ? { target: cast.target } : state.abstained.includes(self.id) ? { target: null } : null;
  return [{ action: 'vote', targets: idsOf(voteTargets(self, state)), chosen, left: null }];
}

function ownPart(state: Night | Day | Ended, self: Player | undefined): Own | null {
  if (self === undefined) return null;
  const { id, name, character, will } = self;
  const base = { id, name, character, will, alive: isAlive(self), channel: channelOf(state, id), actions: [], whisperTo: [], canReveal: false };
  if (!base.alive || state.phase === 'ended') return base;
  if (state.phase === 'night') return { ...base, actions: nightlyActions(self, state) };
  const whisperTo = state.options.whispers === 'off' ? [] : idsOf(state.players.filter((player) => isAlive(player) && player !== self));
  return { ...base, actions: dailyActions(self, state), whisperTo, canReveal: character === 'mayor' && !self.isRevealed };
}

function picksSeenBy(self: Player | undefined, state: Night): readonly LynchVote[] {
  if (self === undefined || !isMafia(self) || !isAlive(self)) return [];
  return state.choices.filter((choice) => choice.action === 'kill').map(({ by, target }) => ({ by, target }));
}

function ballotOf(state: Day): SeenBallot {
  const { ballot, among, abstained, trial, trials, ready, extending, extensions, options, players } = state;
  return {
    number: ballot, among, abstained, trials, ready, extending, majority: majorityOf(players), extensionsLeft: Math.max(0, options.extensionsMax - extensions),
    trial: trial === null ? null : { accused: trial.accused, judgements: trial.judgements },
  };
}

/** After the end there is nothing left to hide, but whispers stay among those who played. */
function endedView(state: Ended, self: Player | undefined): MafiaView {
  const { game, phase, round, options, days, events, nights, winner, chat, players } = state;
  return {
    game, phase, round, options, days, events, nights, winner, winnersAlone: winnersAlone(players), startedAtMs: null, deadlineMs: null, warnedMs: null, host: hostOf(state), bots: state.bots, you: ownPart(state, self),
    players: players.map(({ id, name, bot, character, died, will, missedDays }) => ({ id, name, bot, character, side: sideOf(character), died, alive: died === null, will, missedDays, isAway: false })),
    learned: learnedBy(self, state), picks: [], votes: [], ballot: null,
    chat: { table: chat.table, mafia: self === undefined ? null : chat.mafia, dead: self === undefined ? null : chat.dead, whispers: self === undefined ? null : whispersOf(chat, self.id) },
    fairness: fairnessOf(state),
  };
}

function lobbyView(state: Lobby, agent: AgentId | null): MafiaView {
  const seat = state.seats.find((taken) => taken.id === agent);
  return {
    game: state.game, phase: 'lobby', round: 0, startedAtMs: null, deadlineMs: null, warnedMs: null, options: state.options, host: hostOf(state), bots: state.bots,
    players: state.seats.map(({ id, name, bot }) => ({ id, name, bot, alive: true, character: null, side: null, died: null, will: null, missedDays: 0, isAway: false })),
    you: seat === undefined ? null : { id: seat.id, name: seat.name, character: null, alive: true, actions: [], channel: 'table', whisperTo: [], will: '', canReveal: false },
    learned: nothingLearned, picks: [], votes: [], ballot: null, days: [], events: [], winner: null, winnersAlone: [], nights: null,
    chat: { table: state.chat.table, mafia: null, dead: null, whispers: null },
    fairness: fairnessOf(state),
  };
}

/**
 * What `viewer` may see. Whoever is not in the game, spectators first of all, sees what is said and done at the table and nothing else.
 */
export function viewOf(state: MafiaState, viewer: Viewer): MafiaView {
  if (state.phase === 'lobby') return lobbyView(state, viewer.agent);
  const self = viewer.agent === null ? undefined : state.players.find((player) => player.id === viewer.agent);
  if (state.phase === 'ended') return endedView(state, self);
  return {
    game: state.game, phase: state.phase, round: state.round, startedAtMs: state.startedAtMs, deadlineMs: state.deadlineMs, warnedMs: state.warnedMs, options: state.options, host: hostOf(state), bots: state.bots,
    players: state.players.map((player) => seenPlayer(player, self, state)),
    you: ownPart(state, self),
    learned: learnedBy(self, state),
    picks: state.phase === 'night' ? picksSeenBy(self, state) : [],
    votes: state.phase === 'day' ? state.votes : [],
    ballot: state.phase === 'day' ? ballotOf(state) : null,
    days: state.days, events: state.events, winner: null, winnersAlone: [], nights: null,
    chat: {
      table: state.chat.table,
      mafia: self !== undefined && isAlive(self) && isMafia(self) ? state.chat.mafia : null,
      dead: self !== undefined && !isAlive(self) ? state.chat.dead : null,
      whispers: self === undefined ? null : whispersOf(state.chat, self.id),
    },
    fairness: fairnessOf(state),
  };
}
