import type { ProtocolErrorCode } from '@raft-mesh/protocol';
import type { optionTable } from '../../game/options/index.ts';
import type { Channel, Character, MafiaView, NightRecord, OwnAction, Phase, PublicEvent, RefusalCode, Side, Winner } from '../../index.ts';

// Every sentence the page says about the game, in one place.

export const characterNames: Readonly<Record<Character, string>> = {
  villager: 'Villager', detective: 'Detective', doctor: 'Doctor', bodyguard: 'Bodyguard', tracker: 'Tracker', watcher: 'Watcher', vigilante: 'Vigilante', roleblocker: 'Roleblocker', hunter: 'Hunter', mayor: 'Mayor',
  mafia: 'Mafia', godfather: 'Godfather', consort: 'Consort', framer: 'Framer', jester: 'Jester',
};

export const characterHints: Readonly<Record<Character, string>> = {
  villager: 'You have no powers but your judgement. Find the mafia by day.',
  detective: 'Each night, learn whether one person is guilty. A godfather seems innocent, and a framer can deceive you.',
  doctor: 'Each night, keep one person from being killed. Never the same one twice in a row.',
  bodyguard: 'Each night, stand before one person. The first to attack them dies, and so do you.',
  tracker: 'Each night, follow one person and learn whom they visited.',
  watcher: 'Each night, watch one door and learn who came to it.',
  vigilante: 'You have two bullets, one a night at most. Do not hit a friend.',
  roleblocker: 'Each night, keep one person from acting.',
  hunter: 'Each night, aim at one person. If you die that night or are condemned the day after, so do they.',
  mayor: 'Reveal yourself by day, and your vote counts twice from then on.',
  mafia: 'Kill by night, look innocent by day. You win when you are as many as the others.',
  godfather: 'You lead the mafia. A detective finds you innocent.',
  consort: 'You are with the mafia. Each night, keep one person from acting.',
  framer: 'You are with the mafia. Each night, make one person look to a detective what they are not.',
  jester: 'Get yourself condemned by day: then you win, whoever else does.',
};

const sideNames: Readonly<Record<Side, string>> = { town: 'with the town', mafia: 'with the mafia', alone: 'with nobody' };

/** What is known of somebody, as far as it is; empty when nothing is. */
export const whatIsKnown = ({ character, side }: { readonly character: Character | null; readonly side: Side | null }): string =>
  (character !== null ? characterNames[character] : side !== null ? sideNames[side] : '');

/** What each action is called on a button, what it asks, and what was chosen. */
const actionWords: Readonly<Record<OwnAction['action'], { readonly name: string; readonly ask: string; readonly hint: string; readonly done: string; readonly none: string }>> = {
  kill: { name: 'Kill', ask: 'Who dies tonight?', hint: 'Tap a player. The mafia kill whoever most of you pick.', done: 'You want to kill', none: 'Kill nobody' },
  protect: { name: 'Protect', ask: 'Whom will you protect?', hint: 'Tap a player. You may choose yourself.', done: 'You watch over', none: 'Protect nobody' },
  guard: { name: 'Guard', ask: 'Whom will you guard?', hint: 'Tap a player. You may die in their place.', done: 'You stand before', none: 'Guard nobody' },
  investigate: { name: 'Investigate', ask: 'Whom do you suspect?', hint: 'Tap a player. You learn what you can at dawn.', done: 'You look into', none: 'Investigate nobody' },
  track: { name: 'Follow', ask: 'Whom will you follow?', hint: 'Tap a player. At dawn you know whom they visited.', done: 'You follow', none: 'Follow nobody' },
  watch: { name: 'Watch', ask: 'Whose door will you watch?', hint: 'Tap a player. At dawn you know who came.', done: 'You watch the door of', none: 'Watch nobody' },
  block: { name: 'Block', ask: 'Whom will you keep from acting?', hint: 'Tap a player. Whatever they meant to do does not happen.', done: 'You keep from acting', none: 'Block nobody' },
  shoot: { name: 'Shoot', ask: 'Will you shoot somebody?', hint: 'Tap a player, or keep your bullet.', done: 'You aim to shoot', none: 'Keep the bullet' },
  aim: { name: 'Aim', ask: 'Whom would you take along?', hint: 'Tap a player. They die only if you do.', done: 'If you die, so does', none: 'Aim at nobody' },
  frame: { name: 'Frame', ask: 'Whom will you frame?', hint: 'Tap a player. A detective will see the opposite of the truth.', done: 'You frame', none: 'Frame nobody' },
  vote: { name: 'Vote', ask: 'Who should be condemned?', hint: 'Talk it over, then tap a player to vote.', done: 'You vote for', none: 'Condemn nobody today' },
  judge: { name: 'Judge', ask: 'Guilty or innocent?', hint: 'Hear them out, then decide.', done: 'You find guilty', none: 'Innocent' },
};
export const actionName = (action: OwnAction['action']): string => actionWords[action].name;
export const choosesNobody = (action: OwnAction['action']): string => actionWords[action].none;

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

