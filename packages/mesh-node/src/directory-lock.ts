import { DirectoryLock, DirectoryLockedError } from '@raft-mesh/storage-file';

export { lockFileName } from '@raft-mesh/storage-file';

/** Owns a directory until released, or until the process ends, however it ends. Throws when it has an owner; see `isDirectoryLocked`. */
export function lockDirectory(directory: string): Promise<{ release(): Promise<void> }> {
  return DirectoryLock.acquire(directory);
}

/** True for the error of a directory that is in use. */
export function isDirectoryLocked(error: unknown): boolean {
  return error instanceof DirectoryLockedError;
}
