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
  noSuchDocument: exitCodes.notFound,
  documentNotFound: exitCodes.notFound,
  unknownMesh: exitCodes.notFound,
  notAllowed: exitCodes.notAllowed,
  notAuthenticated: exitCodes.notAllowed,
  tokenInvalid: exitCodes.notAllowed,
  tokenExpired: exitCodes.notAllowed,
  credentialRevoked: exitCodes.notAllowed,
  noLeader: exitCodes.noLeader,
  notLeader: exitCodes.noLeader,
  timedOut: exitCodes.timedOut,
  timeout: exitCodes.timedOut,
  versionMismatch: exitCodes.conflict,
  conflict: exitCodes.conflict,
};

/** A refusal of the mesh as the error of a command. */
export function refusalError(refusal: { readonly code: string; readonly message: string }, next = 'mesh status'): CliError {
  return new CliError(refusal.code, exitCodeOfRefusal[refusal.code] ?? exitCodes.failed, refusal.message, next);
}
