import type { StepContext } from '@raft-mesh/state-machine';
import type { Winner } from './character.ts';
import { withEvents } from './events.ts';
import type { NewEvent } from './events.ts';
import { quietRoundsMax } from './limits.ts';
import type { Day, Ended, Night, Running } from './state.ts';
import { winnerAmong, winnersAlone } from './winner.ts';

/** What lasts from phase to phase. The literals below name each field, since a state made of one shape is copied several times faster. */
type Common = Omit<Ended, 'phase' | 'winner'>;

/** The round of a phase that begins: the phase with which games begin counts them. */
const roundOf = (state: Common, phase: 'night' | 'day'): number => (state.options.firstPhase === phase ? state.round + 1 : state.round);

export function nightFalls(state: Common, { logTimeMs }: Pick<StepContext, 'logTimeMs'>): Night {
  return {
    phase: 'night', round: roundOf(state, 'night'), game: state.game, chat: state.chat, hosting: state.hosting, bots: state.bots, options: state.options, players: state.players, nights: state.nights, days: state.days, events: state.events, quietPhases: state.quietPhases, proof: state.proof, lastRecord: state.lastRecord,
    startedAtMs: logTimeMs, deadlineMs: logTimeMs + state.options.nightMs, warnedMs: null, choices: [],
  };
}

export function dayBreaks(state: Common, { logTimeMs }: Pick<StepContext, 'logTimeMs'>): Day {
  return {
    phase: 'day', round: roundOf(state, 'day'), game: state.game, chat: state.chat, hosting: state.hosting, bots: state.bots, options: state.options, players: state.players, nights: state.nights, days: state.days, events: state.events, quietPhases: state.quietPhases, proof: state.proof, lastRecord: state.lastRecord,
    startedAtMs: logTimeMs, deadlineMs: logTimeMs + state.options.dayMs, warnedMs: null,
    ballot: 1, among: null, votes: [], abstained: [], trial: null, trials: [], ready: [], extending: [], extensions: 0, present: [],
  };
}

export function ended(state: Common, winner: Winner, before: readonly NewEvent[] = []): Ended {
  const events = withEvents(state.events, [...before, { kind: 'ended', round: state.round, winner, alone: winnersAlone(state.players) }]);
  return { phase: 'ended', winner, round: state.round, game: state.game, chat: state.chat, hosting: state.hosting, bots: state.bots, options: state.options, players: state.players, nights: state.nights, days: state.days, events, quietPhases: state.quietPhases, proof: state.proof, lastRecord: state.lastRecord };
}

/** What follows a phase in which these died: the end, or the other phase. */
export function afterPhase(state: Running, deaths: number, ctx: StepContext): Running | Ended {
  const quietPhases = deaths > 0 ? 0 : state.quietPhases + 1;
  const next: Common = { ...state, quietPhases };
  const winner = winnerAmong(state.players, state.options) ?? (quietPhases >= 2 * quietRoundsMax ? 'nobody' : null);
  if (winner !== null) return ended(next, winner);
  return state.phase === 'night' ? dayBreaks(next, ctx) : nightFalls(next, ctx);
}
