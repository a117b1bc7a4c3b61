import type { StepContext } from '@raft-mesh/state-machine';
import type { Winner } from './character.ts';
import { withEvents } from './events.ts';
import type { NewEvent } from './events.ts';
import { quietRoundsMax } from './limits.ts';
import type { Day, Ended, MafiaState, Night, Running } from './state.ts';
import { winnerAmong, winnersAlone } from './winner.ts';

type Common = Omit<Ended, 'phase' | 'winner'>;

function common({ game, chat, hosting, options, round, players, nights, days, events, quietPhases }: Common): Common {
  return { game, chat, hosting, options, round, players, nights, days, events, quietPhases };
}

/** The round of a phase that begins: the phase with which games begin counts them. */
const roundOf = (state: Common, phase: 'night' | 'day'): number => (state.options.firstPhase === phase ? state.round + 1 : state.round);

export function nightFalls(state: Common, { logTimeMs }: Pick<StepContext, 'logTimeMs'>): Night {
  return { ...common(state), phase: 'night', round: roundOf(state, 'night'), choices: [], startedAtMs: logTimeMs, deadlineMs: logTimeMs + state.options.nightMs, warnedMs: null };
}

export function dayBreaks(state: Common, { logTimeMs }: Pick<StepContext, 'logTimeMs'>): Day {
  return {
    ...common(state), phase: 'day', round: roundOf(state, 'day'), ballot: 1, among: null, votes: [], abstained: [], trial: null, trials: [], ready: [], extending: [], extensions: 0, present: [],
    startedAtMs: logTimeMs, deadlineMs: logTimeMs + state.options.dayMs, warnedMs: null,
  };
}

export function ended(state: Common, winner: Winner, before: readonly NewEvent[] = []): Ended {
  const events = withEvents(state.events, [...before, { kind: 'ended', round: state.round, winner, alone: winnersAlone(state.players) }]);
  return { ...common(state), phase: 'ended', winner, events };
}

/** What follows a phase in which these died: the end, or the other phase. */
export function afterPhase(state: Running, deaths: number, ctx: StepContext): MafiaState {
  const quietPhases = deaths > 0 ? 0 : state.quietPhases + 1;
  const next: Common = { ...state, quietPhases };
  const winner = winnerAmong(state.players, state.options) ?? (quietPhases >= 2 * quietRoundsMax ? 'nobody' : null);
  if (winner !== null) return ended(next, winner);
  return state.phase === 'night' ? dayBreaks(next, ctx) : nightFalls(next, ctx);
}
