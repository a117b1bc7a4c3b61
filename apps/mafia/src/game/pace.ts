import { warningsMs } from './limits.ts';
import type { MafiaState, Running } from './state.ts';

// When everyone has acted the phase ends early, but not so early that a person cannot read what happened.
const nightAtLeastMs = 6_000;
const dayAtLeastMs = 10_000;

/** The least that a phase takes, in ms: six seconds by night and ten by day, or an eighth of a short one. */
function leastMs(state: Running): number {
  const { options } = state;
  if (state.phase === 'night') return Math.min(nightAtLeastMs, Math.floor(options.nightMs / 8));
  const wholeMs = state.trial !== null ? options.trialMs : state.among !== null ? options.revoteMs : options.dayMs;
  return Math.min(dayAtLeastMs, Math.floor(wholeMs / 8));
}

/** The deadline of a phase in which nobody is waited for any more. Phases end by their deadline only, so there is one way out of each. */
export function earlyDeadlineMs(state: Running, logTimeMs: number): number {
  return Math.min(state.deadlineMs, Math.max(logTimeMs, state.startedAtMs + leastMs(state)));
}

/** The next warning, as the time that is left then; `null` when none is to come. */
function nextWarningMs(state: Running): number | null {
  if (!state.options.warnings) return null;
  const longest = (state.deadlineMs - state.startedAtMs) / 2;
  return warningsMs.find((leftMs) => leftMs <= longest && (state.warnedMs === null || leftMs < state.warnedMs)) ?? null;
}

/** Log time at which the next warning, or the end of the phase, is due. */
export function deadlineOf(state: MafiaState): number | null {
  if (state.phase === 'lobby') return state.opening?.untilMs ?? null;
  if (state.phase === 'ended') return null;
  const leftMs = nextWarningMs(state);
  return leftMs === null ? state.deadlineMs : state.deadlineMs - leftMs;
}

/** The warning that is due at this log time; the phase itself when that is over. After a stall only the last warning is given. */
export function warned<Phase extends Running>(state: Phase, logTimeMs: number): Phase {
  const leftMs = state.deadlineMs - logTimeMs;
  return { ...state, warnedMs: warningsMs.findLast((warning) => warning >= leftMs) ?? state.warnedMs };
}
