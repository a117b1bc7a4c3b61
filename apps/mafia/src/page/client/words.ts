import type { ProtocolErrorCode } from '@raft-mesh/protocol';
import type { Character, MafiaView, NightRecord, OwnAction, Phase, PublicEvent, Side, Winner } from '../../index.ts';
import { words } from './languages/index.ts';
import type { Language } from './languages/index.ts';

// Which sentence the page says when; the sentences themselves are in `languages`.

/** What is known of somebody, as far as it is; empty when nothing is. */
export const whatIsKnown = ({ character, side }: { readonly character: Character | null; readonly side: Side | null }): string =>
  (character !== null ? words.characters[character] : side !== null ? words.sides[side] : '');

export function phaseTitle({ phase, round }: { readonly phase: Phase; readonly round: number }): string {
  switch (phase) {
    case 'lobby': return words.phases.lobby;
    case 'night': return words.phases.night(round);
    case 'day': return words.phases.day(round);
    case 'ended': return words.phases.ended;
    default: return phase satisfies never;
  }
}

export interface Prompt {
  readonly title: string;
  readonly detail: string;
  /** True when it is this player's turn to do something. */
  readonly urgent: boolean;
}

/** Whose names are known. */
export interface Names { readonly players: readonly { readonly id: string; readonly name: string }[] }

export function nameOf(names: Names, id: string | null): string {
  if (id === null) return words.nobody;
  return names.players.find((player) => player.id === id)?.name ?? words.somebody;
}

function actionPrompt(view: MafiaView, { action, chosen, left }: OwnAction): Prompt {
  const says = words.actions[action];
  const times = left === null ? '' : words.prompts.left(left);
  if (chosen === null) return { title: says.ask, detail: says.hint + times, urgent: true };
  const title = chosen.target === null ? says.none : says.done(nameOf(view, chosen.target));
  return { title, detail: action === 'vote' || action === 'judge' ? words.prompts.changeVote : words.prompts.changeChoice, urgent: false };
}

/** What this viewer must do now. */
export function promptFor(view: MafiaView, action: OwnAction | null = currentAction(view)): Prompt {
  const { you } = view;
  const { prompts } = words;
  if (view.phase === 'ended') return { title: winnerTitle(view.winner), detail: [winnerDetail(view.winner), ...view.winnersAlone.map((id) => words.winners.alone(nameOf(view, id)))].join(' '), urgent: false };
  if (you === null) return { title: prompts.watching, detail: view.phase === 'lobby' ? prompts.watchingLobby : prompts.watchingGame, urgent: false };
  if (!you.alive) return { title: prompts.dead, detail: prompts.deadHow, urgent: false };
  if (view.phase === 'lobby') return { title: prompts.waiting, detail: prompts.waitingHow, urgent: false };
  if (view.ballot?.trial?.accused === you.id) return { title: prompts.onTrial, detail: prompts.onTrialHow, urgent: true };
  if (action === null) return { title: prompts.sleeps, detail: prompts.sleepsHow, urgent: false };
  const prompt = actionPrompt(view, action);
  if (view.ballot?.trial != null) return { ...prompt, title: prompts.trialOf(nameOf(view, view.ballot.trial.accused), prompt.title) };
  return view.ballot?.among != null ? { ...prompt, detail: prompts.tied(view.ballot.among.map((id) => nameOf(view, id)).join(prompts.and)) } : prompt;
}

/** What is asked of this player first. */
export function currentAction(view: MafiaView): OwnAction | null {
  const actions = view.you?.actions ?? [];
  return actions.find((action) => action.chosen === null) ?? actions[0] ?? null;
}

export const winnerTitle = (winner: Winner | null): string => words.winners[winner ?? 'nobody'];
const winnerDetail = (winner: Winner | null): string => words.winners[`${winner ?? 'nobody'}How`];

const nobodyCondemned = { tie: 'tie', noVotes: 'noVotes', nobodyLeads: 'nobodyLeads', noMajority: 'noMajority', acquitted: 'acquittedDay' } as const satisfies Readonly<Record<Extract<PublicEvent, { kind: 'nobodyCondemned' }>['reason'], keyof Language['events']>>;

/** `: villager`, or nothing when it is not told. */
const toldAs = (event: { readonly character: Character | null; readonly side: Side | null }): string => {
  const known = whatIsKnown(event);
  return known === '' ? '' : words.events.as(known);
};
const namesOf = (names: Names, ids: readonly string[]): string => ids.map((id) => nameOf(names, id)).join(', ');

