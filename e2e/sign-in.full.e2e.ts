import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts } from '@raft-mesh/cli';
import { startControlPlane } from '@raft-mesh/control-plane';
import { pageDirectory } from '@raft-mesh/mafia/page';
import { createControlPlaneClient, createLogger, initManager, startManager } from '@raft-mesh/mesh-node';
import type { Result } from '@raft-mesh/mesh-node';
import type { ManagerId } from '@raft-mesh/protocol';
import { findAuthEmulator, startAuthEmulator } from '@raft-mesh/testkit/auth-emulator';
import { expect, test } from 'playwright/test';

const projectId = 'demo-raft-mesh';
const source = findAuthEmulator();
const logger = createLogger({ level: 'silent', name: 'test' });

function valueOf<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(`${result.problem.code}: ${result.problem.detail}`);
  return result.value;
}

test(`a player signs in with the SDK of Firebase and takes a seat; one sign-in is one seat; who comes by invitation loads nothing of it (against ${source.kind})`, async ({ browser }) => {
  test.setTimeout(180_000);
  const directory = mkdtempSync(path.join(tmpdir(), 'raft-mesh-sign-in-'));
  const emulator = await startAuthEmulator(source, projectId);
  Object.assign(process.env, { FIREBASE_AUTH_EMULATOR_HOST: emulator.host, METADATA_SERVER_DETECTION: 'none' });
  const undo: (() => Promise<void>)[] = [];
  try {
    // Building the scenes of other tests leaves NODE_ENV=production behind.
    const [controlPort, managerPort] = await freePorts(2);
    const controlPlane = await startControlPlane({ directory: path.join(directory, 'control-plane'), port: controlPort ?? 0, logger, pageDirectory, isProduction: false, playerSignIn: { projectId, apiKey: 'public' } });
    undo.push(() => controlPlane.stop());
    const admin = createControlPlaneClient({ url: controlPlane.url, adminKey: readFileSync(controlPlane.adminKeyFile, 'utf8').trim() });
    const managers = [{ id: 'm1' as ManagerId, url: `http://127.0.0.1:${managerPort ?? 0}` }];
    const created = valueOf(await admin.createMesh({ app: '@raft-mesh/mafia', managers, signIn: { accessRole: 'worker', anonymous: true } }));
    const { mesh } = created.mesh;
    await initManager({ directory: path.join(directory, 'm1'), controlPlane: controlPlane.url, mesh, manager: 'm1', setupToken: created.setupTokens[0]?.setupToken ?? '' });
    const manager = await startManager({ directory: path.join(directory, 'm1'), logger });
    undo.push(() => manager.stop());

    const context = await browser.newContext();
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()); });
    const loaded: string[] = [];
    page.on('request', (request) => loaded.push(new URL(request.url()).pathname));
    const sit = async (name: string): Promise<void> => {
      await page.goto(`${controlPlane.url}/#mesh=${mesh}`);
      await page.getByTestId('name-input').fill(name);
      await page.getByTestId('join-button').click();
      await expect(page.getByTestId('phase')).toBeVisible({ timeout: 30_000 });
    };
    await sit('Ada');
    expect(loaded.some((file) => file.includes('/sign-in-'))).toBe(true);
    expect(errors).toEqual([]);
    const agentsNow = async (): Promise<readonly string[]> => valueOf(await admin.listAgents(mesh)).agents.map(({ name }) => name);
    expect(await agentsNow()).toEqual(['Ada']);

    // The seat is lost with everything that the page has kept of it, but not who one is.
    await page.evaluate(async () => {
      localStorage.clear();
      for (const { name } of await indexedDB.databases()) if (name?.startsWith('raft-mesh') === true) indexedDB.deleteDatabase(name);
    });
    await page.goto('about:blank');
    await sit('Ada');
    expect(await agentsNow()).toEqual(['Ada']);
    await context.close();

    // Somebody else is somebody else, and comes by an invitation as ever, without the SDK.
    const other = await (await browser.newContext()).newPage();
    const others: string[] = [];
    other.on('request', (request) => others.push(request.url()));
    await other.goto(`${controlPlane.url}/#invitation=${valueOf(await admin.createInvitation(mesh, { accessRole: 'worker', permissions: [] })).code}`);
    await other.getByTestId('name-input').fill('Eve');
    await other.getByTestId('join-button').click();
    await expect(other.getByTestId('phase')).toBeVisible({ timeout: 30_000 });
    expect(others.filter((url) => url.includes('sign-in') || url.includes(emulator.host))).toEqual([]);
    expect((await agentsNow()).toSorted()).toEqual(['Ada', 'Eve']);

    // A mesh that lets nobody in that way says so.
    const closed = valueOf(await admin.createMesh({ app: '@raft-mesh/mafia', managers: [{ id: 'm1' as ManagerId, url: 'http://127.0.0.1:1' }] })).mesh.mesh;
    const third = await (await browser.newContext()).newPage();
    await third.goto(`${controlPlane.url}/#mesh=${closed}`);
    await third.getByTestId('name-input').fill('Max');
    await third.getByTestId('join-button').click();
    await expect(third.getByTestId('problem')).toBeVisible({ timeout: 30_000 });
  } finally {
    for (const step of undo.toReversed()) await step();
    delete process.env['FIREBASE_AUTH_EMULATOR_HOST'];
    await emulator.stop();
    rmSync(directory, { recursive: true, force: true });
  }
});
