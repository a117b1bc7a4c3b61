import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startControlPlane } from '@raft-mesh/control-plane';
import type { ControlPlane } from '@raft-mesh/control-plane';
import { createAuthority, createControlPlaneClient, createLogger, generateSigningKey } from '@raft-mesh/mesh-node';
import type { ControlPlaneClient, Result } from '@raft-mesh/mesh-node';
import type { ManagerId, MeshDescription, control } from '@raft-mesh/protocol';
import { findAuthEmulator, startAuthEmulator } from '@raft-mesh/testkit/auth-emulator';
import type { AuthEmulator } from '@raft-mesh/testkit/auth-emulator';

jest.setTimeout(180_000);

const projectId = 'demo-raft-mesh';
const source = findAuthEmulator();
const against = { running: 'the Auth emulator that runs', firebaseTools: 'the official Auth emulator', standIn: 'a stand-in for the Auth emulator' }[source.kind];
const root = mkdtempSync(path.join(tmpdir(), 'raft-mesh-sign-in-'));
const logger = createLogger({ level: 'silent', name: 'test' });
let emulator: AuthEmulator;
let controlPlane: ControlPlane;
let admin: ControlPlaneClient;

beforeAll(async () => {
  process.env['METADATA_SERVER_DETECTION'] = 'none';
  emulator = await startAuthEmulator(source, projectId);
  process.env['FIREBASE_AUTH_EMULATOR_HOST'] = emulator.host;
  controlPlane = await startControlPlane({ directory: root, port: 0, logger, playerSignIn: { projectId } });
  admin = createControlPlaneClient({ url: controlPlane.url, adminKey: readFileSync(controlPlane.adminKeyFile, 'utf8').trim() });
});
afterAll(async () => {
  await controlPlane.stop();
  await emulator.stop();
  delete process.env['FIREBASE_AUTH_EMULATOR_HOST'];
  rmSync(root, { recursive: true, force: true });
});

function valueOf<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(`${result.problem.code}: ${result.problem.detail}`);
  return result.value;
}

async function newMesh(signIn: control.CreateMesh['signIn']): Promise<MeshDescription> {
  return valueOf(await admin.createMesh({ app: 'a', managers: [{ id: 'm1' as ManagerId, url: 'http://127.0.0.1:1' }], ...(signIn === undefined ? {} : { signIn }) })).mesh;
}

/** As the SDK does it. */
async function signUp(account: object = {}): Promise<{ readonly idToken: string; readonly localId: string }> {
  const response = await fetch(`http://${emulator.host}/identitytoolkit.googleapis.com/v1/accounts:signUp?key=any`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ...account, returnSecureToken: true }) });
  return (await response.json()) as { idToken: string; localId: string };
}

const join = (mesh: string, idToken: string, url = controlPlane.url) => createControlPlaneClient({ url, adminKey: idToken }).joinAsPlayer(mesh, { name: 'Ada' });
const codeOf = (result: Result<unknown>) => (result.ok ? 'ok' : result.problem.code);

