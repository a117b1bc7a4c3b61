import { mkdir } from 'node:fs/promises';
import { isDirectoryLocked, lockDirectory } from '@raft-mesh/mesh-node';

/** One `mesh dev` a folder; the lock goes with its process, however that ends. */
export async function lockDev(directory: string): Promise<{ release(): Promise<void> }> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return await lockDirectory(directory);
}

export async function isDevRunning(directory: string): Promise<boolean> {
  try {
    const lock = await lockDev(directory);
    await lock.release();
    return false;
  } catch (error) {
    if (isDirectoryLocked(error)) return true;
    throw error;
  }
}
