import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { openManagerStore } from '@raft-mesh/storage-file';
import { isDirectoryLocked } from './directory-lock.ts';
import { managerFiles, readManagerIdentity } from './manager-directory.ts';
import type { Problem } from './problem.ts';
import { ProblemError } from './problem-error.ts';
import { withStoreCopy } from './store-copy.ts';
import { isDamage, storeProblem } from './store-problem.ts';

/** A larger store is not looked at: it is read, and written once more. */
const storeBytesMax = 256 * 1024 * 1024;

/** What is damaged in the log or the snapshot of a manager that does not run; `null`: nothing, or it runs, holds no manager, or more than 256 MiB. */
export async function managerStoreDamage(directory: string): Promise<Problem | null> {
  const identity = await readManagerIdentity(directory);
  const source = path.join(directory, managerFiles.store);
  if (identity === null || await sizeOf(source) > storeBytesMax) return null;
  try {
    return await withStoreCopy(source, async (copy) => {
      try {
        await (await openManagerStore({ directory: copy, expectedIdentity: identity })).close();
        return null;
      } catch (error) {
        const known = storeProblem(error, identity);
        if (isDamage(known) && known instanceof ProblemError) return { ...known.problem, detail: known.problem.detail.replaceAll(copy, source) };
        throw error;
      }
    });
  } catch (error) {
    if (isDirectoryLocked(error)) return null;
    throw error;
  }
}

/** Infinite where there is none. */
async function sizeOf(directory: string): Promise<number> {
  const files = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => null);
  if (files === null) return Number.POSITIVE_INFINITY;
  const sizes = await Promise.all(files.filter((file) => file.isFile()).map(async (file) => (await stat(path.join(file.parentPath, file.name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