function actionPrompt(view: MafiaView, { action, chosen, left }: OwnAction): Prompt {
  const words = actionWords[action];
  const times = left === null ? '' : ` ${left} left.`;
  if (chosen === null) return { title: words.ask, detail: words.hint + times, urgent: true };
  const title = chosen.target === null ? words.none : `${words.done} ${nameOf(view, chosen.target)}`;
  return { title, detail: action === 'vote' || action === 'judge' ? 'You may change your mind until the time is over.' : 'Tap someone else to change your mind.', urgent: false };
}

/** What this viewer must do now. */
export function promptFor(view: MafiaView, action: OwnAction | null = currentAction(view)): Prompt {
  const { you } = view;
  if (you === null) {
    return view.phase === 'lobby'
      ? { title: 'You are watching', detail: 'Take a seat to play the next game.', urgent: false }
      : { title: 'You are watching', detail: 'A game is going on. You get a seat when it has ended.', urgent: false };
  }
  if (view.phase === 'ended') return { title: winnerTitle(view.winner), detail: [winnerDetail(view.winner), ...view.winnersAlone.map((id) => `${nameOf(view, id)} wins too: the jester was condemned.`)].join(' '), urgent: false };
  if (!you.alive) return { title: 'You are dead', detail: 'Watch, and talk with the other dead. The living cannot hear you.', urgent: false };
  if (view.phase === 'lobby') return { title: 'Waiting for players', detail: 'Anyone at the table can start.', urgent: false };
  if (view.ballot?.trial?.accused === you.id) return { title: 'You are on trial', detail: 'Speak for your life. The others judge you.', urgent: true };
  if (action === null) return { title: 'The village sleeps', detail: 'Somewhere, somebody is awake. Wait for the morning.', urgent: false };
  const prompt = actionPrompt(view, action);
  if (view.ballot?.trial != null) return { ...prompt, title: `${nameOf(view, view.ballot.trial.accused)}: ${prompt.title.toLowerCase()}` };
  return view.ballot?.among != null ? { ...prompt, detail: `The votes were tied. Choose among ${view.ballot.among.map((id) => nameOf(view, id)).join(' and ')}.` } : prompt;
}

