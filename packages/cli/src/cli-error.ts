import type { Problem } from '@raft-mesh/mesh-node';
import { exitCodes, type ExitCode } from './exit-codes.ts';

/** An expected way for a command to end badly: what happened, and the next command to try. */
export class CliError extends Error {
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly next: string;

  constructor(code: string, exitCode: ExitCode, message: string, next: string) {
    super(message);
    this.name = 'CliError';
    this.code = code;
    this.exitCode = exitCode;
    this.next = next;
  }
}

const exitCodeOfRefusal: { readonly [code: string]: ExitCode } = {
  notFound: exitCodes.notFound,
  notAllowed: exitCodes.notAllowed,
  notAMember: exitCodes.notAllowed,
  revoked: exitCodes.notAllowed,
  credentialRevoked: exitCodes.notAllowed,
  resumeRefused: exitCodes.notAllowed,
  tokenExpired: exitCodes.notAllowed,
  tokenSpent: exitCodes.notAllowed,
  movedAway: exitCodes.notAllowed,
  noLeader: exitCodes.noLeader,
  timedOut: exitCodes.timedOut,
  versionConflict: exitCodes.conflict,
};

/** A refusal of the mesh as the error of a command. */
export function refusalError(refusal: { readonly code: string; readonly message: string }, next = 'mesh status'): CliError {
  return new CliError(refusal.code, exitCodeOfRefusal[refusal.code] ?? exitCodes.failed, refusal.message, next);
}

/** A problem of the control plane, or of the mesh's own files, as the error of a command. */
export function problemError(problem: Problem): CliError {
  return new CliError(problem.code, exitCodeOfProblem(problem), problem.detail, problem.next);
}

function exitCodeOfProblem({ status, code }: Problem): ExitCode {
  if (code === 'noLeader') return exitCodes.noLeader;
  if (code === 'logDamaged' || code === 'snapshotDamaged') return exitCodes.verificationFailed;
  if (status === 401 || status === 403) return exitCodes.notAllowed;
  if (status === 404) return exitCodes.notFound;
  if (status === 409 || status === 412) return exitCodes.conflict;
  if (status === 408 || status === 504) return exitCodes.timedOut;
  return exitCodes.failed;
}