export function eventText(view: Names, event: PublicEvent): string {
  const { events } = words;
  switch (event.kind) {
    case 'started': return events.started(event.players);
    case 'killed': return events.killed(nameOf(view, event.player), toldAs(event));
    case 'quietNight': return events.quietNight;
    case 'condemned': return events.condemned(nameOf(view, event.player), event.votes, toldAs(event));
    case 'takenAlong': return events.takenAlong(nameOf(view, event.by), nameOf(view, event.player), toldAs(event));
    case 'nobodyCondemned': return events[nobodyCondemned[event.reason]];
    case 'revote': return events.revote(namesOf(view, event.players));
    case 'accused': return events.accused(nameOf(view, event.player));
    case 'acquitted': return events.acquitted(nameOf(view, event.player));
    case 'mayor': return events.mayor(nameOf(view, event.player));
    case 'extended': return events.extended;
    case 'absent': return events.absent(namesOf(view, event.players));
    case 'stopped': return events.stopped(nameOf(view, event.by));
    case 'ended': return events.ended(winnerTitle(event.winner));
    default: return event satisfies never;
  }
}

/** What a player learned in a night, in sentences. */
export function learnedText(view: MafiaView): readonly { readonly round: number; readonly icon: 'eye' | 'hand' | 'mafia'; readonly text: string }[] {
  const { deeds, investigations, tracks, watches, attacks } = view.learned;
  const { learned } = words;
  return [
    ...attacks.map(({ round, target, by, isBlocked }) => ({ round, icon: 'mafia' as const, text: target === null ? learned.attackNobody : learned.attack(nameOf(view, target), by === null ? null : nameOf(view, by), isBlocked) })),
    ...deeds.filter(({ target, isBlocked }) => target !== null || isBlocked).map(({ round, action, target, isBlocked }) => ({ round, icon: 'hand' as const, text: isBlocked ? learned.blocked : learned.deed(words.actions[action].done(nameOf(view, target))) })),
    ...investigations.map(({ round, target, isGuilty }) => ({ round, icon: 'eye' as const, text: learned.found(nameOf(view, target), isGuilty) })),
    ...tracks.map(({ round, target, visited }) => ({ round, icon: 'eye' as const, text: visited.length === 0 ? learned.stayed(nameOf(view, target)) : learned.visited(nameOf(view, target), namesOf(view, visited)) })),
    ...watches.map(({ round, target, visitors }) => ({ round, icon: 'eye' as const, text: visitors.length === 0 ? learned.nobodyCame(nameOf(view, target)) : learned.came(namesOf(view, visitors), nameOf(view, target)) })),
  ];
}

/** What truly happened in a night, for after the game. */
export function nightText(view: Names, { attack, deeds }: NightRecord): string {
  const { truth } = words;
  const parts = deeds.filter(({ target }) => target !== null).map(({ by, action, target, isBlocked }) => words.actions[action].truth(nameOf(view, by), nameOf(view, target)) + (isBlocked ? truth.blocked : ''));
  const murder = attack === null ? truth.nobody : truth.attack(nameOf(view, attack.by), nameOf(view, attack.target)) + (attack.isBlocked ? truth.blocked : '');
  return truth.line([murder, ...parts].join('; '));
}

/** What a screen reader says when the phase changes. */
export function phaseAnnouncement(view: MafiaView): string {
  const news = view.events.filter((event) => event.round === view.round || event.round === view.round - 1).slice(-1).map((event) => eventText(view, event)).join(' ');
  const titles: Readonly<Record<Phase, string>> = { lobby: `${words.phases.lobby}.`, night: words.phases.nightFalls(view.round), day: words.phases.dayBreaks(view.round), ended: '' };
  const warning = view.warnedMs === null ? '' : ` ${words.timeLeft(Math.round(view.warnedMs / 1_000))}.`;
  return `${titles[view.phase]} ${news} ${promptFor(view).title}.${warning}`.trim();
}

const textFor = (table: Readonly<Record<string, string>>, code: string): string | undefined => (Object.hasOwn(table, code) ? table[code] : undefined);

/** Why the mesh did not take somebody (back). */
export function connectText(code: ProtocolErrorCode | null, message: string): string {
  return (code === null ? undefined : textFor(words.connect, code)) ?? message;
}

export function refusalText(code: string, message: string): string {
  return textFor(words.refusals, code) ?? `${message.slice(0, 1).toUpperCase()}${message.slice(1)}.`;
}
