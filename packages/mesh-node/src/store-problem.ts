import type { ManagerIdentity } from '@raft-mesh/protocol';
import { StorageError } from '@raft-mesh/storage-file';
import { failed } from './problem.ts';
import { ProblemError } from './problem-error.ts';

const rebuild = ({ manager }: ManagerIdentity) => `mesh manager join ${manager} --rebuild   (from the other managers; what is here is kept beside it)`;

const known: { readonly [code: string]: { readonly status: number; readonly next: (identity: ManagerIdentity) => string } } = {
  logDamaged: { status: 500, next: rebuild },
  snapshotDamaged: { status: 500, next: rebuild },
  directoryUninitialised: { status: 404, next: rebuild },
  directoryLocked: { status: 409, next: () => 'stop the process that has it, or name another directory' },
  wrongIdentity: { status: 409, next: () => 'name the directory of the right manager' },
  unsupportedFormat: { status: 409, next: () => 'start it with the version of mesh that wrote it' },
  diskFull: { status: 507, next: () => 'make room on the disk, then start it again' },
};

/** Why a manager's store does not open, as a problem with the next step. What is no such reason comes back as it is. */
export function storeProblem(error: unknown, identity: ManagerIdentity): unknown {
  const found = error instanceof StorageError ? known[error.code] : undefined;
  if (!(error instanceof StorageError) || found === undefined) return error;
  return new ProblemError(failed(found.status, error.code, error.message, found.next(identity)).problem);
}

/** Whether a store does not open because it holds other bytes than were flushed to it: what it knew can only come from the other managers. */
export function isDamage(error: unknown): boolean {
  return error instanceof ProblemError && (error.code === 'logDamaged' || error.code === 'snapshotDamaged');
}
