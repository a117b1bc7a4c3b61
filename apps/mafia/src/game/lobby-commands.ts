import { applied } from '@raft-mesh/state-machine';
import type { AgentId, Applied, CommandContext } from '@raft-mesh/state-machine';
import type { ConfigureArguments, JoinArguments, MomentArguments, PlayerArguments, SomeOptions, StartArguments } from './arguments.ts';
import { botsIn, isBotWanted } from './bots.ts';
import { hostOf, mayHost, seatsOf, seen } from './hosting.ts';
import { hostSilentMs, playersMax, removedMax } from './limits.ts';
import type { GameOptions } from './options/index.ts';
import { allHaveOpened, dealt, dealtUnrecorded, sealed } from './proof/deal.ts';
import { drawnSecret } from './proof/hashes.ts';
import { recordOf } from './proof/publish.ts';
import { refused } from './refusals.ts';
import { charactersFor, playersMinFor } from './setup.ts';
import { emptyChat, isNow, lastOf } from './state.ts';
import type { Lobby, MafiaState } from './state.ts';
import { nameAtTable, tidyLine } from './text.ts';

/** Takes a seat. The answer is the name as it stands at the table. */
export function join(state: MafiaState, args: JoinArguments, ctx: CommandContext): Applied<MafiaState> {
  if (ctx.caller === null) return refused('notAnAgent');
  if (state.phase !== 'lobby' || state.opening !== null) return refused('alreadyStarted');
  const id = ctx.caller.agent;
  if (state.seats.some((seat) => seat.id === id)) return refused('alreadyJoined');
  if (state.removed.includes(id)) return refused('removed');
  if (state.seats.length >= playersMax) return refused('gameFull');
  if (args.bot !== undefined && !isBotWanted(state.bots, botsIn(state.seats))) return refused('noBotWanted');
  const name = nameAtTable(args.name ?? ctx.caller.name, state.seats.map((seat) => seat.name));
  if (name === null) return refused('nameNotUsable');
  const bot = args.bot === undefined ? null : tidyLine(args.bot);
  const next: MafiaState = { ...state, secret: state.secret ?? drawnSecret(ctx.random), seats: [...state.seats, { id, name, bot }] };
  return applied<MafiaState>({ ...next, hosting: seen(next, id, ctx.logTimeMs) }, { name });
}

export function leave(state: MafiaState, _args: object, ctx: CommandContext): Applied<MafiaState> {
  if (ctx.caller === null) return refused('notAnAgent');
  if (state.phase !== 'lobby' || state.opening !== null) return refused('alreadyStarted');
  const id = ctx.caller.agent;
  if (!state.seats.some((seat) => seat.id === id)) return refused('notInGame');
  // Whoever is host next has been here as long as anyone knows.
  const hosting = hostOf(state) === id ? { host: null, seenAtMs: ctx.logTimeMs } : state.hosting;
  return applied<MafiaState>({ ...state, ...without(state, id), hosting });
}

/** The table when somebody has left it. */
const without = ({ seats, commitments }: Lobby, id: AgentId): Pick<Lobby, 'seats' | 'commitments'> => ({ seats: seats.filter((seat) => seat.id !== id), commitments: commitments.filter(({ by }) => by !== id) });

/** The host takes somebody's seat away, for this lobby. */
export function remove(state: MafiaState, args: PlayerArguments, ctx: CommandContext): Applied<MafiaState> {
  if (ctx.caller === null) return refused('notAnAgent');
  if (state.phase !== 'lobby' || !isNow(state, args)) return refused('wrongPhase');
  if (state.opening !== null) return refused('alreadyStarted');
  if (!mayHost(state, ctx.caller)) return refused('notTheHost');
  if (!state.seats.some((seat) => seat.id === args.target)) return refused('unknownTarget');
  const hosting = seen(state, ctx.caller.agent, ctx.logTimeMs);
  return applied<MafiaState>({ ...state, ...without(state, args.target), hosting, removed: lastOf([...state.removed, args.target], removedMax) });
}

function withOptions(options: GameOptions, some: SomeOptions | undefined): GameOptions {
  // No key may be there without a value: the state is JSON.
  const given = Object.fromEntries(Object.entries(some ?? {}).filter(([, value]) => value !== undefined));
  return { ...options, ...given };
}

