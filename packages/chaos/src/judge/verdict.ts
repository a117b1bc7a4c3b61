import type { FaultKind } from '../faults/fault.ts';
import type { HistoryJudgement } from './judge-history.ts';
import { percentile } from './percentile.ts';

/** The last line of a run. Times in ms. */
export interface ChaosReport {
  readonly operations: number;
  readonly acknowledged: number;
  readonly lost: number;
  readonly linearizable: boolean;
  readonly faults: Readonly<Record<string, number>>;
  readonly longestOutageMs: number;
  readonly failovers: { readonly count: number; readonly p50: number; readonly p99: number; readonly max: number };
}

export interface RunFacts {
  readonly durationMs: number;
  /** The kinds that the run was to play. */
  readonly kinds: readonly FaultKind[];
  readonly judgement: HistoryJudgement;
  readonly faults: Readonly<Record<FaultKind, number>>;
  readonly longestOutageMs: number;
  readonly failoversMs: readonly number[];
  /** Managers that ended though nothing made them. */
  readonly unexplainedEnds: readonly string[];
}

const acknowledgedPerSecondMin = 50;
const outageMaxMs = 5_000;
// For ten minutes; a shorter run is asked for less.
const wholeRunMs = 600_000;
const faultsOfAKindMin = 3;
const failoversMin = 10;
/** Faults that a leader falls by. */
const leaderFaults: readonly FaultKind[] = ['killLeader', 'pauseLeader', 'partition', 'partitionOneWay', 'restart'];

const whole = (value: number): number => Math.round(value * 10) / 10;

/** The report, and what does not hold, in words. */
export function verdictOf(facts: RunFacts): { readonly report: ChaosReport; readonly failures: readonly string[] } {
  const { judgement, kinds, faults, failoversMs, durationMs } = facts;
  const { operations, acknowledged, lost, linearizable } = judgement;
  const report: ChaosReport = {
    operations, acknowledged, lost, linearizable, faults: Object.fromEntries(kinds.map((kind) => [kind, faults[kind]])), longestOutageMs: whole(facts.longestOutageMs),
    failovers: { count: failoversMs.length, p50: whole(percentile(failoversMs, 0.5)), p99: whole(percentile(failoversMs, 0.99)), max: whole(Math.max(0, ...failoversMs)) },
  };
  const share = Math.min(1, durationMs / wholeRunMs);
  const failures = [...judgement.problems, ...facts.unexplainedEnds];
  if (lost > 0) failures.push(`${lost} acknowledged writes are lost`);
  if (!linearizable) failures.push('the history is not linearizable');
  const perSecond = acknowledged / (durationMs / 1000);
  if (perSecond < acknowledgedPerSecondMin) failures.push(`${perSecond.toFixed(1)} operations a second were acknowledged, fewer than ${acknowledgedPerSecondMin}`);
  if (facts.longestOutageMs > outageMaxMs) failures.push(`for ${(facts.longestOutageMs / 1000).toFixed(1)} s nothing was acknowledged, though a majority was healthy and connected; ${outageMaxMs / 1000} s are allowed`);
  const leastOfAKind = Math.floor(faultsOfAKindMin * share);
  for (const kind of kinds) if (faults[kind] < leastOfAKind) failures.push(`${kind} struck ${faults[kind]} times, fewer than ${leastOfAKind}: a longer run has more`);
  const leastFailovers = kinds.some((kind) => leaderFaults.includes(kind)) ? Math.floor(failoversMin * share) : 0;
  if (failoversMs.length < leastFailovers) failures.push(`there were ${failoversMs.length} failovers, fewer than ${leastFailovers}: a longer run has more`);
  return { report, failures };
}
