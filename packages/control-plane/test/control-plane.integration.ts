import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { nanoid } from 'nanoid';
import { startControlPlane } from '@raft-mesh/control-plane';
import type { ControlPlane } from '@raft-mesh/control-plane';
import { createAuthority, createControlPlaneClient, createLogger, createManagerProof, generateSigningKey, isDirectoryLocked } from '@raft-mesh/mesh-node';
import type { ControlPlaneClient, Result, SigningKey } from '@raft-mesh/mesh-node';
import type { ManagerId, ManagerIdentity, MeshDescription, control } from '@raft-mesh/protocol';

jest.setTimeout(60_000);

const root = mkdtempSync(path.join(tmpdir(), 'raft-mesh-control-plane-'));
const pageDirectory = path.join(root, 'page');
const logger = createLogger({ level: 'silent', name: 'test' });
let aheadMs = 0;
let controlPlane: ControlPlane;
let admin: ControlPlaneClient;
let anyone: ControlPlaneClient;

beforeAll(async () => {
  mkdirSync(path.join(pageDirectory, 'assets'), { recursive: true });
  writeFileSync(path.join(pageDirectory, 'index.html'), '<title>game</title>');
  writeFileSync(path.join(pageDirectory, 'sw.js'), '// worker');
  writeFileSync(path.join(pageDirectory, 'assets', 'app-123.js'), '// app');
  writeFileSync(path.join(root, 'outside.txt'), 'secret');
  controlPlane = await startControlPlane({ directory: path.join(root, 'own'), port: 0, pageDirectory, logger, nowWallMs: () => Date.now() + aheadMs });
  admin = createControlPlaneClient({ url: controlPlane.url, adminKey: readFileSync(controlPlane.adminKeyFile, 'utf8').trim() });
  anyone = createControlPlaneClient({ url: controlPlane.url });
});
afterAll(async () => {
  await controlPlane.stop();
  rmSync(root, { recursive: true, force: true });
});
beforeEach(() => { aheadMs = 0; });

function valueOf<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(`${result.problem.code}: ${result.problem.detail}`);
  return result.value;
}
const codeOf = (result: Result<unknown>) => (result.ok ? null : result.problem.code);
const managers = ['m1', 'm2', 'm3'].map((id, offset) => ({ id: id as ManagerId, url: `http://127.0.0.1:${7071 + offset}` }));
const newMesh = async () => valueOf(await admin.createMesh({ mesh: nanoid(10), app: '@raft-mesh/mafia', managers }));
const tokenOf = (created: { readonly setupTokens: readonly { readonly manager: string; readonly setupToken: string }[] }, manager: string) =>
  created.setupTokens.find((entry) => entry.manager === manager)?.setupToken ?? '';
const identityOf = (mesh: MeshDescription, manager: string): ManagerIdentity => ({
  mesh: mesh.mesh, incarnation: mesh.incarnation, manager: manager as ManagerId, managerIncarnation: mesh.managers.find(({ id }) => id === manager)?.managerIncarnation ?? 0,
});

