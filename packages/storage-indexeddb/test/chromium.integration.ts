import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkerIdentity } from '@raft-mesh/mesh';
import type { MeshId } from '@raft-mesh/protocol';
import type { SessionId } from '@raft-mesh/state-machine';
import { testWorkerStore } from '@raft-mesh/testkit/suites/worker-store';
import { Browser } from './chromium/browser.ts';
import { outcomesInTab, standStillPath, StoreInTab, StoreServer } from './chromium/store-page.ts';

const session = 's' as SessionId;
const identity: WorkerIdentity = { mesh: 'table' as MeshId, incarnation: 1, agent: null, name: 'Ada', resumeSecret: 's', joinToken: null, session, sessionOpened: false, managers: [] };

let profile: string;
let server: StoreServer;
let browser: Browser;
let databases = 0;
const newDatabase = (): string => { databases += 1; return `worker-${databases}`; };
const open = async (databaseName: string): Promise<StoreInTab> => StoreInTab.open(await browser.context.newPage(), server.url, databaseName);

beforeAll(async () => {
  profile = await mkdtemp(join(tmpdir(), 'raft-mesh-chromium-'));
  server = await StoreServer.start();
  browser = await Browser.start(profile);
}, 120_000);
afterAll(async () => {
  await browser.kill();
  await server.stop();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
});

testWorkerStore('The IndexedDB store in Chromium', {
  createSubject() {
    const databaseName = newDatabase();
    return Promise.resolve({
      open: () => open(databaseName),
      readOutcomes: async () => outcomesInTab(await browser.context.newPage(), server.url, databaseName),
      // It goes with the profile.
      dispose: () => Promise.resolve(),
    });
  },
  ownership: { exclusive: true },
  sequences: { checked: true },
});

/** Saves so many commands in the tab; in the moment in which the last promise has resolved, nothing runs in it any more, and it is killed. */
async function saveAndKill(store: StoreInTab, count: number, kill: () => Promise<void>): Promise<void> {
  await store.saveIdentity(identity);
  const standsStill = new Promise<void>((resolve) => { server.onStandStill = resolve; });
  void store.page.evaluate(async ({ name, last, path }) => {
    const { store: own } = globalThis as unknown as { readonly store: { saveCommand(command: unknown): Promise<void> } };
    for (let sequence = 1; sequence <= last; sequence += 1) await own.saveCommand({ session: name, sequence, module: 'documents', command: 'put', arguments: { text: 'x'.repeat(200), sequence } });
    const standStill = new XMLHttpRequest();
    standStill.open('GET', path, false);
    standStill.send();
  }, { name: session as string, last: count, path: standStillPath }).catch(() => undefined);
  await standsStill;
  await kill();
}

async function holdsAll(databaseName: string, count: number): Promise<void> {
  const next = await open(databaseName);
  const record = await next.load();
  expect(record?.identity).toEqual(identity);
  expect(record?.open.map(({ sequence }) => sequence)).toEqual(Array.from({ length: count }, (_, place) => place + 1));
  expect(record?.nextSequence).toBe(count + 1);
  await next.close();
}

describe('what IndexedDB said was saved', () => {
  test.each([1, 2, 25])('is there when the tab is killed right after %i promises have resolved', async (count) => {
    const databaseName = newDatabase();
    const store = await open(databaseName);
    const crashed = store.page.waitForEvent('crash');
    await saveAndKill(store, count, () => browser.killTabs());
    await crashed;
    await store.page.close();
    await holdsAll(databaseName, count);
  });

  test('is there when the whole browser is killed', async () => {
    const databaseName = newDatabase();
    await saveAndKill(await open(databaseName), 10, () => browser.kill());
    browser = await Browser.start(profile);
    await holdsAll(databaseName, 10);
  });
});
