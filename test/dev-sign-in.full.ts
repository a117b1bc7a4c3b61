import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findAuthEmulator, startAuthEmulator, type AuthEmulator } from '@raft-mesh/testkit/auth-emulator';
import { meshCommand, runMesh, startLasting } from './support/processes.ts';

const projectId = 'demo-raft-mesh';
const apiKey = 'any';
const source = findAuthEmulator();
let emulator: AuthEmulator;
let directory: string;
beforeAll(async () => {
  emulator = await startAuthEmulator(source, projectId);
  directory = await mkdtemp(join(tmpdir(), 'raft-mesh-dev-sign-in-'));
}, 180_000);
afterAll(async () => {
  await emulator.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Runs `mesh dev` in a folder for as long as `use` takes. */
async function withDev(folder: string, more: readonly string[], use: (first: Readonly<Record<string, unknown>>) => Promise<void>): Promise<void> {
  const { child, first, exited } = await startLasting(process.execPath, [meshCommand, 'dev', '--json', '--managers', '1', '--bots', '0', '--port', '0', '--data-dir', join(directory, folder), ...more], { FIREBASE_AUTH_EMULATOR_HOST: emulator.host, METADATA_SERVER_DETECTION: 'none' });
  try {
    await use(first);
  } finally {
    child.kill('SIGINT');
    await exited;
  }
}

async function joinSignedIn(signInLink: string): Promise<number> {
  const { origin, hash } = new URL(signInLink);
  expect(await (await fetch(`${origin}/api/v1/sign-in`)).json()).toMatchObject({ firebase: { projectId, apiKey } });
  const signedUp = await fetch(`http://${emulator.host}/identitytoolkit.googleapis.com/v1/accounts:signUp?key=${apiKey}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ returnSecureToken: true }) });
  const { idToken } = (await signedUp.json()) as { readonly idToken: string };
  const joined = await fetch(`${origin}/api/v1/meshes/${hash.replace('#mesh=', '')}/join`, { method: 'POST', headers: { 'content-type': 'application/json', 'authorization': `Bearer ${idToken}` }, body: JSON.stringify({ name: 'Ada' }) });
  return joined.status;
}

const signIn = ['--sign-in-project', projectId, '--sign-in-api-key', apiKey];

test('`mesh dev --sign-in-project` makes a mesh that players sign in to, also when it is started again; one that was made without it says how to get there', async () => {
  await withDev('with', signIn, async ({ signInLink }) => expect(await joinSignedIn(String(signInLink))).toBe(201));
  await withDev('with', [], async ({ signInLink }) => expect(await joinSignedIn(String(signInLink))).toBe(201));

  await withDev('without', [], async (first) => expect(first).not.toHaveProperty('signInLink'));
  const dev = (...more: readonly string[]) => runMesh(['dev', '--once', '--data-dir', join(directory, 'without'), ...more]);
  expect(await dev(...signIn)).toMatchObject({ code: 7, stderr: expect.stringContaining('mesh dev --fresh') });
  expect(await dev('--sign-in-project', projectId)).toMatchObject({ code: 2, stderr: expect.stringContaining('--sign-in-api-key') });
}, 180_000);
