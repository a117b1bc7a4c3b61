import { describe, expect, test } from '@jest/globals';
import { withDevMesh } from './support/dev-mesh.ts';
import { runMesh } from './support/processes.ts';
import { restoreSuite } from './support/restore-suite.ts';

// A mesh whose managers and disks are all gone starts again from its last snapshot under a new incarnation.

describe('with the control plane on files', () => {
  restoreSuite({});
});

test('no snapshot yet: says so and what to do instead, also when the control plane is down', async () => {
  await withDevMesh({ managers: 1 }, async (mesh) => {
    await mesh.kill('m1', { stayDown: true });
    const restore = async () => {
      const { code, stderr } = await runMesh(['snapshot', 'restore', '--yes', '--json', '--data-dir', mesh.directory]);
      return { code, ...(JSON.parse(stderr) as object) };
    };
    const noSnapshot = { code: 3, error: { code: 'noSnapshot', next: expect.stringContaining('mesh dev') } };
    expect(await restore()).toMatchObject(noSnapshot);
    await mesh.kill('control-plane', { stayDown: true });
    expect(await restore()).toMatchObject(noSnapshot);
    expect(mesh.description.incarnation).toBe(1);
  });
}, 60_000);
