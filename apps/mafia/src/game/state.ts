import type { AgentId } from '@raft-mesh/state-machine';
import type { Character, Winner } from './character.ts';

export type Phase = 'lobby' | 'night' | 'day' | 'ended';

/** Which phase of which game a command means; a command that means another one is refused as `wrongPhase`. */
export interface Moment {
  /** Counts games in this mesh, from 1. */
  readonly game: number;
  readonly phase: Phase;
  /** 0 in the lobby; night 1, day 1, night 2, … */
  readonly round: number;
}

export interface Seat {
  readonly id: AgentId;
  readonly name: string;
}

export interface Player extends Seat {
  readonly character: Character;
  /** When and how the player died, `null` while alive. */
  readonly died: { readonly round: number; readonly phase: 'night' | 'day' } | null;
}

/** One player choosing another, at night or for the lynch; `target: null` is a lynch vote for nobody. */
export interface Choice {
  readonly by: AgentId;
  readonly target: AgentId;
}
export interface LynchVote {
  readonly by: AgentId;
  readonly target: AgentId | null;
}

export interface Investigation extends Choice {
  readonly isMafia: boolean;
}

/** Everything that happened in one night. Secret until the game has ended. */
export interface NightRecord {
  readonly round: number;
  readonly protections: readonly Choice[];
  readonly picks: readonly Choice[];
  /** Whom the mafia went for in the end, `null` when nobody was picked. */
  readonly attacked: AgentId | null;
  readonly killed: AgentId | null;
  readonly investigations: readonly Investigation[];
}

/** Everything that happened on one day. Public. */
export interface DayRecord {
  readonly round: number;
  readonly votes: readonly LynchVote[];
  readonly condemned: AgentId | null;
}

/** Something everyone may know. `number` counts from 1 in each game. */
export type PublicEvent = { readonly number: number; readonly round: number } & (
  | { readonly kind: 'started'; readonly players: number }
  | { readonly kind: 'killed'; readonly player: AgentId; readonly character: Character }
  | { readonly kind: 'quietNight' }
  | { readonly kind: 'condemned'; readonly player: AgentId; readonly character: Character; readonly votes: number }
  | { readonly kind: 'nobodyCondemned'; readonly reason: 'noVotes' | 'tie' | 'nobodyLeads' }
  | { readonly kind: 'ended'; readonly winner: Winner }
);

export interface ChatLine {
  /** Counts from 1 within its channel; a count over all channels would tell of lines that one may not read. */
  readonly number: number;
  readonly by: AgentId;
  readonly name: string;
  readonly text: string;
  /** Log time. */
  readonly atMs: number;
}

/** Each channel has its own history and its own bound, so that talk in one never pushes lines out of another. */
export interface Chat {
  readonly table: readonly ChatLine[];
  readonly mafia: readonly ChatLine[];
  readonly dead: readonly ChatLine[];
}
export type Channel = keyof Chat;

export interface GameOptions {
  /** Longest night and longest day, in ms of log time. */
  readonly nightMs: number;
  readonly dayMs: number;
}

interface InAnyPhase {
  readonly game: number;
  readonly chat: Chat;
}

export interface Lobby extends InAnyPhase {
  readonly phase: 'lobby';
  readonly round: 0;
  readonly seats: readonly Seat[];
}

/** What a game has from its start to its end, and after. */
interface Played extends InAnyPhase {
  readonly round: number;
  readonly options: GameOptions;
  /** In the order in which they sat down, which says nothing about characters. */
  readonly players: readonly Player[];
  readonly nights: readonly NightRecord[];
  readonly days: readonly DayRecord[];
  readonly events: readonly PublicEvent[];
  /** Rounds in a row without a death. */
  readonly quietRounds: number;
}

interface Timed {
  readonly startedAtMs: number;
  /** Log time at which the phase ends. Moved forward once everyone who must act has acted. */
  readonly deadlineMs: number;
}

export interface Night extends Played, Timed {
  readonly phase: 'night';
  /** At most one choice of each living player; what it means follows from that player's character. */
  readonly choices: readonly Choice[];
}

export interface Day extends Played, Timed {
  readonly phase: 'day';
  readonly votes: readonly LynchVote[];
}

export interface Ended extends Played {
  readonly phase: 'ended';
  readonly winner: Winner;
}

export type Running = Night | Day;
export type MafiaState = Lobby | Night | Day | Ended;

export const emptyChat: Chat = { table: [], mafia: [], dead: [] };

export function initialState(): MafiaState {
  return { phase: 'lobby', round: 0, game: 1, seats: [], chat: emptyChat };
}

/** True when a command that names `moment` is meant for now. */
export const isNow = (state: MafiaState, moment: Moment): boolean => moment.game === state.game && moment.phase === state.phase && moment.round === state.round;

export const isAlive = (player: Player): boolean => player.died === null;
export const isMafia = (player: Player): boolean => player.character === 'mafia';
export const living = (players: readonly Player[]): readonly Player[] => players.filter(isAlive);

/** The last `most` items. */
export function lastOf<Item>(items: readonly Item[], most: number): readonly Item[] {
  return items.length > most ? items.slice(items.length - most) : items;
}
