import type { AgentId, Viewer } from '@raft-mesh/state-machine';
import { channelOf } from './chat.ts';
import type { Character, Winner } from './character.ts';
import { nightActionOf, nightTargets } from './choices.ts';
import type { NightAction } from './choices.ts';
import { isAlive, isMafia, living } from './state.ts';
import type { Channel, ChatLine, Choice, DayRecord, Ended, GameOptions, LynchVote, MafiaState, Night, NightRecord, Phase, Player, PublicEvent } from './state.ts';

/** One at the table as this viewer may know them. */
export interface SeenPlayer {
  readonly id: AgentId;
  readonly name: string;
  readonly alive: boolean;
  /** `null` while this viewer may not know it. */
  readonly character: Character | null;
  readonly died: { readonly round: number; readonly phase: 'night' | 'day' } | null;
}

/** What only the viewer knows of themselves. */
export interface Own {
  readonly id: AgentId;
  readonly name: string;
  /** `null` in the lobby. */
  readonly character: Character | null;
  readonly alive: boolean;
  /** What may be done now; it can be done again, and changes the choice, until the phase ends. */
  readonly action: NightAction | 'vote' | null;
  /** Whom it may be done to. A lynch vote may also be for nobody (`null`). */
  readonly targets: readonly AgentId[];
  /** What was chosen in this phase so far. */
  readonly chosen: { readonly target: AgentId | null } | null;
  /** Where one's words go now. */
  readonly channel: Channel | null;
}

/** Private knowledge of nights gone by. */
export interface Learned {
  readonly investigations: readonly { readonly round: number; readonly target: AgentId; readonly isMafia: boolean }[];
  readonly protections: readonly { readonly round: number; readonly target: AgentId }[];
  readonly attacks: readonly { readonly round: number; readonly target: AgentId | null }[];
}

/** What one agent may see of the game. Plain JSON. */
export type MafiaView = {
  readonly game: number;
  readonly phase: Phase;
  readonly round: number;
  /** Log time; `null` when the phase has no end of its own. */
  readonly startedAtMs: number | null;
  readonly deadlineMs: number | null;
  readonly options: GameOptions | null;
  readonly players: readonly SeenPlayer[];
  /** `null` for whoever is not in this game. */
  readonly you: Own | null;
  readonly learned: Learned;
  /** Tonight's picks of the mafia, for the mafia. */
  readonly picks: readonly Choice[];
  /** Today's lynch votes so far. */
  readonly votes: readonly LynchVote[];
  readonly days: readonly DayRecord[];
  readonly events: readonly PublicEvent[];
  /** `null`: a channel that this viewer may not read. */
  readonly chat: { readonly table: readonly ChatLine[]; readonly mafia: readonly ChatLine[] | null; readonly dead: readonly ChatLine[] | null };
  readonly winner: Winner | null;
  /** Everything that happened at night, once the game has ended. */
  readonly nights: readonly NightRecord[] | null;
};

const nothingLearned: Learned = { investigations: [], protections: [], attacks: [] };

function characterSeenBy(self: Player | undefined, player: Player): Character | null {
  const known = player.id === self?.id || !isAlive(player) || (self !== undefined && isMafia(self) && isMafia(player));
  return known ? player.character : null;
}

function learnedBy(self: Player | undefined, nights: readonly NightRecord[]): Learned {
  if (self === undefined) return nothingLearned;
  // The dead learn nothing of nights after theirs.
  const lived = nights.filter((night) => self.died === null || night.round <= self.died.round);
  return {
    investigations: lived.flatMap((night) => night.investigations.filter((made) => made.by === self.id).map(({ target, isMafia: found }) => ({ round: night.round, target, isMafia: found }))),
    protections: lived.flatMap((night) => night.protections.filter((made) => made.by === self.id).map(({ target }) => ({ round: night.round, target }))),
    attacks: isMafia(self) ? lived.map((night) => ({ round: night.round, target: night.attacked })) : [],
  };
}

