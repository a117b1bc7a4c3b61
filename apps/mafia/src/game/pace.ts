import type { GameOptions, Running } from './state.ts';

// When everyone has acted the phase ends early, but not so early that a person cannot read what happened.
const nightAtLeastMs = 6_000;
const dayAtLeastMs = 10_000;

/** The least that a night takes, in ms: six seconds, or an eighth of a short night. */
export const leastNightMs = (options: GameOptions): number => Math.min(nightAtLeastMs, Math.floor(options.nightMs / 8));
/** The least that a day takes, in ms: ten seconds, or an eighth of a short day. */
export const leastDayMs = (options: GameOptions): number => Math.min(dayAtLeastMs, Math.floor(options.dayMs / 8));

/** The deadline of a phase in which nobody is waited for any more. Phases end by their deadline only, so there is one way out of each. */
export function earlyDeadlineMs(state: Running, logTimeMs: number): number {
  const least = state.phase === 'night' ? leastNightMs(state.options) : leastDayMs(state.options);
  return Math.min(state.deadlineMs, Math.max(logTimeMs, state.startedAtMs + least));
}