describe('keys and access', () => {
  test('the admin key is a file for its owner only, and stays the same', () => {
    expect(statSync(controlPlane.adminKeyFile).mode & 0o777).toBe(0o600);
    expect(readFileSync(controlPlane.adminKeyFile, 'utf8').trim()).toHaveLength(43);
  });

  test('a snapshot that nobody vouches for is refused before its body is read', async () => {
    const asked = request(`${controlPlane.url}/api/v1/meshes/x/snapshots`, { method: 'PUT', headers: { 'transfer-encoding': 'chunked', authorization: 'Bearer nobody' } });
    asked.on('error', () => {});
    asked.write('it never ends');
    const [response] = (await once(asked, 'response')) as [{ statusCode?: number }];
    expect(response.statusCode).toBe(401);
    asked.destroy();
  }, 10_000);

  test('one directory has one control plane', async () => {
    const second = startControlPlane({ directory: path.join(root, 'own'), port: 0, logger });
    await expect(second.catch((error: unknown) => isDirectoryLocked(error))).resolves.toBe(true);
  });

  test('what is kept is there again after a restart, under the same key', async () => {
    const directory = path.join(root, 'restarted');
    const first = await startControlPlane({ directory, port: 0, logger });
    const key = readFileSync(first.adminKeyFile, 'utf8').trim();
    const { mesh } = valueOf(await createControlPlaneClient({ url: first.url, adminKey: key }).createMesh({ app: 'a', managers }));
    await first.stop();
    const again = await startControlPlane({ directory, port: 0, logger });
    expect(valueOf(await createControlPlaneClient({ url: again.url, adminKey: key }).mesh(mesh.mesh))).toEqual(mesh);
    await again.stop();
  });

  test.each(['GET /meshes', 'POST /meshes', 'GET /meshes/x', 'DELETE /meshes/x', 'POST /meshes/x/restore', 'POST /meshes/x/join-tokens', 'POST /meshes/x/operate-tokens',
    'POST /meshes/x/invitations', 'POST /meshes/x/managers/m1/enrol', 'PUT /meshes/x/snapshots', 'GET /meshes/x/snapshots/latest', 'GET /meshes/x/snapshots/latest/meta'])('%s needs a key, and says so as a problem', async (route) => {
    const [method = '', where = ''] = route.split(' ');
    for (const authorization of [undefined, 'Bearer wrong', 'Basic YTpi', `Bearer ${'a'.repeat(43)}`]) {
      const response = await fetch(`${controlPlane.url}/api/v1${where}`, { method, ...(authorization === undefined ? {} : { headers: { authorization } }), ...(method === 'GET' || method === 'DELETE' ? {} : { body: '{"publicKey":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}' }) });
      expect(response.status).toBe(401);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(await response.json()).toMatchObject({ status: 401, code: expect.any(String), detail: expect.any(String), next: expect.any(String) });
    }
  });

  test('a body that is no JSON, of the wrong shape, or too large is refused, and the next request is served', async () => {
    const post = (body: string) => fetch(`${controlPlane.url}/api/v1/meshes`, { method: 'POST', body, headers: { authorization: `Bearer ${readFileSync(controlPlane.adminKeyFile, 'utf8').trim()}` } });
    expect(await (await post('{')).json()).toMatchObject({ status: 422, code: 'bodyInvalid' });
    expect(await (await post('{"app":"a","managers":[]}')).json()).toMatchObject({ status: 422, code: 'bodyInvalid' });
    expect(await (await post(JSON.stringify({ app: 'a'.repeat(70_000) }))).json()).toMatchObject({ status: 413, code: 'bodyTooLarge' });
    for (const wrong of [[...managers, ...managers.slice(0, 1)], [{ id: 'm1' as ManagerId, url: 'nowhere' }], [{ id: 'm1' as ManagerId, url: 'x://a;b' }]]) {
      expect(codeOf(await admin.createMesh({ app: 'a', managers: wrong }))).toBe('managersInvalid');
    }
    expect((await admin.listMeshes()).ok).toBe(true);
  });

  test('a control plane that is not there is a problem too', async () => {
    expect(codeOf(await createControlPlaneClient({ url: 'http://127.0.0.1:9' }).listMeshes())).toBe('unreachable');
  });
});

