import { applied } from '@raft-mesh/state-machine';
import type { Applied, CommandContext } from '@raft-mesh/state-machine';
import type { JoinArguments, RematchArguments, StartArguments } from './arguments.ts';
import { dayMsDefault, nightMsDefault, playersMax, playersMin } from './limits.ts';
import { refused } from './refusals.ts';
import { withEvent } from './resolve.ts';
import { deal } from './setup.ts';
import { emptyChat, isNow } from './state.ts';
import type { MafiaState } from './state.ts';
import { nameAtTable } from './text.ts';

/** Takes a seat. The answer is the name as it stands at the table. */
export function join(state: MafiaState, args: JoinArguments, ctx: CommandContext): Applied<MafiaState> {
  if (ctx.caller === null) return refused('notAnAgent');
  if (state.phase !== 'lobby') return refused('alreadyStarted');
  const id = ctx.caller.agent;
  if (state.seats.some((seat) => seat.id === id)) return refused('alreadyJoined');
  if (state.seats.length >= playersMax) return refused('gameFull');
  const name = nameAtTable(args.name ?? ctx.caller.name, state.seats.map((seat) => seat.name));
  if (name === null) return refused('nameNotUsable');
  return applied<MafiaState>({ ...state, seats: [...state.seats, { id, name }] }, { name });
}

export function leave(state: MafiaState, _args: object, ctx: CommandContext): Applied<MafiaState> {
  if (ctx.caller === null) return refused('notAnAgent');
  if (state.phase !== 'lobby') return refused('alreadyStarted');
  const id = ctx.caller.agent;
  if (!state.seats.some((seat) => seat.id === id)) return refused('notInGame');
  return applied<MafiaState>({ ...state, seats: state.seats.filter((seat) => seat.id !== id) });
}

/** Deals the characters; the first night falls. */
export function start(state: MafiaState, args: StartArguments, ctx: CommandContext): Applied<MafiaState> {
  const { caller } = ctx;
  if (caller === null) return refused('notAnAgent');
  if (state.phase !== 'lobby') return refused('alreadyStarted');
  if (!isNow(state, args)) return refused('wrongPhase');
  // Whoever operates the mesh may start a game for others.
  if (caller.accessRole !== 'admin' && !state.seats.some((seat) => seat.id === caller.agent)) return refused('notInGame');
  if (state.seats.length < playersMin) return refused('tooFewPlayers');
  const options = { nightMs: args.options?.nightMs ?? nightMsDefault, dayMs: args.options?.dayMs ?? dayMsDefault };
  return applied<MafiaState>({
    phase: 'night', round: 1, game: state.game, chat: state.chat, options, players: deal(state.seats, ctx.random),
    nights: [], days: [], quietRounds: 0, choices: [],
    events: withEvent([], { kind: 'started', round: 1, players: state.seats.length }),
    startedAtMs: ctx.logTimeMs, deadlineMs: ctx.logTimeMs + options.nightMs,
  });
}

/** Opens the lobby for the next game. Everyone takes a seat again, so that nobody who has gone is waited for. */
export function rematch(state: MafiaState, args: RematchArguments, ctx: CommandContext): Applied<MafiaState> {
  const { caller } = ctx;
  if (caller === null) return refused('notAnAgent');
  if (state.phase !== 'ended' || !isNow(state, args)) return refused('wrongPhase');
  const self = state.players.find((player) => player.id === caller.agent);
  if (self === undefined && caller.accessRole !== 'admin') return refused('notInGame');
  const seats = self === undefined ? [] : [{ id: self.id, name: self.name }];
  return applied<MafiaState>({ phase: 'lobby', round: 0, game: state.game + 1, seats, chat: { ...emptyChat, table: state.chat.table } });
}
