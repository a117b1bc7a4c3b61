import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lockDirectory } from './directory-lock.ts';

/** Lets a manager's store be opened that must stay as it is: opening one repairs what a crash may have left, so it is a copy that is given. Throws when a manager runs on it. */
export async function withStoreCopy<Value>(store: string, use: (copy: string) => Promise<Value>): Promise<Value> {
  const copy = await mkdtemp(path.join(tmpdir(), 'raft-mesh-store-'));
  try {
    const lock = await lockDirectory(store);
    try {
      await cp(store, copy, { recursive: true });
    } finally {
      await lock.release();
    }
    return await use(copy);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}