describe('meshes and managers', () => {
  test('a mesh is made once, found, listed, deleted', async () => {
    const { mesh } = await newMesh();
    expect(codeOf(await admin.createMesh({ mesh: mesh.mesh, app: 'a', managers }))).toBe('meshExists');
    expect(valueOf(await admin.mesh(mesh.mesh))).toEqual(mesh);
    expect(valueOf(await admin.listMeshes()).meshes).toContainEqual(mesh);
    expect((await admin.deleteMesh(mesh.mesh)).ok).toBe(true);
    expect(codeOf(await admin.mesh(mesh.mesh))).toBe('meshNotFound');
    expect(codeOf(await admin.deleteMesh(mesh.mesh))).toBe('meshNotFound');
  });

  test('one whose record is damaged, or of a newer control plane, keeps none of the others from being served, also after a restart', async () => {
    const directory = path.join(root, 'with-damage');
    const first = await startControlPlane({ directory, port: 0, pageDirectory, logger });
    const adminKey = readFileSync(first.adminKeyFile, 'utf8').trim();
    const client = createControlPlaneClient({ url: first.url, adminKey });
    for (const mesh of ['good', 'torn', 'newer']) valueOf(await client.createMesh({ mesh: mesh as never, app: 'a', managers }));
    await first.stop();
    const file = (mesh: string) => path.join(directory, 'records', 'meshes', `${mesh}.record`);
    writeFileSync(file('torn'), readFileSync(file('torn')).subarray(0, 50));
    writeFileSync(file('newer'), readFileSync(file('newer'), 'utf8').replace(/"documentVersion":\d+/, '"documentVersion":99'));

    const again = await startControlPlane({ directory, port: 0, pageDirectory, logger });
    const later = createControlPlaneClient({ url: again.url, adminKey });
    expect((await fetch(again.url)).headers.get('content-security-policy')).toContain('http://127.0.0.1:7071');
    const { meshes, unreadable } = valueOf(await later.listMeshes());
    expect(meshes.map(({ mesh }) => mesh)).toEqual(['good']);
    expect(unreadable.map(({ mesh, code }) => [mesh, code])).toEqual([['newer', 'recordNewer'], ['torn', 'recordDamaged']]);
    expect(await later.mesh('torn')).toMatchObject({ ok: false, problem: { status: 500, code: 'recordDamaged' } });
    expect(await later.mesh('newer')).toMatchObject({ ok: false, problem: { status: 503, code: 'recordNewer', detail: expect.stringContaining('document version 99'), next: expect.stringContaining('newer version') } });
    expect(codeOf(await later.createJoinToken('newer', { accessRole: 'worker', permissions: [] }))).toBe('recordNewer');
    expect((await later.deleteMesh('torn')).ok).toBe(true);
    expect(codeOf(await later.mesh('torn'))).toBe('meshNotFound');
    await again.stop();
  });

  test('many are listed page by page', async () => {
    const made: string[] = [];
    for (let count = 0; count < 5; count += 1) made.push((await newMesh()).mesh.mesh);
    const listed: string[] = [];
    for (let cursor: string | null = null, pages = 1; ; pages += 1) {
      const page: control.MeshList = valueOf(await admin.listMeshes({ limit: 2, cursor }));
      expect(page.meshes.length).toBeLessThanOrEqual(2);
      listed.push(...page.meshes.map(({ mesh }) => String(mesh)));
      if (page.next === null) break;
      expect(pages).toBeLessThan(100);
      cursor = page.next;
    }
    expect(listed).toEqual(expect.arrayContaining(made));
    expect(new Set(listed).size).toBe(listed.length);
    for (const wrong of ['limit=0', 'limit=1001', 'limit=x', 'cursor=!', 'cursor=YS9i']) {
      const response = await fetch(`${controlPlane.url}/api/v1/meshes?${wrong}`, { headers: { authorization: `Bearer ${readFileSync(controlPlane.adminKeyFile, 'utf8').trim()}` } });
      expect([wrong, response.status]).toEqual([wrong, 422]);
    }
  });

  test('a setup token enrols its own manager, once; the same again gets the same answer', async () => {
    const created = await newMesh();
    const { mesh } = created.mesh;
    const key = generateSigningKey();
    expect(codeOf(await anyone.enrolManager(mesh, 'm1', key.x, 'wrong'))).toBe('setupTokenInvalid');
    expect(codeOf(await anyone.enrolManager(mesh, 'm1', key.x, tokenOf(created, 'm2')))).toBe('setupTokenInvalid');
    expect(codeOf(await anyone.enrolManager('another', 'm1', key.x, tokenOf(created, 'm1')))).toBe('setupTokenInvalid');
    const first = valueOf(await anyone.enrolManager(mesh, 'm1', key.x, tokenOf(created, 'm1')));
    expect(first.mesh.managers.map(({ publicKey }) => publicKey)).toEqual([key.x, null, null]);
    expect((await anyone.enrolManager(mesh, 'm1', key.x, tokenOf(created, 'm1'))).ok).toBe(true);
    expect(codeOf(await anyone.enrolManager(mesh, 'm1', generateSigningKey().x, tokenOf(created, 'm1')))).toBe('setupTokenSpent');
    expect(codeOf(await admin.enrolManager(mesh, 'm9', key.x, null))).toBe('managerNotFound');
    expect(codeOf(await admin.enrolManager(mesh, 'm2', 'no key', null))).toBe('publicKeyInvalid');
  });

  test('a setup token expires', async () => {
    const created = await newMesh();
    aheadMs = 25 * 60 * 60 * 1000;
    expect(codeOf(await anyone.enrolManager(created.mesh.mesh, 'm1', generateSigningKey().x, tokenOf(created, 'm1')))).toBe('setupTokenInvalid');
  });

  test('managers verify everything that is handed out, and nothing of another mesh', async () => {
    const [{ mesh }, other] = [await newMesh(), await newMesh()];
    const key = generateSigningKey();
    const { credential } = valueOf(await admin.enrolManager(mesh.mesh, 'm1', key.x, null));
    const authority = createAuthority({ mesh, meshPublicKey: mesh.publicKey, credential, signingKey: key });
    const join = valueOf(await admin.createJoinToken(mesh.mesh, { accessRole: 'worker', permissions: ['documents.*'], name: 'one' }));
    const operate = valueOf(await admin.createOperateToken(mesh.mesh, { accessRole: 'admin' }));
    expect(await authority.verifyManagerCredential(credential)).toMatchObject({ ok: true, claims: { manager: 'm1', managerIncarnation: 1, publicKey: key.x } });
    expect(await authority.verifyJoinToken(join.token)).toMatchObject({ ok: true, claims: { sub: join.agent, permissions: ['documents.*'], name: 'one' } });
    expect(await authority.verifyOperateToken(operate.token)).toMatchObject({ ok: true, claims: { accessRole: 'admin' } });
    expect(await authority.verifyOperateToken(join.token)).toMatchObject({ ok: false, error: { code: 'tokenInvalid' } });
    const foreign = valueOf(await admin.createJoinToken(other.mesh.mesh, { accessRole: 'worker', permissions: [] }));
    expect(await authority.verifyJoinToken(foreign.token)).toMatchObject({ ok: false, error: { code: 'tokenForeign' } });
    expect(codeOf(await admin.createJoinToken(mesh.mesh, { accessRole: 'worker', permissions: [], expiresInSeconds: 10 ** 9 }))).toBe('lifetimeTooLong');
  });
});

