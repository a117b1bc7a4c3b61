import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { findFirestoreEmulator, startFirestoreEmulator, type FirestoreEmulator } from '@raft-mesh/testkit/firestore-emulator';
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

const source = findFirestoreEmulator();
if (source.available) {
  describe('with the control plane on Firestore (official emulator)', () => {
    let emulator: FirestoreEmulator;
    const before = { ...process.env };
    beforeAll(async () => {
      emulator = await startFirestoreEmulator(source, { rules: fileURLToPath(new URL('../firestore.rules', import.meta.url)) });
      // The control planes that the test starts inherit these.
      process.env['FIRESTORE_EMULATOR_HOST'] = emulator.host;
      process.env['METADATA_SERVER_DETECTION'] = 'none';
    }, 90_000);
    afterAll(async () => {
      for (const name of ['FIRESTORE_EMULATOR_HOST', 'METADATA_SERVER_DETECTION']) {
        const value = before[name];
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      await emulator.stop();
    });
    restoreSuite({ firestoreProject: 'demo-raft-mesh-restore' });
  });
} else {
  test.skip(`NOT RUN, a restore from Firestore was not tested: ${source.reason}`, () => {});
}
