import type { FaultKind } from '../faults/fault.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { RunResult } from './run-result.ts';

/** A seed whose run broke a promise. */
export interface SeedFailure {
  readonly seed: number;
  readonly promise: string;
  readonly message: string;
  /** In ms of simulated time. */
  readonly atMs: number;
  /** Of the code that ran; `null` when that cannot be told. */
  readonly commit: string | null;
  readonly traceHash: string;
  /** What fails: as small as it was shrunk. */
  readonly scenario: Scenario;
}

/** What many runs came to. Plain JSON; two of them add up. */
export interface Tally {
  readonly seeds: number;
  /** The first `failuresMax`, in order of seeds. */
  readonly failures: readonly SeedFailure[];
  readonly events: number;
  readonly operations: number;
  readonly simulatedMs: number;
  readonly faults: Readonly<Record<FaultKind, number>>;
}

/** More are counted as seeds and left out: a change that breaks everything would fill the disk with the same story. */
export const failuresMax = 100;

/** Every kind of fault, so that one that never occurs shows as 0. */
const noFaults: Readonly<Record<FaultKind, number>> = {
  loss: 0, duplicate: 0, reorder: 0, replay: 0, capacityDrop: 0, partition: 0, partialConnectivity: 0, clog: 0, slowLink: 0, linkBreak: 0,
  diskSlow: 0, diskHang: 0, flushFailure: 0, diskFull: 0, tornWrite: 0, lostWrite: 0, bitFlip: 0, misdirectedWrite: 0,
  crash: 0, crashAll: 0, pause: 0, wipe: 0, workerCrash: 0, clockStep: 0, clockPause: 0, clockDrift: 0,
  join: 0, leave: 0, replace: 0, reshape: 0, transfer: 0, forceSnapshot: 0, sessionExpiry: 0, deviceMove: 0, clientRetry: 0,
};
const kinds = Object.keys(noFaults) as readonly FaultKind[];

export const emptyTally: Tally = { seeds: 0, failures: [], events: 0, operations: 0, simulatedMs: 0, faults: noFaults };

/** The tally with one more run in it; `failure` when that run failed. */
export function withRun(tally: Tally, run: RunResult, failure: SeedFailure | null): Tally {
  return {
    seeds: tally.seeds + 1,
    failures: failure === null ? tally.failures : withFailure(tally.failures, failure),
    events: tally.events + run.events,
    operations: tally.operations + run.operations,
    simulatedMs: tally.simulatedMs + run.simulatedMs,
    faults: Object.fromEntries(kinds.map((kind) => [kind, tally.faults[kind] + (run.faults[kind] ?? 0)])) as Readonly<Record<FaultKind, number>>,
  };
}

/** The tally in which this failure's scenario is another (a shrunk) one. */
export function withScenario(tally: Tally, seed: number, scenario: Scenario): Tally {
  return { ...tally, failures: tally.failures.map((failure) => (failure.seed === seed ? { ...failure, scenario } : failure)) };
}

function withFailure(failures: readonly SeedFailure[], failure: SeedFailure): readonly SeedFailure[] {
  return [...failures, failure].sort((a, b) => a.seed - b.seed).slice(0, failuresMax);
}

/** The last line of `mesh sim run --json`. Times in s. */
export interface Report {
  readonly seeds: number;
  readonly failures: readonly SeedFailure[];
  readonly events: number;
  readonly operations: number;
  readonly simulatedSeconds: number;
  readonly wallSeconds: number;
  readonly faults: Readonly<Record<FaultKind, number>>;
}

/** `wallMs`: how long the runs took together, shrinking left out. */
export function reportOf({ simulatedMs, ...tally }: Tally, wallMs: number): Report {
  const { seeds, failures, events, operations, faults } = tally;
  return { seeds, failures, events, operations, simulatedSeconds: thousandths(simulatedMs / 1_000), wallSeconds: thousandths(wallMs / 1_000), faults };
}

/** How much faster than real time; 0 when nothing ran. */
export function speedOf({ simulatedSeconds, wallSeconds }: Report): number {
  return wallSeconds === 0 ? 0 : Math.round(simulatedSeconds / wallSeconds);
}

const thousandths = (value: number): number => Math.round(value * 1_000) / 1_000;
