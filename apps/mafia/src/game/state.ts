import type { AgentId } from '@raft-mesh/state-machine';
import { noBots } from './bots.ts';
import type { BotsAtTable } from './bots.ts';
import type { Character, Side, Winner } from './character.ts';
import { characters } from './characters/index.ts';
import type { NightAction } from './night-actions.ts';
import { defaultOptions } from './options/index.ts';
import type { GameOptions } from './options/index.ts';
import type { Commitment, Contribution, GameRecord, Proof } from './proof/record.ts';

export type Phase = 'lobby' | 'night' | 'day' | 'ended';

/** Which phase of which game a command means; a command that means another one is refused as `wrongPhase`. */
export interface Moment {
  /** Counts games in this mesh, from 1. */
  readonly game: number;
  readonly phase: Phase;
  /** 0 in the lobby; night 1, day 1, night 2, … (or day 1, night 1, day 2, …). */
  readonly round: number;
}

export interface Seat {
  readonly id: AgentId;
  readonly name: string;
  /** What kind of bot it says it is; `null` for people. */
  readonly bot: string | null;
}

/** When and how somebody died. */
export interface Death {
  readonly round: number;
  readonly phase: 'night' | 'day';
  readonly cause: 'killed' | 'condemned';
}

export interface Player extends Seat {
  readonly character: Character;
  /** `null` while alive. */
  readonly died: Death | null;
  /** The last will, secret until death. */
  readonly will: string;
  /** Days in a row on which this player did nothing at all. */
  readonly missedDays: number;
  /** Actions of a limited number that were used. Secret. */
  readonly used: number;
  /** A mayor who has said so. */
  readonly isRevealed: boolean;
}

/** What one player does to another by night; `target: null` is to let it be. */
export interface NightChoice {
  readonly by: AgentId;
  readonly action: NightAction;
  readonly target: AgentId | null;
}

/** `target: null` is a lynch vote for nobody. */
export interface LynchVote {
  readonly by: AgentId;
  readonly target: AgentId | null;
}

/** What one player did in one night, the picks of the mafia apart. */
export interface Deed extends NightChoice {
  readonly isBlocked: boolean;
}

/** Everything that happened in one night. Secret until the game has ended. */
export interface NightRecord {
  readonly round: number;
  readonly deeds: readonly Deed[];
  /** Whom each of the mafia wanted dead. */
  readonly picks: readonly LynchVote[];
  /** Whom the mafia went for in the end, and who of them went; `null` when nobody was picked. */
  readonly attack: { readonly target: AgentId; readonly by: AgentId; readonly isBlocked: boolean } | null;
  /** In the order of the table, which tells nothing. */
  readonly killed: readonly AgentId[];
  readonly investigations: readonly { readonly by: AgentId; readonly target: AgentId; readonly isGuilty: boolean }[];
  readonly tracks: readonly { readonly by: AgentId; readonly target: AgentId; readonly visited: readonly AgentId[] }[];
  readonly watches: readonly { readonly by: AgentId; readonly target: AgentId; readonly visitors: readonly AgentId[] }[];
}

export interface Judgement {
  readonly by: AgentId;
  readonly verdict: Verdict;
}
export type Verdict = 'guilty' | 'innocent' | 'abstain';

/** One trial that is over. */
export interface TrialRecord {
  readonly accused: AgentId;
  /** The votes that brought them there. */
  readonly nominations: readonly LynchVote[];
  readonly judgements: readonly Judgement[];
}

/** Everything that happened on one day. Public. */
export interface DayRecord {
  readonly round: number;
  /** Of the last ballot. */
  readonly votes: readonly LynchVote[];
  readonly abstained: readonly AgentId[];
  /** For whom the mesh abstained, since they did nothing all day. */
  readonly absent: readonly AgentId[];
  readonly trials: readonly TrialRecord[];
  readonly condemned: AgentId | null;
}

/** What is told of the dead: all, their side, or nothing, by the option `reveal`. */
export interface Told {
  readonly character: Character | null;
  readonly side: Side | null;
}

export type NobodyCondemned = 'noVotes' | 'tie' | 'nobodyLeads' | 'noMajority' | 'acquitted';

/** Something everyone may know. `number` counts from 1 in each game. */
export type PublicEvent = { readonly number: number; readonly round: number } & (
  | { readonly kind: 'started'; readonly players: number }
  | { readonly kind: 'killed'; readonly player: AgentId } & Told
  | { readonly kind: 'quietNight' }
  | { readonly kind: 'condemned'; readonly player: AgentId; readonly votes: number } & Told
  /** The hunter takes somebody along by day. */
  | { readonly kind: 'takenAlong'; readonly player: AgentId; readonly by: AgentId } & Told
  | { readonly kind: 'nobodyCondemned'; readonly reason: NobodyCondemned }
  | { readonly kind: 'revote'; readonly players: readonly AgentId[] }
  | { readonly kind: 'accused'; readonly player: AgentId }
  | { readonly kind: 'acquitted'; readonly player: AgentId }
  | { readonly kind: 'mayor'; readonly player: AgentId }
  | { readonly kind: 'extended' }
  /** Who did nothing all day; the mesh abstained for them. */
  | { readonly kind: 'absent'; readonly players: readonly AgentId[] }
  | { readonly kind: 'stopped'; readonly by: AgentId }
  | { readonly kind: 'ended'; readonly winner: Winner; readonly alone: readonly AgentId[] }
);