describe('invitations', () => {
  test('each use buys a join token of its own, until they are used up', async () => {
    const { mesh } = await newMesh();
    const invitation = valueOf(await admin.createInvitation(mesh.mesh, { accessRole: 'worker', permissions: [], usesMax: 2 }));
    expect(invitation.url).toBe(`${controlPlane.url}/#invitation=${invitation.code}`);
    const [first, second] = [valueOf(await anyone.redeemInvitation(invitation.code, 'one')), valueOf(await anyone.redeemInvitation(invitation.code, 'two'))];
    expect(first.agent).not.toBe(second.agent);
    expect(first.mesh).toEqual(mesh);
    expect(codeOf(await anyone.redeemInvitation(invitation.code, 'three'))).toBe('invitationUsedUp');
    expect(codeOf(await anyone.redeemInvitation(`${invitation.code.slice(0, -1)}!`, 'x'))).toBe('invitationNotFound');
  });

  test('used by many at once, they admit no more than they may', async () => {
    const { mesh } = await newMesh();
    const { code } = valueOf(await admin.createInvitation(mesh.mesh, { accessRole: 'worker', permissions: [], usesMax: 3 }));
    const results = await Promise.all(Array.from({ length: 6 }, (_, number) => anyone.redeemInvitation(code, `p${number}`)));
    expect(results.filter(({ ok }) => ok)).toHaveLength(3);
  });

  test('end with their time, and with their mesh', async () => {
    const { mesh } = await newMesh();
    const short = valueOf(await admin.createInvitation(mesh.mesh, { accessRole: 'spectator', permissions: [], expiresInSeconds: 60 }));
    aheadMs = 61_000;
    expect(codeOf(await anyone.redeemInvitation(short.code, 'late'))).toBe('invitationNotFound');
    const orphan = valueOf(await admin.createInvitation(mesh.mesh, { accessRole: 'worker', permissions: [] }));
    await admin.deleteMesh(mesh.mesh);
    valueOf(await admin.createMesh({ mesh: mesh.mesh, app: 'a', managers }));
    expect(codeOf(await anyone.redeemInvitation(orphan.code, 'late'))).toBe('invitationNotFound');
  });
});

