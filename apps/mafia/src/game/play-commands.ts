import { applied } from '@raft-mesh/state-machine';
import type { Applied, CommandContext } from '@raft-mesh/state-machine';
import type { NightArguments, SayArguments, VoteArguments } from './arguments.ts';
import { channelOf, speaksTooFast, withLine } from './chat.ts';
import { dayIsComplete, nightActionOf, nightIsComplete, nightTargets } from './choices.ts';
import type { NightAction } from './choices.ts';
import { earlyDeadlineMs } from './pace.ts';
import { refused } from './refusals.ts';
import { isAlive, isNow } from './state.ts';
import type { Day, MafiaState, Night } from './state.ts';
import { tidyLine } from './text.ts';

/** The command for one night action. Choosing again changes the choice; the phase ends only by its deadline. */
export function nightCommand(action: NightAction): (state: MafiaState, args: NightArguments, ctx: CommandContext) => Applied<MafiaState> {
  return (state, args, ctx) => {
    if (ctx.caller === null) return refused('notAnAgent');
    if (state.phase !== 'night' || !isNow(state, args)) return refused('wrongPhase');
    const by = ctx.caller.agent;
    const actor = state.players.find((player) => player.id === by);
    if (actor === undefined) return refused('notInGame');
    if (!isAlive(actor)) return refused('notAlive');
    if (nightActionOf(actor.character) !== action) return refused('notYourCharacter');
    const target = state.players.find((player) => player.id === args.target);
    if (target === undefined || !isAlive(target)) return refused('unknownTarget');
    if (!nightTargets(actor, state).includes(target)) return refused('targetNotAllowed');
    const next: Night = { ...state, choices: [...state.choices.filter((choice) => choice.by !== by), { by, target: target.id }] };
    return applied<MafiaState>(nightIsComplete(next) ? { ...next, deadlineMs: earlyDeadlineMs(next, ctx.logTimeMs) } : next);
  };
}

/** A lynch vote, public and changeable until the day ends. */
export function vote(state: MafiaState, args: VoteArguments, ctx: CommandContext): Applied<MafiaState> {
  if (ctx.caller === null) return refused('notAnAgent');
  if (state.phase !== 'day' || !isNow(state, args)) return refused('wrongPhase');
  const by = ctx.caller.agent;
  const voter = state.players.find((player) => player.id === by);
  if (voter === undefined) return refused('notInGame');
  if (!isAlive(voter)) return refused('notAlive');
  if (args.target !== null) {
    const target = state.players.find((player) => player.id === args.target);
    if (target === undefined || !isAlive(target)) return refused('unknownTarget');
    if (target.id === by) return refused('targetNotAllowed');
  }
  const next: Day = { ...state, votes: [...state.votes.filter((cast) => cast.by !== by), { by, target: args.target }] };
  return applied<MafiaState>(dayIsComplete(next) ? { ...next, deadlineMs: earlyDeadlineMs(next, ctx.logTimeMs) } : next);
}

/** Says a line to whoever may hear this player now. It names its moment, or a whisper that comes late would be heard by all. */
export function say(state: MafiaState, args: SayArguments, ctx: CommandContext): Applied<MafiaState> {
  if (ctx.caller === null) return refused('notAnAgent');
  if (!isNow(state, args)) return refused('wrongPhase');
  const by = ctx.caller.agent;
  const speaker = (state.phase === 'lobby' ? state.seats : state.players).find((candidate) => candidate.id === by);
  if (speaker === undefined) return refused('notInGame');
  const channel = channelOf(state, by);
  if (channel === null) return refused('notNow');
  const text = tidyLine(args.text);
  if (text === '') return refused('textNotUsable');
  if (speaksTooFast(state.chat, channel, by, ctx.logTimeMs)) return refused('tooFast');
  return applied<MafiaState>({ ...state, chat: withLine(state.chat, channel, speaker, text, ctx.logTimeMs) });
}
