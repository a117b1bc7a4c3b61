import type { StepContext } from '@raft-mesh/state-machine';
import { endBallot } from './day/end.ts';
import { endNight } from './night/end.ts';
import { warned } from './pace.ts';
import { recorded, withFairDraws } from './proof/append.ts';
import { dealt } from './proof/deal.ts';
import type { MafiaState } from './state.ts';

/** Gives the warning that is due, ends the phase, or deals though somebody has not opened. The next one starts now, so a stall of the whole mesh costs nobody a phase. */
export function expire(state: MafiaState, ctx: StepContext): MafiaState {
  if (state.phase === 'lobby') return state.opening === null ? state : dealt({ ...state, opening: state.opening }, ctx.logTimeMs);
  if (state.phase === 'ended') return state;
  if (ctx.logTimeMs < state.deadlineMs) return warned(state, ctx.logTimeMs);
  const fair = withFairDraws(state, ctx);
  return recorded(state, state.phase === 'night' ? endNight(state, fair) : endBallot(state, fair), ctx.logTimeMs, { kind: 'phaseEnded', by: 'time' });
}