describe('snapshots and restore', () => {
  const data = (text: string) => new TextEncoder().encode(text);
  const snapshotOf = (term: number, index: number, bytes: Uint8Array) => ({ term, index, logTimeMs: index, sha256: createHash('sha256').update(bytes).digest('hex') });
  async function enrolled(): Promise<{ readonly mesh: MeshDescription; readonly key: SigningKey; readonly identity: ManagerIdentity }> {
    const { mesh } = await newMesh();
    const key = generateSigningKey();
    const { mesh: known } = valueOf(await admin.enrolManager(mesh.mesh, 'm1', key.x, null));
    return { mesh: known, key, identity: identityOf(known, 'm1') };
  }
  async function put(identity: ManagerIdentity, key: SigningKey, term: number, index: number, text = `${term}.${index}`) {
    const bytes = data(text);
    return anyone.putSnapshot(identity.mesh, await createManagerProof(identity, key, { purpose: 'putSnapshot', snapshot: snapshotOf(term, index, bytes) }), bytes);
  }

  test('an enrolled manager puts them; it and the admin get the last one back', async () => {
    const { mesh, key, identity } = await enrolled();
    expect(codeOf(await admin.snapshotData(mesh.mesh, null))).toBe('noSnapshot');
    expect(valueOf(await put(identity, key, 1, 5))).toMatchObject({ incarnation: 1, term: 1, index: 5, sizeBytes: 3 });
    expect(codeOf(await put(identity, key, 1, 4))).toBe('snapshotOlder');
    const proof = await createManagerProof(identity, key, { purpose: 'readSnapshot' });
    expect(valueOf(await anyone.snapshotDescription(mesh.mesh, proof))).toMatchObject({ index: 5 });
    expect(Buffer.from(valueOf(await anyone.snapshotData(mesh.mesh, proof))).toString()).toBe('1.5');
    expect(Buffer.from(valueOf(await admin.snapshotData(mesh.mesh, null))).toString()).toBe('1.5');
  });

  test('nobody else does: another key, another purpose, another body, another mesh, a worker', async () => {
    const { mesh, key, identity } = await enrolled();
    const stranger = await enrolled();
    expect(codeOf(await put(identity, generateSigningKey(), 9, 9))).toBe('proofRefused');
    expect(codeOf(await put({ ...identity, managerIncarnation: 2 }, key, 9, 9))).toBe('proofRefused');
    expect(codeOf(await put({ ...identity, manager: 'm2' as ManagerId }, key, 9, 9))).toBe('proofRefused');
    const reading = await createManagerProof(identity, key, { purpose: 'readSnapshot' });
    expect(codeOf(await anyone.putSnapshot(mesh.mesh, reading, data('x')))).toBe('proofRefused');
    const other = await createManagerProof(identity, key, { purpose: 'putSnapshot', snapshot: snapshotOf(9, 9, data('signed')) });
    expect(codeOf(await anyone.putSnapshot(mesh.mesh, other, data('sent')))).toBe('snapshotHashWrong');
    expect(codeOf(await anyone.putSnapshot(stranger.mesh.mesh, other, data('signed')))).toBe('notAuthenticated');
    const { token } = valueOf(await admin.createJoinToken(mesh.mesh, { accessRole: 'worker', permissions: [] }));
    expect(codeOf(await anyone.snapshotData(mesh.mesh, token))).toBe('notAuthenticated');
    expect(codeOf(await admin.snapshotDescription(mesh.mesh, null))).toBe('noSnapshot');
  });

  test('a proof ends after a minute and the tolerance', async () => {
    const { key, identity } = await enrolled();
    aheadMs = 125_000;
    expect(codeOf(await put(identity, key, 1, 1))).toBe('proofRefused');
  });

  test('a restore starts a new life from the last snapshot, and the old one cannot reach it', async () => {
    const { mesh, key, identity } = await enrolled();
    expect(codeOf(await admin.restoreMesh(mesh.mesh, {}))).toBe('nothingToRestore');
    valueOf(await put(identity, key, 3, 30));
    const restored = valueOf(await admin.restoreMesh(mesh.mesh, {}));
    expect(restored.mesh.incarnation).toBe(2);
    expect(restored.mesh.managers.map(({ publicKey, managerIncarnation }) => [publicKey, managerIncarnation])).toEqual([[null, 2], [null, 2], [null, 2]]);

    expect(codeOf(await put(identity, key, 99, 999))).toBe('incarnationEnded');
    const oldProof = await createManagerProof(identity, key, { purpose: 'readSnapshot' });
    expect(codeOf(await anyone.snapshotData(mesh.mesh, oldProof))).toBe('incarnationEnded');
    // Nor with a claim to the new life that it was never enrolled in.
    expect(codeOf(await put({ ...identity, incarnation: 2, managerIncarnation: 2 }, key, 99, 999))).toBe('proofRefused');

    const newKey = generateSigningKey();
    const enrolledAgain = valueOf(await anyone.enrolManager(mesh.mesh, 'm1', newKey.x, tokenOf(restored, 'm1')));
    const again = identityOf(enrolledAgain.mesh, 'm1');
    const proof = await createManagerProof(again, newKey, { purpose: 'readSnapshot' });
    expect(Buffer.from(valueOf(await anyone.snapshotData(mesh.mesh, proof))).toString()).toBe('3.30');
    expect((await put(again, newKey, 4, 31)).ok).toBe(true);
    const { token } = valueOf(await admin.createJoinToken(mesh.mesh, { accessRole: 'worker', permissions: [] }));
    const old = createAuthority({ mesh, meshPublicKey: mesh.publicKey, credential: '', signingKey: key });
    expect(await old.verifyJoinToken(token)).toMatchObject({ ok: false, error: { code: 'wrongIncarnation' } });
  });
});

