import type { AgentId, StepContext } from '@raft-mesh/state-machine';
import { toldOf, withEvents } from '../events.ts';
import type { NewEvent } from '../events.ts';
import { recordsMax, trialsMax } from '../limits.ts';
import { afterPhase } from '../phases.ts';
import { isAlive, lastOf, playerOf } from '../state.ts';
import type { Day, DayRecord, Ended, Player, Running, Trial } from '../state.ts';
import { countVotes, judged } from './ballot.ts';
import { presentSoFar } from './presence.ts';

/** Another ballot of the same day; what was voted before does not count in it. */
export function nextBallot(state: Day, ctx: StepContext, lasts: number, change: Partial<Day>, news: readonly NewEvent[]): Day {
  return {
    ...state, present: presentSoFar(state), ballot: state.ballot + 1, votes: [], abstained: [], ready: [], extending: [], trial: null, among: null,
    startedAtMs: ctx.logTimeMs, deadlineMs: ctx.logTimeMs + lasts, warnedMs: null, events: withEvents(state.events, news), ...change,
  };
}

/** The hunters' shots after a condemnation, one after another. Each hunter dies once, so it ends. */
function takenAlong(first: AgentId, state: Day): readonly { readonly player: AgentId; readonly by: AgentId }[] {
  const taken: { player: AgentId; by: AgentId }[] = [];
  const deeds = state.nights.at(-1)?.deeds ?? [];
  for (let by: AgentId | null = first; by !== null;) {
    const hunter: AgentId = by;
    const target: AgentId | null = deeds.find((deed) => deed.action === 'aim' && deed.by === hunter)?.target ?? null;
    const found: Player | undefined = playerOf(state, target);
    by = found !== undefined && isAlive(found) && found.id !== first && taken.every((one) => one.player !== found.id) ? found.id : null;
    if (by !== null) taken.push({ player: by, by: hunter });
  }
  return taken;
}

/** The day is over: the condemned one dies, and whoever a hunter takes along; for the absent the mesh abstains. */
function endDay(state: Day, ctx: StepContext, outcome: { readonly player: AgentId; readonly votes: number } | null, news: readonly NewEvent[]): Running | Ended {
  const { round, options } = state;
  const along = outcome === null ? [] : takenAlong(outcome.player, state);
  const present = presentSoFar(state);
  const absent = state.players.filter((player) => isAlive(player) && !present.includes(player.id)).map((player) => player.id);
  const events: NewEvent[] = absent.length > 0 ? [{ kind: 'absent', round, players: absent }, ...news] : [...news];
  const condemned = playerOf(state, outcome?.player ?? null);
  if (condemned !== undefined && outcome !== null) events.push({ kind: 'condemned', round, player: condemned.id, votes: outcome.votes, ...toldOf(condemned, options) });
  for (const { player, by } of along) {
    const victim = playerOf(state, player);
    if (victim !== undefined) events.push({ kind: 'takenAlong', round, player, by, ...toldOf(victim, options) });
  }
  const after = (player: Player): Player => {
    if (!isAlive(player)) return player;
    const missedDays = present.includes(player.id) ? 0 : player.missedDays + 1;
    const cause = player.id === condemned?.id ? 'condemned' : along.some((one) => one.player === player.id) ? 'killed' : null;
    if (missedDays === player.missedDays && cause === null) return player;
    return { ...player, missedDays, died: cause === null ? null : { round, phase: 'day', cause } };
  };
  const record: DayRecord = { round, votes: state.votes, abstained: state.abstained, absent, trials: state.trials, condemned: condemned?.id ?? null };
  return afterPhase({
    ...state, players: state.players.map(after), days: lastOf([...state.days, record], recordsMax), events: withEvents(state.events, events),
  }, along.length + (condemned === undefined ? 0 : 1), ctx);
}

function endTrial(state: Day, trial: Trial, ctx: StepContext): Running | Ended {
  const { accused, nominations, judgements, dayLeftMs } = trial;
  const trials = [...state.trials, { accused, nominations, judgements }];
  const guilty = judged(judgements, state.players);
  if (guilty !== null) return endDay({ ...state, trials }, ctx, { player: accused, votes: guilty }, []);
  const news: NewEvent = { kind: 'acquitted', round: state.round, player: accused };
  if (trials.length < trialsMax && dayLeftMs > 0) return nextBallot(state, ctx, dayLeftMs, { trials }, [news]);
  return endDay({ ...state, trials }, ctx, null, [news, { kind: 'nobodyCondemned', round: state.round, reason: 'acquitted' }]);
}

/** The time of a ballot is over: of the day's vote, of a revote, or of a trial. */
export function endBallot(state: Day, ctx: StepContext): Running | Ended {
  if (state.trial !== null) return endTrial(state, state.trial, ctx);
  const verdict = countVotes(state, ctx.random);
  switch (verdict.kind) {
    case 'condemned': return endDay(state, ctx, verdict, []);
    case 'nobody': return endDay(state, ctx, null, [{ kind: 'nobodyCondemned', round: state.round, reason: verdict.reason }]);
    case 'revote': return nextBallot(state, ctx, state.options.revoteMs, { among: verdict.among }, [{ kind: 'revote', round: state.round, players: verdict.among }]);
    default: return verdict satisfies never;
  }
}

/** The accused speaks, the others judge; what is left of the day waits. */
export function beginTrial(state: Day, accused: AgentId, ctx: StepContext): Day {
  const trial: Trial = { accused, nominations: state.votes, judgements: [], dayLeftMs: Math.max(0, state.deadlineMs - ctx.logTimeMs) };
  return nextBallot(state, ctx, state.options.trialMs, { trial }, [{ kind: 'accused', round: state.round, player: accused }]);
}