function ownPart(state: Exclude<MafiaState, { phase: 'lobby' }>, self: Player | undefined): Own | null {
  if (self === undefined) return null;
  const base = { id: self.id, name: self.name, character: self.character, alive: isAlive(self), channel: channelOf(state, self.id) };
  const idle = { ...base, action: null, targets: [], chosen: null };
  if (!base.alive) return idle;
  switch (state.phase) {
    case 'ended': return idle;
    case 'night': {
      const action = nightActionOf(self.character);
      const choice = state.choices.find((made) => made.by === self.id);
      return { ...base, action, targets: nightTargets(self, state).map((player) => player.id), chosen: choice === undefined ? null : { target: choice.target } };
    }
    case 'day': {
      const vote = state.votes.find((cast) => cast.by === self.id);
      return { ...base, action: 'vote', targets: living(state.players).map((player) => player.id).filter((id) => id !== self.id), chosen: vote === undefined ? null : { target: vote.target } };
    }
    default: return state satisfies never;
  }
}

function picksSeenBy(self: Player | undefined, state: Night): readonly Choice[] {
  if (self === undefined || !isMafia(self) || !isAlive(self)) return [];
  return state.choices.filter((choice) => state.players.some((player) => player.id === choice.by && isMafia(player)));
}

/** After the end there is nothing left to hide, but whispers stay among those who played. */
function endedView(state: Ended, self: Player | undefined): MafiaView {
  const { game, phase, round, options, days, events, nights, winner, chat } = state;
  return {
    game, phase, round, options, days, events, nights, winner, startedAtMs: null, deadlineMs: null, you: ownPart(state, self),
    players: state.players.map(({ id, name, character, died }) => ({ id, name, character, died, alive: died === null })),
    learned: learnedBy(self, nights), picks: [], votes: [],
    chat: { table: chat.table, mafia: self === undefined ? null : chat.mafia, dead: self === undefined ? null : chat.dead },
  };
}

/**
 * What `viewer` may see. Whoever is not in the game, spectators first of all, sees what is said and done at the table and nothing else.
 */
export function viewOf(state: MafiaState, viewer: Viewer): MafiaView {
  if (state.phase === 'lobby') {
    const seat = state.seats.find((taken) => taken.id === viewer.agent);
    return {
      game: state.game, phase: 'lobby', round: 0, startedAtMs: null, deadlineMs: null, options: null,
      players: state.seats.map(({ id, name }) => ({ id, name, alive: true, character: null, died: null })),
      you: seat === undefined ? null : { id: seat.id, name: seat.name, character: null, alive: true, action: null, targets: [], chosen: null, channel: 'table' },
      learned: nothingLearned, picks: [], votes: [], days: [], events: [], winner: null, nights: null,
      chat: { table: state.chat.table, mafia: null, dead: null },
    };
  }
  const self = viewer.agent === null ? undefined : state.players.find((player) => player.id === viewer.agent);
  if (state.phase === 'ended') return endedView(state, self);
  return {
    game: state.game, phase: state.phase, round: state.round, startedAtMs: state.startedAtMs, deadlineMs: state.deadlineMs, options: state.options,
    players: state.players.map((player) => ({ id: player.id, name: player.name, alive: isAlive(player), character: characterSeenBy(self, player), died: player.died })),
    you: ownPart(state, self),
    learned: learnedBy(self, state.nights),
    picks: state.phase === 'night' ? picksSeenBy(self, state) : [],
    votes: state.phase === 'day' ? state.votes : [],
    days: state.days, events: state.events, winner: null, nights: null,
    chat: {
      table: state.chat.table,
      mafia: self !== undefined && isAlive(self) && isMafia(self) ? state.chat.mafia : null,
      dead: self !== undefined && !isAlive(self) ? state.chat.dead : null,
    },
  };
}
