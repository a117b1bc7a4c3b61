import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DevMesh, type DevMeshOptions } from '@raft-mesh/cli';

/** Runs a whole mesh of real processes for one test, and ends it however the test ends. */
export async function withDevMesh<Result>(options: Partial<DevMeshOptions>, use: (mesh: DevMesh) => Promise<Result>): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'raft-mesh-'));
  const mesh = await DevMesh.start({ directory, app: '@raft-mesh/mafia', managers: 3, bots: 0, port: 0, host: '127.0.0.1', restartDelayMs: 60_000, note: () => {}, ...options });
  try {
    return await use(mesh);
  } finally {
    await mesh.stop();
    await rm(directory, { recursive: true, force: true });
  }
}