export interface ChatLine {
  /** Counts from 1 within its channel; a count over all channels would tell of lines that one may not read. */
  readonly number: number;
  readonly by: AgentId;
  readonly name: string;
  readonly text: string;
  /** Log time. */
  readonly atMs: number;
  /** A whisper, and to whom. At the table it has no text: only that it was is seen there. */
  readonly to?: AgentId;
}

/** Each channel has its own history and its own bound, so that talk in one never pushes lines out of another. */
export interface Chat {
  readonly table: readonly ChatLine[];
  readonly mafia: readonly ChatLine[];
  readonly dead: readonly ChatLine[];
  /** What each player whispered or was whispered. */
  readonly whispers: readonly { readonly of: AgentId; readonly lines: readonly ChatLine[] }[];
}
export type Channel = 'table' | 'mafia' | 'dead';

/** Who looks after the table, and when they last did something that all may know, in ms of log time. */
export interface Hosting {
  readonly host: AgentId | null;
  readonly seenAtMs: number;
}

interface InAnyPhase {
  readonly bots: BotsAtTable;
  readonly game: number;
  readonly chat: Chat;
  readonly hosting: Hosting;
  readonly options: GameOptions;
  /** Of the last game that ended and kept one. Public. */
  readonly lastRecord: GameRecord | null;
}

export interface Lobby extends InAnyPhase {
  readonly phase: 'lobby';
  readonly round: 0;
  readonly seats: readonly Seat[];
  /** Whom the host removed; they may not sit down again before the next lobby. */
  readonly removed: readonly AgentId[];
  /** The managers' secret of the next game, drawn when the first seat is taken. Never in a view; its hash is. */
  readonly secret: string | null;
  /** To contributions to chance, of those who sit here. */
  readonly commitments: readonly Commitment[];
  /** Once the game was started, while those who had committed open what they committed to; nothing else may change then. */
  readonly opening: { readonly untilMs: number; readonly contributions: readonly Contribution[]; readonly proof: Proof } | null;
}

/** What a game has from its start to its end, and after. */
interface Played extends InAnyPhase {
  readonly round: number;
  /** In the order in which they sat down, which says nothing about characters. */
  readonly players: readonly Player[];
  readonly nights: readonly NightRecord[];
  readonly days: readonly DayRecord[];
  readonly events: readonly PublicEvent[];
  /** Nights and days in a row without a death. */
  readonly quietPhases: number;
  /** What anyone will need to check this game; `null` when none is kept. */
  readonly proof: Proof | null;
}

interface Timed {
  readonly startedAtMs: number;
  /** Log time at which the phase ends. Moved forward once everyone who must act has acted. */
  readonly deadlineMs: number;
  /** The last warning that was given, as the time that was left; `null` before the first. */
  readonly warnedMs: number | null;
}

export interface Night extends Played, Timed {
  readonly phase: 'night';
  /** At most one choice of each living player for each of their actions. */
  readonly choices: readonly NightChoice[];
}

export interface Trial extends TrialRecord {
  /** What is left of the day once the trial is over. */
  readonly dayLeftMs: number;
}

export interface Day extends Played, Timed {
  readonly phase: 'day';
  /** Counts the ballots of this day from 1: each revote, trial, and vote after an acquittal is another. */
  readonly ballot: number;
  /** In a revote, the only ones who may be voted for. */
  readonly among: readonly AgentId[] | null;
  readonly votes: readonly LynchVote[];
  readonly abstained: readonly AgentId[];
  readonly trial: Trial | null;
  readonly trials: readonly TrialRecord[];
  /** Who wants the day to end, and who wants it to be longer. */
  readonly ready: readonly AgentId[];
  readonly extending: readonly AgentId[];
  readonly extensions: number;
  /** Who has done something today that all can see, besides the votes and judgements of this ballot. */
  readonly present: readonly AgentId[];
}

export interface Ended extends Played {
  readonly phase: 'ended';
  readonly winner: Winner;
}

export type Running = Night | Day;
export type MafiaState = Lobby | Night | Day | Ended;

export const emptyChat: Chat = { table: [], mafia: [], dead: [], whispers: [] };

export function initialState(): MafiaState {
  return { phase: 'lobby', round: 0, game: 1, seats: [], removed: [], bots: noBots, secret: null, commitments: [], opening: null, lastRecord: null, chat: emptyChat, hosting: { host: null, seenAtMs: 0 }, options: defaultOptions };
}

/** True when a command that names `moment` is meant for now. */
export const isNow = (state: MafiaState, moment: Moment): boolean => moment.game === state.game && moment.phase === state.phase && moment.round === state.round;

export const isAlive = (player: Player): boolean => player.died === null;
export const isMafia = (player: Player): boolean => characters[player.character].side === 'mafia';
export const living = (players: readonly Player[]): readonly Player[] => players.filter(isAlive);
export const playerOf = (state: Exclude<MafiaState, Lobby>, id: AgentId | null): Player | undefined => (id === null ? undefined : state.players.find((player) => player.id === id));
/** Nobody waits for whoever was away so long; what they do still counts, and brings them back. */
export const isWaitedFor = (player: Player, missedDaysMax: number): boolean => player.died === null && player.missedDays < missedDaysMax;

/** The last `most` items. */
export function lastOf<Item>(items: readonly Item[], most: number): readonly Item[] {
  return items.length > most ? items.slice(items.length - most) : items;
}
