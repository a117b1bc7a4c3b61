import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { openFirestoreStore } from '@raft-mesh/control-plane';
import { findFirestoreEmulator, startFirestoreEmulator } from '@raft-mesh/testkit/firestore-emulator';
import type { FirestoreEmulator } from '@raft-mesh/testkit/firestore-emulator';
import { assertFails, initializeTestEnvironment } from '@firebase/rules-unit-testing';
import { deleteDoc, doc, getDoc, setDoc, setLogLevel } from 'firebase/firestore';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nanoid } from 'nanoid';
import { controlStoreSuite } from './control-store-suite.ts';
import { meshLifeSuite } from './mesh-life-suite.ts';

jest.setTimeout(60_000);

const rulesFile = fileURLToPath(new URL('../../../firestore.rules', import.meta.url));
const projectId = `demo-${nanoid(8).toLowerCase().replace(/[^a-z0-9]/g, 'x')}`;
const source = findFirestoreEmulator();

if (!source.available) {
  // Loaded only where it is used. All clients of a database share what is in it: a store that is opened again finds what the first one wrote.
  const { FirestoreMock } = await import('@firebase-bridge/firestore-admin');
  const database = new FirestoreMock().createDatabase(projectId);
  const lifeDatabase = new FirestoreMock().createDatabase(`${projectId}-life`);
  const client = () => database.firestore();

  // For the summary of `npm test`.
  test(`ran against: the Firestore store: @firebase-bridge/firestore-admin in this process, because ${source.reason}`, async () => {
    const store = await openFirestoreStore({ client });
    await store.create('meshes', 'seen', { value: 1, bytes: null });
    expect(database.database.toDocumentPaths()).toEqual(['meshes/id:seen']);
    await store.remove('meshes', 'seen');
    await store.close();
  });

  controlStoreSuite('the store on the in-process bridge', () => openFirestoreStore({ client }));

  meshLifeSuite('a mesh whose control plane keeps its state in the in-process bridge', { firestore: { client: () => lifeDatabase.firestore() } });

  test.skip(`the security rules of Firestore (not here: the stand-in knows none, and ${source.reason})`, () => {});
} else {
  let emulator: FirestoreEmulator;
  beforeAll(async () => {
    process.env['METADATA_SERVER_DETECTION'] = 'none';
    emulator = await startFirestoreEmulator(source, { rules: rulesFile });
    process.env['FIRESTORE_EMULATOR_HOST'] = emulator.host;
  }, 90_000);
  afterAll(async () => { await emulator.stop(); });

  // For the summary of `npm test`.
  test(`ran against: the Firestore store: ${source.kind === 'jar' ? 'the official emulator' : 'the emulator that runs already'}`, async () => {
    expect((await fetch(`http://${emulator.host}/`)).ok).toBe(true);
  });

  controlStoreSuite('the store on Firestore', () => openFirestoreStore({ projectId }));

  meshLifeSuite('a mesh whose control plane keeps its state in Firestore', { firestore: { projectId: `${projectId}-life` } });

  describe('the security rules', () => {
    test('let nobody read or write anything, signed in or not', async () => {
      // Each refusal would be a warning.
      setLogLevel('silent');
      const [host = '', port = ''] = emulator.host.split(':');
      const environment = await initializeTestEnvironment({ projectId, firestore: { host, port: Number(port), rules: readFileSync(rulesFile, 'utf8') } });
      try {
        for (const context of [environment.unauthenticatedContext(), environment.authenticatedContext('someone', { admin: true })]) {
          for (const collection of ['meshes', 'snapshots', 'chunks', 'invitations', 'keys', 'requests', 'hosts', 'orders', 'anything']) {
            const place = doc(context.firestore() as unknown as Parameters<typeof doc>[0], collection, 'one');
            await assertFails(getDoc(place));
            await assertFails(setDoc(place, { value: 1 }));
            await assertFails(deleteDoc(place));
          }
        }
      } finally {
        await environment.cleanup();
      }
    }, 30_000);
  });
}
