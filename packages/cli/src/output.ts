import Table from 'cli-table3';
import { ConnectError, ProblemError } from '@raft-mesh/mesh-node';
import { CliError, problemError, refusalError } from './cli-error.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';

/** Data goes to stdout, as JSON or as text for people; everything else goes to stderr. */
export class Output {
  readonly json: boolean;

  constructor(json: boolean) {
    this.json = json;
  }

  /** The result of a command, or one line of a command that follows. */
  print(value: { readonly json: unknown; readonly text: string }): void {
    process.stdout.write(`${this.json ? JSON.stringify(value.json) : value.text}\n`);
  }

  /** Progress and hints, for people only. */
  note(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  /** Says what happened and what to try next; gives the exit code. */
  fail(error: unknown): ExitCode {
    const known = asCliError(error);
    if (this.json) process.stderr.write(`${JSON.stringify({ error: { code: known.code, message: known.message, next: known.next } })}\n`);
    else process.stderr.write(`error: ${known.message}\nNext: ${known.next}\n`);
    if (known !== error && process.env['MESH_DEBUG'] !== undefined && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
    return known.exitCode;
  }
}

function asCliError(error: unknown): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof ProblemError) return problemError(error.problem);
  if (error instanceof ConnectError) return refusalError(error.error, error.error.code === 'noLeader' ? 'mesh status' : error.error.next);
  return new CliError('failed', exitCodes.failed, error instanceof Error ? error.message : String(error), 'mesh status');
}

/** A plain table: column headings, then rows. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const drawn = new Table({
    head: [...head],
    style: { head: process.stdout.isTTY && process.env['NO_COLOR'] === undefined ? ['dim'] : [], border: [], compact: true },
    chars: { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
  });
  for (const row of rows) drawn.push([...row]);
  return drawn.toString();
}
