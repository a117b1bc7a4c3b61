import { applied } from '@raft-mesh/state-machine';
import type { Applied, CommandContext } from '@raft-mesh/state-machine';
import type { CommitArguments, OpenArguments } from '../arguments.ts';
import { refused } from '../refusals.ts';
import { isNow } from '../state.ts';
import type { MafiaState } from '../state.ts';
import { allHaveOpened, dealt } from './deal.ts';
import type { Sealed } from './deal.ts';
import { contributionHash } from './hashes.ts';

/** Binds a player to their contribution to chance; another one, before the start, takes its place. */
export function commit(state: MafiaState, args: CommitArguments, ctx: CommandContext): Applied<MafiaState> {
  if (ctx.caller === null) return refused('notAnAgent');
  if (state.phase !== 'lobby' || state.opening !== null) return refused('alreadyStarted');
  if (!isNow(state, args)) return refused('wrongPhase');
  const by = ctx.caller.agent;
  if (!state.seats.some((seat) => seat.id === by)) return refused('notInGame');
  return applied<MafiaState>({ ...state, commitments: [...state.commitments.filter((made) => made.by !== by), { by, hash: args.hash }] });
}

/** Opens what a player is bound to; the game is dealt with the last one. */
export function open(state: MafiaState, args: OpenArguments, ctx: CommandContext): Applied<MafiaState> {
  if (ctx.caller === null) return refused('notAnAgent');
  if (state.phase !== 'lobby' || !isNow(state, args) || state.opening === null) return refused('wrongPhase');
  const { opening } = state;
  const contribution = { by: ctx.caller.agent, nonce: args.nonce };
  const commitment = state.commitments.find(({ by }) => by === contribution.by);
  if (commitment === undefined) return refused('notCommitted');
  if (contributionHash(state.game, contribution) !== commitment.hash) return refused('notWhatWasCommitted');
  const contributions = [...opening.contributions.filter(({ by }) => by !== contribution.by), contribution];
  const next: Sealed = { ...state, opening: { ...opening, contributions } };
  return applied<MafiaState>(allHaveOpened(next) ? dealt(next, ctx.logTimeMs) : next);
}
