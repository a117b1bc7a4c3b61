import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { findFirestoreEmulator, startFirestoreEmulator, type FirestoreEmulator } from '@raft-mesh/testkit/firestore-emulator';
import { restoreSuite } from './support/restore-suite.ts';

// As `restore.full.ts`, with the snapshots in Firestore.

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
  test.skip(`a restore from Firestore (not here: ${source.reason})`, () => {});
}