/** What is asked of this player first. */
export function currentAction(view: MafiaView): OwnAction | null {
  const actions = view.you?.actions ?? [];
  return actions.find((action) => action.chosen === null) ?? actions[0] ?? null;
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

const nobodyCondemned: Readonly<Record<Extract<PublicEvent, { kind: 'nobodyCondemned' }>['reason'], string>> = {
  tie: 'The votes were tied. Nobody was condemned.',
  noVotes: 'Nobody voted. Nobody was condemned.',
  nobodyLeads: 'The village chose to condemn nobody.',
  noMajority: 'There was no majority. Nobody was condemned.',
  acquitted: 'Nobody was condemned.',
};

/** `: villager`, or nothing when it is not told. */
const toldAs = (event: { readonly character: Character | null; readonly side: Side | null }): string => {
  const known = whatIsKnown(event);
  return known === '' ? '' : `: ${known.toLowerCase()}`;
};
const namesOf = (view: MafiaView, ids: readonly string[]): string => ids.map((id) => nameOf(view, id)).join(', ');

export function eventText(view: MafiaView, event: PublicEvent): string {
  switch (event.kind) {
    case 'started': return `The game begins with ${event.players} players.`;
    case 'killed': return `${nameOf(view, event.player)} was found dead${toldAs(event)}.`;
    case 'quietNight': return 'Nobody died in the night.';
    case 'condemned': return `${nameOf(view, event.player)} was condemned with ${event.votes} ${event.votes === 1 ? 'vote' : 'votes'}${toldAs(event)}.`;
    case 'takenAlong': return `${nameOf(view, event.by)} took ${nameOf(view, event.player)} along${toldAs(event)}.`;
    case 'nobodyCondemned': return nobodyCondemned[event.reason];
    case 'revote': return `The votes were tied between ${namesOf(view, event.players)}. The village votes again.`;
    case 'accused': return `${nameOf(view, event.player)} is on trial.`;
    case 'acquitted': return `${nameOf(view, event.player)} was acquitted.`;
    case 'mayor': return `${nameOf(view, event.player)} is the mayor.`;
    case 'extended': return 'The day was made longer.';
    case 'absent': return `${namesOf(view, event.players)} did nothing all day.`;
    case 'stopped': return `${nameOf(view, event.by)} ended the game.`;
    case 'ended': return `${winnerTitle(event.winner)}.`;
    default: return event satisfies never;
  }
}

/** What a player learned in a night, in sentences. */
export function learnedText(view: MafiaView): readonly { readonly round: number; readonly icon: 'eye' | 'hand' | 'mafia'; readonly text: string }[] {
  const { deeds, investigations, tracks, watches, attacks } = view.learned;
  return [
    ...attacks.map(({ round, target, by, isBlocked }) => ({
      round, icon: 'mafia' as const,
      text: target === null ? 'The mafia chose nobody.' : `The mafia went for ${nameOf(view, target)}${by === null ? '' : `, by ${nameOf(view, by)}`}${isBlocked ? ', who was kept from it' : ''}.`,
    })),
    ...deeds.filter(({ target, isBlocked }) => target !== null || isBlocked).map(({ round, action, target, isBlocked }) => ({
      round, icon: 'hand' as const, text: isBlocked ? 'Somebody kept you from acting.' : `${actionWords[action].done} ${nameOf(view, target)}.`,
    })),
    ...investigations.map(({ round, target, isGuilty }) => ({ round, icon: 'eye' as const, text: `You learned: ${nameOf(view, target)} seems ${isGuilty ? 'guilty!' : 'innocent.'}` })),
    ...tracks.map(({ round, target, visited }) => ({ round, icon: 'eye' as const, text: `${nameOf(view, target)} ${visited.length === 0 ? 'stayed at home.' : `visited ${namesOf(view, visited)}.`}` })),
    ...watches.map(({ round, target, visitors }) => ({ round, icon: 'eye' as const, text: visitors.length === 0 ? `Nobody came to ${nameOf(view, target)}.` : `${namesOf(view, visitors)} came to ${nameOf(view, target)}.` })),
  ];
}

const deedWords: Readonly<Record<Exclude<OwnAction['action'], 'vote' | 'judge'>, string>> = {
  kill: 'went for', protect: 'watched over', guard: 'stood before', investigate: 'looked into', track: 'followed', watch: 'watched the door of', block: 'kept from acting', shoot: 'shot at', aim: 'aimed at', frame: 'framed',
};

/** What truly happened in a night, for after the game. */
export function nightText(view: MafiaView, { attack, deeds }: NightRecord): string {
  const parts = deeds.filter(({ target }) => target !== null).map(({ by, action, target, isBlocked }) => `${nameOf(view, by)} ${deedWords[action]} ${nameOf(view, target)}${isBlocked ? ' (kept from it)' : ''}`);
  const murder = attack === null ? 'the mafia chose nobody' : `the mafia (${nameOf(view, attack.by)}) went for ${nameOf(view, attack.target)}${attack.isBlocked ? ' (kept from it)' : ''}`;
  return `In truth: ${[murder, ...parts].join('; ')}.`;
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
  removed: 'The host took your seat away. You can play the next game.',
  notTheHost: 'Only the host can do this.',
  hostIsHere: 'The host was here a moment ago. Try again in half a minute.',
  setupNotUsable: 'These characters make no game for so many players.',
  usedUp: 'You have none left.',
  noMoreTime: 'This day cannot get any longer.',
  targetNotAllowed: 'You may not choose this player now.',
};

export function refusalText(code: string, message: string): string {
  return refusalWords[code as RefusalCode] ?? `${message.slice(0, 1).toUpperCase()}${message.slice(1)}.`;
}

export const channelNames: Readonly<Record<Channel | 'whispers', string>> = { table: 'All', mafia: 'Mafia', dead: 'Dead', whispers: 'Whispers' };

export const whisperWords = {
  whom: 'Whisper to whom', placeholder: 'Whisper', notNow: 'By day, the living may whisper to one another.',
  to: (name: string): string => `to ${name}:`, seen: (name: string): string => `whispers to ${name}`,
};

export const dayWords = {
  group: 'The day', abstain: 'Abstain', reveal: 'Reveal that I am the mayor',
  ready: (count: number): string => (count === 0 ? 'I am ready' : `I am ready (${count})`),
  extend: (count: number): string => (count === 0 ? 'More time' : `More time (${count})`),
};

export const willWords = { none: 'Write a last will', some: 'Your last will', label: 'Your last will', save: 'Keep it' };

export const hostWords = {
  host: 'host', remove: (name: string): string => `Take ${name}'s seat away`, claim: 'Be the host', more: 'More rules',
};

export const optionNames: Readonly<Record<keyof typeof optionTable, string>> = {
  setup: 'Characters', nightMs: 'Night', dayMs: 'Day', warnings: 'Warnings', endsEarly: 'A day ends early', extensionMs: 'More time is', extensionsMax: 'Extensions of a day', firstPhase: 'Begins with',
  voteMode: 'Vote', trialMs: 'Trial', ties: 'A tie condemns', revoteMs: 'Revote', selfVotes: 'Vote for oneself', reveal: 'The dead show', wills: 'Last wills', whispers: 'Whispers by day', mafiaWins: 'The mafia win', starts: 'Who starts',
};

type ValuesOf<Each> = Each extends { readonly kind: 'choice'; readonly values: readonly (infer Value extends string)[] } ? Value : never;
export const optionValues: Readonly<Record<ValuesOf<(typeof optionTable)[keyof typeof optionTable]>, string>> = {
  standard: 'all, by number of players', vanilla: 'only mafia and villagers', custom: 'chosen one by one', whenAllActed: 'when all have voted', whenAllReady: 'when all are ready', never: 'never',
  night: 'a night', day: 'a day', plurality: 'most votes', nomination: 'majority, then a trial', nobody: 'nobody', random: 'one by chance', revote: 'after a revote', character: 'their character', side: 'their side', nothing: 'nothing',
  off: 'none', seen: 'others see that, not what', hidden: 'unseen', atParity: 'when they are as many', alone: 'when nobody else lives', anyone: 'anyone', host: 'the host',
};