describe('players who sign in', () => {
  // For the summary of `npm test`.
  test(`ran against: ${against}${source.kind === 'standIn' ? `, because ${source.reason}` : ''}`, async () => {
    expect((await signUp()).idToken.split('.')).toHaveLength(3);
  });

  test('an anonymous player buys a join token; managers take it; the same player is the same agent, another is another', async () => {
    const mesh = await newMesh({ accessRole: 'worker', anonymous: true });
    const [ada, eve] = [await signUp(), await signUp()];
    const joined = valueOf(await join(mesh.mesh, ada.idToken));
    const authority = createAuthority({ mesh, meshPublicKey: mesh.publicKey, credential: '', signingKey: generateSigningKey() });
    expect(await authority.verifyJoinToken(joined.token)).toMatchObject({ ok: true, claims: { sub: joined.agent, name: 'Ada', accessRole: 'worker', permissions: [] } });
    expect(valueOf(await join(mesh.mesh, ada.idToken)).agent).toBe(joined.agent);
    expect(valueOf(await join(mesh.mesh, eve.idToken)).agent).not.toBe(joined.agent);
    // Nor do two meshes know a player by one name.
    expect(valueOf(await join((await newMesh({ accessRole: 'worker', anonymous: true })).mesh, ada.idToken)).agent).not.toBe(joined.agent);
    expect(JSON.stringify(joined)).not.toContain(ada.localId);
  });

  test('a mesh says whom signing in lets in: nobody, unless it says so', async () => {
    const ada = await signUp();
    const account = await signUp({ email: `ada-${Date.now()}@example.com`, password: 'correct horse' });
    expect(codeOf(await join((await newMesh(undefined)).mesh, ada.idToken))).toBe('signInClosed');
    expect(codeOf(await join('nowhere', ada.idToken))).toBe('signInClosed');
    const accounts = await newMesh({ accessRole: 'spectator', anonymous: false });
    expect(codeOf(await join(accounts.mesh, ada.idToken))).toBe('accountNeeded');
    expect(codeOf(await join(accounts.mesh, account.idToken))).toBe('ok');
    // One that was linked to an anonymous player is an account, whatever the sign-in began as.
    const [header = '', payload = ''] = ada.idToken.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const linked = { ...claims, firebase: { sign_in_provider: 'anonymous', identities: { email: ['ada@example.com'] } } };
    expect(codeOf(await join(accounts.mesh, `${header}.${Buffer.from(JSON.stringify(linked)).toString('base64url')}.`))).toBe('ok');
  });

  test('a token that is altered, of another project, or expired buys nothing', async () => {
    const { mesh } = await newMesh({ accessRole: 'worker', anonymous: true });
    const { idToken } = await signUp();
    const [header = '', payload = ''] = idToken.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const withClaims = (more: object) => `${header}.${Buffer.from(JSON.stringify({ ...claims, ...more })).toString('base64url')}.`;
    expect(codeOf(await join(mesh, withClaims({ aud: 'another', iss: 'https://securetoken.google.com/another' })))).toBe('idTokenInvalid');
    expect(codeOf(await join(mesh, withClaims({ exp: 1_000, iat: 1 })))).toBe('idTokenExpired');
    expect(codeOf(await join(mesh, `${header}.${payload.slice(0, -8)}.`))).toBe('idTokenInvalid');
    expect(codeOf(await join(mesh, 'nonsense'))).toBe('idTokenInvalid');
    const { token } = valueOf(await admin.createJoinToken(mesh as never, { accessRole: 'worker', permissions: [] }));
    expect(codeOf(await join(mesh, token))).toBe('idTokenInvalid');
  });

  test('is no key: it opens nothing else', async () => {
    const { mesh } = await newMesh({ accessRole: 'worker', anonymous: true });
    const player = createControlPlaneClient({ url: controlPlane.url, adminKey: (await signUp()).idToken });
    expect(codeOf(await player.mesh(mesh))).toBe('notAuthenticated');
    expect(codeOf(await player.createJoinToken(mesh, { accessRole: 'admin', permissions: ['*'] }))).toBe('notAuthenticated');
  });

  test('without the emulator\'s variable its unsigned tokens are worth nothing', async () => {
    const { mesh } = await newMesh({ accessRole: 'worker', anonymous: true });
    const { idToken } = await signUp();
    delete process.env['FIREBASE_AUTH_EMULATOR_HOST'];
    try {
      expect(codeOf(await join(mesh, idToken))).toBe('idTokenInvalid');
    } finally {
      process.env['FIREBASE_AUTH_EMULATOR_HOST'] = emulator.host;
    }
  });

  test('where players do not sign in, it says so', async () => {
    const other = await startControlPlane({ directory: path.join(root, 'other'), port: 0, logger });
    expect(codeOf(await join('x', (await signUp()).idToken, other.url))).toBe('signInNotConfigured');
    await other.stop();
  });
});
