export type { RunChaosOptions, ChaosRun } from './run-chaos.ts';
export { runChaos } from './run-chaos.ts';
export type { ChaosReport } from './judge/verdict.ts';
export type { Fault, FaultKind } from './faults/fault.ts';
export { faultKinds } from './faults/fault.ts';
export { drawFaults } from './faults/schedule.ts';
