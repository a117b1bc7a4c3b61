import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A fresh path under the system's temporary directory; `child` is not there yet. */
export async function temporaryDirectory(): Promise<{ readonly path: string; readonly child: string; readonly remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'raft-mesh-'));
  return { path, child: join(path, 'data'), remove: () => rm(path, { recursive: true, force: true }) };
}