describe('the page', () => {
  const get = (where: string) => fetch(controlPlane.url + where);

  test('is served at every address that is no file, never kept by browsers; what is hashed is kept', async () => {
    for (const where of ['/', '/room/one']) {
      const response = await get(where);
      expect([response.status, response.headers.get('cache-control'), await response.text()]).toEqual([200, 'no-cache', '<title>game</title>']);
    }
    expect((await get('/assets/app-123.js')).headers.get('cache-control')).toContain('immutable');
    const worker = await get('/sw.js');
    expect([worker.headers.get('cache-control'), worker.headers.get('content-type')]).toEqual(['no-cache', expect.stringContaining('javascript')]);
  });

  test('gives nothing from outside its directory, and nothing for files that are not there', async () => {
    for (const where of ['/assets/missing.js', '/%2e%2e/outside.txt', '/..%2foutside.txt', '/api/v1/nothing', '/api/nothing']) {
      const response = await get(where);
      expect(response.status).toBe(404);
      expect(await response.text()).not.toContain('secret');
    }
  });

  test('may speak to itself and to the managers, and to nobody else', async () => {
    await newMesh();
    const policy = (await get('/')).headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("worker-src 'self'");
    expect(policy).toMatch(/connect-src 'self'[^;]* http:\/\/127\.0\.0\.1:7071 ws:\/\/127\.0\.0\.1:7071/);
    expect(policy).not.toMatch(/connect-src[^;]*\*/);
    const byName = await fetch(controlPlane.url.replace('127.0.0.1', 'localhost'));
    expect(byName.headers.get('content-security-policy')).toContain('ws://localhost:7072');
  });
});

