import type { AgentId, JsonObject } from '@raft-mesh/state-machine';
import { botsIn, isBotWanted } from '../game/bots.ts';
import type { MafiaView, Own, OwnAction } from '../index.ts';
import type { BotRandom } from './bot-random.ts';

/** A command of the module `mafia`. */
export interface BotMove {
  readonly command: string;
  readonly args: JsonObject;
}

/** A seat in a game that is going on. */
export type Playing = MafiaView & { readonly you: Own };

/** How a bot plays. It knows the view of its own player and nothing else. */
export interface Strategy {
  /** What others at the table see of it. */
  readonly name: string;
  readonly difficulty: 'easy' | 'medium' | 'hard';
  /** In one sentence. */
  readonly rule: string;
  /** Whom to choose for one of its actions: one of its targets, or nobody. */
  choose(view: Playing, action: OwnAction, random: BotRandom): AgentId | null;
  /** Something to say to whoever hears it now, at most once a phase; `null` for silence. */
  say(view: Playing, random: BotRandom): string | null;
}

/** A strategy that may take its time. */
export type SlowStrategy = Pick<Strategy, 'name' | 'difficulty' | 'rule'> & {
  choose(view: Playing, action: OwnAction, random: BotRandom): Promise<AgentId | null>;
  say(view: Playing, random: BotRandom): Promise<string | null>;
};

export const isPlaying = (view: MafiaView): view is Playing => view.you !== null && (view.phase === 'night' || view.phase === 'day');

const momentOf = ({ game, phase, round }: MafiaView): JsonObject => ({ game, phase, round });

/** What the bot has yet to do in this phase, first things first. Commands that were `tried` are not tried again. */
export const openAction = (view: MafiaView, tried: ReadonlySet<string>): OwnAction | null => view.you?.actions.find(({ action, chosen }) => chosen === null && !tried.has(action)) ?? null;

/** The command that takes a seat, `null` when there is none to take, or the host wants no more bots, or other ones. */
export function seatMove({ you, phase, bots, players }: MafiaView, { name, difficulty }: Pick<Strategy, 'name' | 'difficulty'>): BotMove | null {
  if (you !== null || phase !== 'lobby' || !isBotWanted(bots, botsIn(players))) return null;
  const wanted = bots.wanted?.difficulty ?? 'mixed';
  return wanted === 'mixed' || wanted === difficulty ? { command: 'join', args: { bot: name } } : null;
}

/** The command that says a line; `null` for silence. */
export const lineMove = (view: MafiaView, text: string | null): BotMove | null => (text === null ? null : { command: 'say', args: { ...momentOf(view), text } });

/** The command that does an action to somebody, or to nobody. */
export function moveOf(view: MafiaView, { action }: OwnAction, target: AgentId | null): BotMove {
  const moment = momentOf(view);
  const ballot = view.ballot === null ? {} : { ballot: view.ballot.number };
  switch (action) {
    case 'vote': return { command: 'vote', args: { ...moment, ...ballot, target } };
    case 'judge': return { command: 'judge', args: { ...moment, ...ballot, verdict: target === null ? 'innocent' : 'guilty' } };
    default: return { command: action, args: { ...moment, target } };
  }
}

/** What a bot does now, from its view alone; `null` when there is nothing (more) to do in this phase. */
export function nextMove(view: MafiaView, random: BotRandom, strategy: Strategy, tried: ReadonlySet<string> = new Set()): BotMove | null {
  const action = openAction(view, tried);
  return action === null || !isPlaying(view) ? seatMove(view, strategy) : moveOf(view, action, strategy.choose(view, action, random));
}

/** Something to say now; `null` for silence. */
export function nextLine(view: MafiaView, random: BotRandom, strategy: Strategy): BotMove | null {
  return isPlaying(view) && view.you.channel !== null ? lineMove(view, strategy.say(view, random)) : null;
}
