import { applied } from '@raft-mesh/state-machine';
import type { AgentId, Applied, CommandContext } from '@raft-mesh/state-machine';
import type { SayArguments, WhisperArguments } from './arguments.ts';
import { channelOf, speaksTooFast, whispersOf, withLine, withWhisper } from './chat.ts';
import { presentToday } from './day/presence.ts';
import { seatsOf, seen } from './hosting.ts';
import { refused } from './refusals.ts';
import { isAlive, isNow, playerOf } from './state.ts';
import type { MafiaState } from './state.ts';
import { tidyLine } from './text.ts';

/** Whoever speaks at the table is here. */
function heard(state: MafiaState, by: AgentId, logTimeMs: number): MafiaState {
  const self = state.phase === 'day' ? playerOf(state, by) : undefined;
  if (state.phase === 'day') return self === undefined || !isAlive(self) ? state : { ...state, ...presentToday(state, self) };
  return state.phase === 'lobby' || state.phase === 'ended' ? { ...state, hosting: seen(state, by, logTimeMs) } : state;
}

/** Says a line to whoever may hear this player now. It names its moment, or a whisper that comes late would be heard by all. */
export function say(state: MafiaState, args: SayArguments, ctx: CommandContext): Applied<MafiaState> {
  if (ctx.caller === null) return refused('notAnAgent');
  if (!isNow(state, args)) return refused('wrongPhase');
  const by = ctx.caller.agent;
  const speaker = seatsOf(state).find((candidate) => candidate.id === by);
  if (speaker === undefined) return refused('notInGame');
  const channel = channelOf(state, by);
  if (channel === null) return refused('notNow');
  const text = tidyLine(args.text);
  if (text === '') return refused('textNotUsable');
  if (speaksTooFast(state.chat[channel], by, ctx.logTimeMs)) return refused('tooFast');
  return applied<MafiaState>({ ...heard(state, by, ctx.logTimeMs), chat: withLine(state.chat, channel, speaker, text, ctx.logTimeMs) });
}

/** Says a line to one other living player. */
export function whisper(state: MafiaState, args: WhisperArguments, ctx: CommandContext): Applied<MafiaState> {
  if (ctx.caller === null) return refused('notAnAgent');
  if (state.phase !== 'day' || !isNow(state, args)) return refused('wrongPhase');
  const by = ctx.caller.agent;
  const speaker = playerOf(state, by);
  if (speaker === undefined) return refused('notInGame');
  if (!isAlive(speaker)) return refused('notAlive');
  if (state.options.whispers === 'off') return refused('notInThisGame');
  const target = playerOf(state, args.target);
  if (target === undefined || !isAlive(target)) return refused('unknownTarget');
  if (target === speaker) return refused('targetNotAllowed');
  const text = tidyLine(args.text);
  if (text === '') return refused('textNotUsable');
  if (speaksTooFast(whispersOf(state.chat, by), by, ctx.logTimeMs)) return refused('tooFast');
  const isSeen = state.options.whispers === 'seen';
  const chat = withWhisper(state.chat, speaker, target.id, text, ctx.logTimeMs, isSeen);
  return applied<MafiaState>({ ...state, ...(isSeen ? presentToday(state, speaker) : {}), chat });
}
