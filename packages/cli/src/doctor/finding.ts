import { exitCodes, type ExitCode } from '../exit-codes.ts';

/** What `mesh doctor` can find, and the exit code that a problem of that kind gives (a warning gives none). The first one that is there counts. */
export const exitCodeOfFinding = {
  notRunning: exitCodes.noLeader,
  noQuorum: exitCodes.noLeader,
  noLeader: exitCodes.noLeader,
  storeDamaged: exitCodes.verificationFailed,
  keyRefused: exitCodes.notAllowed,
  tokenRefused: exitCodes.notAllowed,
  portTaken: exitCodes.conflict,
  otherMesh: exitCodes.conflict,
  nodeTooOld: exitCodes.failed,
  emulatorVariable: exitCodes.failed,
  descriptorsFew: exitCodes.failed,
  diskNearlyFull: exitCodes.failed,
  directoryForeign: exitCodes.failed,
  directoryOpen: exitCodes.failed,
  meshUnknown: exitCodes.notFound,
  brokenOnPurpose: exitCodes.failed,
  controlPlaneUnreachable: exitCodes.failed,
  controlPlaneForeign: exitCodes.failed,
  storeUnreachable: exitCodes.failed,
  clockSkew: exitCodes.failed,
  snapshotOld: exitCodes.failed,
  hostGone: exitCodes.failed,
  managerMissing: exitCodes.failed,
  managerHangs: exitCodes.failed,
  managerStopped: exitCodes.failed,
  managerForeign: exitCodes.failed,
  versionMismatch: exitCodes.failed,
  managerDiskFull: exitCodes.failed,
  managerCutOff: exitCodes.failed,
  managerLags: exitCodes.failed,
  leaderUnstable: exitCodes.failed,
  agentsSilent: exitCodes.failed,
} as const satisfies { readonly [code: string]: ExitCode };

/** Something that is wrong, or soon will be. `problem`: it does not work; `warning`: it may not for long. */
export interface Finding {
  readonly code: keyof typeof exitCodeOfFinding;
  readonly severity: 'problem' | 'warning';
  readonly what: string;
  /** Why it matters. */
  readonly why: string;
  /** The next command, and behind three spaces what there is to know about it. */
  readonly next: string;
}

/** The gravest first; what is alike stays in its order. */
export function gravestFirst(findings: readonly Finding[]): readonly Finding[] {
  const order = Object.keys(exitCodeOfFinding);
  const rank = ({ severity, code }: Finding): number => (severity === 'problem' ? 0 : order.length) + order.indexOf(code);
  return findings.toSorted((a, b) => rank(a) - rank(b));
}

export function exitCodeOf(findings: readonly Finding[]): ExitCode {
  const [gravest] = gravestFirst(findings);
  return gravest === undefined || gravest.severity === 'warning' ? exitCodes.ok : exitCodeOfFinding[gravest.code];
}
