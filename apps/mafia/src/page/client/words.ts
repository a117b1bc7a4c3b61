import type { ProtocolErrorCode } from '@raft-mesh/protocol';
import type { Character, MafiaView, Own, Phase, PublicEvent, RefusalCode, Winner } from '../../index.ts';

// Every sentence the page says about the game, in one place.

export const characterNames: Readonly<Record<Character, string>> = { villager: 'Villager', mafia: 'Mafia', doctor: 'Doctor', detective: 'Detective' };

export const characterHints: Readonly<Record<Character, string>> = {
  villager: 'You have no powers but your judgement. Find the mafia by day.',
  mafia: 'Kill by night, look innocent by day. You win when you are as many as the others.',
  doctor: 'Each night, keep one person from being killed. Never the same one twice in a row.',
  detective: 'Each night, learn whether one person is mafia. Use it wisely.',
};

export function phaseTitle(view: MafiaView): string {
  switch (view.phase) {
    case 'lobby': return 'Lobby';
    case 'night': return `Night ${view.round}`;
    case 'day': return `Day ${view.round}`;
    case 'ended': return 'The end';
    default: return view.phase satisfies never;
  }
}

export interface Prompt {
  readonly title: string;
  readonly detail: string;
  /** True when it is this player's turn to do something. */
  readonly urgent: boolean;
}

export function nameOf(view: MafiaView, id: string | null): string {
  if (id === null) return 'nobody';
  return view.players.find((player) => player.id === id)?.name ?? 'somebody';
}

function nightPrompt(view: MafiaView, you: Own): Prompt {
  const chosen = you.chosen === null ? null : nameOf(view, you.chosen.target);
  const done = (what: string): Prompt => ({ title: `${what} ${chosen ?? ''}`, detail: 'Tap someone else to change your mind.', urgent: false });
  switch (you.action) {
    case 'protect': return chosen === null ? { title: 'Whom will you protect?', detail: 'Tap a player. You may choose yourself.', urgent: true } : done('You watch over');
    case 'kill': return chosen === null ? { title: 'Who dies tonight?', detail: 'Tap a player. The mafia kill whoever most of you pick.', urgent: true } : done('You want to kill');
    case 'investigate': return chosen === null ? { title: 'Whom do you suspect?', detail: 'Tap a player. You learn the truth at dawn.', urgent: true } : done('You follow');
    case 'vote': case null: return { title: 'The village sleeps', detail: 'Somewhere, somebody is awake. Wait for the morning.', urgent: false };
    default: return you.action satisfies never;
  }
}

/** What this viewer must do now. */
export function promptFor(view: MafiaView): Prompt {
  const { you } = view;
  if (you === null) {
    return view.phase === 'lobby'
      ? { title: 'You are watching', detail: 'Take a seat to play the next game.', urgent: false }
      : { title: 'You are watching', detail: 'A game is going on. You get a seat when it has ended.', urgent: false };
  }
  if (view.phase === 'ended') return { title: winnerTitle(view.winner), detail: winnerDetail(view.winner), urgent: false };
  if (!you.alive) return { title: 'You are dead', detail: 'Watch, and talk with the other dead. The living cannot hear you.', urgent: false };
  if (view.phase === 'night') return nightPrompt(view, you);
  if (view.phase === 'lobby') return { title: 'Waiting for players', detail: 'Anyone at the table can start.', urgent: false };
  if (you.chosen === null) return { title: 'Who should be condemned?', detail: 'Talk it over, then tap a player to vote.', urgent: true };
  return { title: `You vote for ${nameOf(view, you.chosen.target)}`, detail: 'You may change your vote until the day ends.', urgent: false };
}

export function winnerTitle(winner: Winner | null): string {
  switch (winner) {
    case 'town': return 'The town wins';
    case 'mafia': return 'The mafia wins';
    case 'nobody': case null: return 'Nobody wins';
    default: return winner satisfies never;
  }
}

function winnerDetail(winner: Winner | null): string {
  switch (winner) {
    case 'town': return 'The last of the mafia is gone. The village sleeps soundly again.';
    case 'mafia': return 'They are as many as the others now. Nobody can stop them.';
    case 'nobody': case null: return 'Too many quiet nights and days: the game was abandoned.';
    default: return winner satisfies never;
  }
}

export function eventText(view: MafiaView, event: PublicEvent): string {
  switch (event.kind) {
    case 'started': return `The game begins with ${event.players} players.`;
    case 'killed': return `${nameOf(view, event.player)} was found dead: ${characterNames[event.character].toLowerCase()}.`;
    case 'quietNight': return 'Nobody died in the night.';
    case 'condemned': return `${nameOf(view, event.player)} was condemned with ${event.votes} ${event.votes === 1 ? 'vote' : 'votes'}: ${characterNames[event.character].toLowerCase()}.`;
    case 'nobodyCondemned': return event.reason === 'tie' ? 'The votes were tied. Nobody was condemned.' : event.reason === 'noVotes' ? 'Nobody voted. Nobody was condemned.' : 'The village chose to condemn nobody.';
    case 'ended': return `${winnerTitle(event.winner)}.`;
    default: return event satisfies never;
  }
}

/** What a screen reader says when the phase changes. */
export function phaseAnnouncement(view: MafiaView): string {
  const news = view.events.filter((event) => event.round === view.round || event.round === view.round - 1).slice(-1).map((event) => eventText(view, event)).join(' ');
  const titles: Readonly<Record<Phase, string>> = { lobby: 'Lobby.', night: `Night ${view.round} falls.`, day: `Day ${view.round} breaks.`, ended: '' };
  return `${titles[view.phase]} ${news} ${promptFor(view).title}.`.trim();
}

const connectWords: Partial<Readonly<Record<ProtocolErrorCode, string>>> = {
  wrongMesh: 'The game you were in is no longer there.',
  wrongIncarnation: 'The game was restored from a snapshot and has to let you in again.',
  resumeRefused: 'The game does not know this browser any more.',
  credentialRevoked: 'You have been removed from the game.',
  tokenSpent: 'This invitation has been used already.',
  tokenExpired: 'This invitation has expired.',
  noLeader: 'Nobody of the old game answers.',
  notAuthenticated: 'This browser has forgotten its seat.',
};

/** Why the mesh did not take somebody (back). */
export function connectText(code: ProtocolErrorCode | null, message: string): string {
  return (code === null ? undefined : connectWords[code]) ?? message;
}

const refusalWords: Partial<Readonly<Record<RefusalCode, string>>> = {
  wrongPhase: 'Too late: that phase is over.',
  tooFast: 'Slow down a little.',
  gameFull: 'All seats are taken. You can watch, and play the next game.',
  tooFewPlayers: 'At least five players are needed.',
  nameNotUsable: 'That name cannot be read. Choose another one.',
  notNow: 'Nobody can hear you now.',
  targetNotAllowed: 'You may not choose this player now.',
};

export function refusalText(code: string, message: string): string {
  return refusalWords[code as RefusalCode] ?? `${message.slice(0, 1).toUpperCase()}${message.slice(1)}.`;
}
