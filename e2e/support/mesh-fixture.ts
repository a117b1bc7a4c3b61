import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DevMesh } from '@raft-mesh/cli';
import { meshStatus } from '@raft-mesh/mesh-node';
import { test as base } from 'playwright/test';

/** A whole mesh of real processes with six bots, or as many as a test uses, for one test. */
export const test = base.extend<{ mesh: DevMesh; bots: number }>({
  bots: [6, { option: true }],
  mesh: async ({ bots }, use) => {
    const directory = await mkdtemp(join(tmpdir(), 'raft-mesh-e2e-'));
    const mesh = await DevMesh.start({ directory, app: '@raft-mesh/mafia', managers: 3, bots, port: 0, host: '127.0.0.1', restartDelayMs: 60_000, note: () => {}, botEnvironment: { MESH_BOT_THINK_MS: '200-900' } });
    try {
      await use(mesh);
    } finally {
      await mesh.stop();
      await rm(directory, { recursive: true, force: true });
    }
  },
});

export async function killLeader(mesh: DevMesh): Promise<string> {
  const status = await meshStatus({ mesh: mesh.description.mesh, managers: mesh.description.managers, token: await mesh.operateToken() });
  if (status.leader === null) throw new Error('there is no leader to kill');
  await mesh.kill(status.leader, { stayDown: true });
  return status.leader;
}
