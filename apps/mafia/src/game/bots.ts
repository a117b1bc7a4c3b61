import type { AgentId, Applied, CommandContext } from '@raft-mesh/state-machine';
import type { OfferBotsArguments, WantBotsArguments } from './arguments.ts';
import { mayHost, seen } from './hosting.ts';
import { refused } from './refusals.ts';
import type { Lobby, MafiaState } from './state.ts';

// A host asks for bots, and whoever runs the mesh provides them: the table says how many are wanted, and who offers to send some follows it.

export const difficulties = ['mixed', 'easy', 'medium', 'hard'] as const;
export type Difficulty = (typeof difficulties)[number];

export interface BotsAtTable {
  /** Who sends bots when some are wanted, and how many at most; `null` when nobody ever said so. */
  readonly provider: { readonly by: AgentId; readonly most: number } | null;
  /** How many bots shall sit here, those included that came by themselves; `null` while nobody has said: then all may. */
  readonly wanted: { readonly count: number; readonly difficulty: Difficulty } | null;
}

export const noBots: BotsAtTable = { provider: null, wanted: null };

/** Whether there is room for one more bot among so many that sit. */
export const isBotWanted = ({ wanted }: Pick<BotsAtTable, 'wanted'>, botsSeated: number): boolean => wanted === null || botsSeated < wanted.count;

export const botsIn = (seats: readonly { readonly bot: string | null }[]): number => seats.filter(({ bot }) => bot !== null).length;

/** Whoever operates the mesh says that bots come when they are wanted. */
export function offerBots(state: MafiaState, { most }: OfferBotsArguments, { caller }: CommandContext): Applied<MafiaState> {
  if (caller === null || caller.accessRole !== 'admin') return refused('notTheHost');
  return { applied: true, state: { ...state, bots: { ...state.bots, provider: { by: caller.agent, most } } }, answer: null };
}

/** The host says how many bots shall sit here. Who is too many gets up, the last first; for another difficulty all do, and those come back that fit. */
export function wantBots(state: MafiaState, args: WantBotsArguments, { caller, logTimeMs }: CommandContext): Applied<MafiaState> {
  if (caller === null) return refused('notAnAgent');
  if (state.phase !== 'lobby' || args.phase !== 'lobby' || args.game !== state.game) return refused('wrongPhase');
  if (state.opening !== null) return refused('alreadyStarted');
  if (!mayHost(state, caller)) return refused('notTheHost');
  const { count, difficulty } = args;
  if (state.bots.provider === null && count > botsIn(state.seats)) return refused('nobodyProvides');
  const stay = difficulty === (state.bots.wanted?.difficulty ?? 'mixed') ? count : 0;
  return { applied: true, state: { ...state, ...withBots(state, stay), bots: { ...state.bots, wanted: { count, difficulty } }, hosting: seen(state, caller.agent, logTimeMs) }, answer: null };
}

/** The table with only the first so many bots. */
function withBots({ seats, commitments }: Lobby, most: number): Pick<Lobby, 'seats' | 'commitments'> {
  let bots = 0;
  const kept = seats.filter(({ bot }) => {
    if (bot !== null) bots += 1;
    return bot === null || bots <= most;
  });
  return { seats: kept, commitments: commitments.filter(({ by }) => kept.some(({ id }) => id === by)) };
}