/** The host chooses options; whoever starts the game may still choose others, unless only the host starts. */
export function configure(state: MafiaState, args: ConfigureArguments, ctx: CommandContext): Applied<MafiaState> {
  if (ctx.caller === null) return refused('notAnAgent');
  if (state.phase !== 'lobby' || !isNow(state, args)) return refused('wrongPhase');
  if (state.opening !== null) return refused('alreadyStarted');
  if (!mayHost(state, ctx.caller)) return refused('notTheHost');
  return applied<MafiaState>({ ...state, options: withOptions(state.options, args.options), hosting: seen(state, ctx.caller.agent, ctx.logTimeMs) });
}

/** Fixes everything and deals: at once when nobody has committed to a contribution, else once those who have did open it, or their time is over. */
export function start(state: MafiaState, args: StartArguments, ctx: CommandContext): Applied<MafiaState> {
  const { caller } = ctx;
  if (caller === null) return refused('notAnAgent');
  if (state.phase !== 'lobby' || state.opening !== null) return refused('alreadyStarted');
  if (!isNow(state, args)) return refused('wrongPhase');
  // Whoever operates the mesh may start a game for others.
  if (caller.accessRole !== 'admin' && !state.seats.some((seat) => seat.id === caller.agent)) return refused('notInGame');
  if (state.options.starts === 'host' && !mayHost(state, caller)) return refused('notTheHost');
  const options = withOptions(state.options, args.options);
  if (state.seats.length < playersMinFor(options)) return refused('tooFewPlayers');
  if (charactersFor(state.seats.length, options) === null) return refused('setupNotUsable');
  if (state.secret === null) return applied<MafiaState>(dealtUnrecorded(state, options, ctx.random, ctx.logTimeMs));
  const table = sealed(state, state.secret, caller.agent, options, ctx.logTimeMs);
  return applied<MafiaState>(allHaveOpened(table) ? dealt(table, ctx.logTimeMs) : table);
}

/** Opens the lobby for the next game. Everyone takes a seat again, so that nobody who has gone is waited for. */
export function rematch(state: MafiaState, args: MomentArguments, ctx: CommandContext): Applied<MafiaState> {
  const { caller } = ctx;
  if (caller === null) return refused('notAnAgent');
  if (state.phase !== 'ended' || !isNow(state, args)) return refused('wrongPhase');
  const self = state.players.find((player) => player.id === caller.agent);
  if (self === undefined && caller.accessRole !== 'admin') return refused('notInGame');
  const seats = self === undefined ? [] : [{ id: self.id, name: self.name, bot: self.bot }];
  // A host who comes back is host again.
  const hosting = { host: hostOf(state), seenAtMs: ctx.logTimeMs };
  return applied<MafiaState>({
    phase: 'lobby', round: 0, game: state.game + 1, seats, removed: [], hosting, bots: state.bots, options: state.options, chat: { ...emptyChat, table: state.chat.table },
    secret: drawnSecret(ctx.random), commitments: [], opening: null, lastRecord: recordOf(state) ?? state.lastRecord,
  });
}

/** The host makes another one host. */
export function passHost(state: MafiaState, args: PlayerArguments, ctx: CommandContext): Applied<MafiaState> {
  if (ctx.caller === null) return refused('notAnAgent');
  if (!isNow(state, args)) return refused('wrongPhase');
  if (!mayHost(state, ctx.caller)) return refused('notTheHost');
  if (!seatsOf(state).some((seat) => seat.id === args.target)) return refused('unknownTarget');
  return applied<MafiaState>({ ...state, hosting: { host: args.target, seenAtMs: ctx.logTimeMs } });
}

/** Takes over from a host who is a bot, or has done nothing for a while. What is done by night or by day does not count, since it may be secret. */
export function claimHost(state: MafiaState, args: MomentArguments, ctx: CommandContext): Applied<MafiaState> {
  if (ctx.caller === null) return refused('notAnAgent');
  if (!isNow(state, args) || (state.phase !== 'lobby' && state.phase !== 'ended')) return refused('wrongPhase');
  const by = ctx.caller.agent;
  const seats = seatsOf(state);
  if (!seats.some((seat) => seat.id === by)) return refused('notInGame');
  const host = seats.find((seat) => seat.id === hostOf(state));
  if (host !== undefined && host.id !== by && host.bot === null && ctx.logTimeMs < state.hosting.seenAtMs + hostSilentMs) return refused('hostIsHere');
  return applied<MafiaState>({ ...state, hosting: { host: by, seenAtMs: ctx.logTimeMs } });
}
