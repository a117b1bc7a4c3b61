import { type FileHandle, open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DirectoryLockedError } from './errors.ts';

// Loaded only when it is needed: whoever brings a lock of their own needs no native code. It has no types of its own. `tryLock` takes
// an exclusive kernel lock, or answers false when another open file holds it.
const native = (): { readonly tryLock: (fileDescriptor: number) => boolean } => createRequire(import.meta.url)('fs-native-extensions') as ReturnType<typeof native>;

/** The name of the lock file. It stays when the lock is gone; only the kernel's lock on it counts. */
export const lockFileName = 'lock';

/** Sole ownership of a directory, until released. */
export interface HeldLock {
  release(): Promise<void>;
}

/** Throws `DirectoryLockedError` when the directory has an owner. */
export type AcquireLock = (directory: string) => Promise<HeldLock>;

/**
 * Sole ownership of a directory. The kernel holds it for the open file, so it ends with the process, however that ends:
 * there is no stale lock to clear after a SIGKILL.
 */
export class DirectoryLock implements HeldLock {
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Throws `DirectoryLockedError` when it has an owner, in this process too. The directory must exist. */
  static async acquire(directory: string): Promise<DirectoryLock> {
    const handle = await open(join(directory, lockFileName), 'a+', 0o600);
    let owned = false;
    try {
      owned = native().tryLock(handle.fd);
    } finally {
      if (!owned) await handle.close();
    }
    if (!owned) throw new DirectoryLockedError(directory);
    return new DirectoryLock(handle);
  }

  release(): Promise<void> {
    return this.#handle.close();
  }
}

/** The kernel's lock, as everyone takes it who does not say otherwise. */
export const acquireDirectoryLock: AcquireLock = (directory) => DirectoryLock.acquire(directory);
