export type { Scenario } from './scenario/scenario.ts';
export type { Fault, FaultKind, ScheduledFault, Target } from './faults/fault.ts';
export type { Checker } from './checkers/checker.ts';
export { Violation } from './checkers/checker.ts';
export type { Observation, Observed } from './checkers/observation.ts';
export type { HistoryOperation } from './checkers/history.ts';
