import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startControlPlane, type ControlPlane } from '@raft-mesh/control-plane';
import { createControlPlaneClient, createLogger, generateSigningKey } from '@raft-mesh/mesh-node';
import { startAuthEmulator, type AuthEmulator } from '@raft-mesh/testkit/auth-emulator';
import { runMesh } from './support/processes.ts';

const projectId = 'demo-raft-mesh';
let directory: string;
let emulator: AuthEmulator;
let controlPlane: ControlPlane;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'raft-mesh-create-'));
  emulator = await startAuthEmulator({ kind: 'standIn', reason: 'this is about the command line' }, projectId);
  Object.assign(process.env, { FIREBASE_AUTH_EMULATOR_HOST: emulator.host, METADATA_SERVER_DETECTION: 'none' });
  controlPlane = await startControlPlane({ directory: join(directory, 'control-plane'), port: 0, logger: createLogger({ level: 'silent', name: 'test' }), playerSignIn: { projectId } });
});
afterAll(async () => {
  await controlPlane.stop();
  await emulator.stop();
  delete process.env['FIREBASE_AUTH_EMULATOR_HOST'];
  await rm(directory, { recursive: true, force: true });
});

test('a mesh is made for players who sign in: anyone, or those with an account; nobody by default', async () => {
  const admin = createControlPlaneClient({ url: controlPlane.url, adminKey: (await readFile(controlPlane.adminKeyFile, 'utf8')).trim() });
  expect(await admin.registerHost({ host: 'h1' as never, url: 'http://127.0.0.1:1', publicKey: generateSigningKey().x, apps: ['a'], managersMax: 9 })).toMatchObject({ ok: true });
  const signedUp = await fetch(`http://${emulator.host}/identitytoolkit.googleapis.com/v1/accounts:signUp?key=any`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"returnSecureToken":true}' });
  const { idToken } = (await signedUp.json()) as { readonly idToken: string };
  const player = createControlPlaneClient({ url: controlPlane.url, adminKey: idToken });
  for (const [name, options, answer] of [['nobody', [], { ok: false, problem: { code: 'signInClosed' } }], ['accounts', ['--sign-in', 'accounts'], { ok: false, problem: { code: 'accountNeeded' } }], ['anyone', ['--sign-in', 'anyone'], { ok: true }]] as const) {
    expect(await runMesh(['create', name, '--app', 'a', '--managers', '1', ...options, '--json', '--control-plane', controlPlane.url, '--key-file', controlPlane.adminKeyFile])).toMatchObject({ code: 0 });
    expect(await player.joinAsPlayer(name, { name: 'Ada' })).toMatchObject(answer);
  }
  expect(await runMesh(['create', 'other', '--app', 'a', '--sign-in', 'friends', '--json', '--control-plane', controlPlane.url, '--key-file', controlPlane.adminKeyFile])).toMatchObject({ code: 2 });
});