describe('managers that come and go', () => {
  const url = 'http://127.0.0.1:7074';

  test('a new one gets the next free name, starts as a learner, and can be asked for again until it has enrolled', async () => {
    const { mesh } = await newMesh();
    const first = valueOf(await admin.registerManager(mesh.mesh, { url }));
    expect(first.manager).toEqual({ id: 'm4', url, publicKey: null, managerIncarnation: 1, joined: true });
    expect(first.mesh.managers).toHaveLength(4);
    const again = valueOf(await admin.registerManager(mesh.mesh, { id: 'm4' as ManagerId, url }));
    expect(again.manager).toEqual(first.manager);
    expect(codeOf(await anyone.enrolManager(mesh.mesh, 'm4', generateSigningKey().x, first.setupToken))).toBe('setupTokenInvalid');
    expect(valueOf(await anyone.enrolManager(mesh.mesh, 'm4', generateSigningKey().x, again.setupToken)).mesh.managers.at(-1)).toMatchObject({ id: 'm4', joined: true });
  });

  test('no incarnation of a name comes twice: not after a lost disk, not after it had left', async () => {
    const { mesh } = await newMesh();
    const incarnation = async () => valueOf(await admin.registerManager(mesh.mesh, { id: 'm1' as ManagerId, url: managers[0]?.url ?? '' })).manager.managerIncarnation;
    valueOf(await admin.enrolManager(mesh.mesh, 'm1', generateSigningKey().x, null));
    expect(await incarnation()).toBe(2);
    valueOf(await admin.enrolManager(mesh.mesh, 'm1', generateSigningKey().x, null));
    expect(valueOf(await admin.forgetManager(mesh.mesh, 'm1', 1)).managers).toHaveLength(3);
    expect(valueOf(await admin.forgetManager(mesh.mesh, 'm1', 2)).managers.map(({ id }) => id)).toEqual(['m2', 'm3']);
    expect(valueOf(await admin.forgetManager(mesh.mesh, 'm1', 2)).managers).toHaveLength(2);
    expect(await incarnation()).toBe(3);
  });

  test('only for the admin, at most seven, and never none', async () => {
    const { mesh } = await newMesh();
    expect(codeOf(await anyone.registerManager(mesh.mesh, { url }))).toBe('notAuthenticated');
    expect(codeOf(await anyone.forgetManager(mesh.mesh, 'm1', 1))).toBe('notAuthenticated');
    expect(codeOf(await admin.registerManager(mesh.mesh, { url: 'ftp://x' }))).toBe('managersInvalid');
    for (let count = 4; count <= 7; count += 1) valueOf(await admin.registerManager(mesh.mesh, { url }));
    expect(codeOf(await admin.registerManager(mesh.mesh, { url }))).toBe('managersInvalid');
    for (let count = 2; count <= 7; count += 1) valueOf(await admin.forgetManager(mesh.mesh, `m${count}`, 1));
    expect(codeOf(await admin.forgetManager(mesh.mesh, 'm1', 1))).toBe('managersInvalid');
  });
});
