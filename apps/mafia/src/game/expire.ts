import type { StepContext } from '@raft-mesh/state-machine';
import { endBallot } from './day/end.ts';
import { endNight } from './night/end.ts';
import { warned } from './pace.ts';
import type { MafiaState } from './state.ts';

/** Gives the warning that is due, or ends the phase. The next one starts now, so a stall of the whole mesh costs nobody a phase. */
export function expire(state: MafiaState, ctx: StepContext): MafiaState {
  if (state.phase === 'lobby' || state.phase === 'ended') return state;
  if (ctx.logTimeMs < state.deadlineMs) return warned(state, ctx.logTimeMs);
  return state.phase === 'night' ? endNight(state, ctx) : endBallot(state, ctx);
}
