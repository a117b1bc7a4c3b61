import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { nanoid } from 'nanoid';
import { startControlPlane } from '@raft-mesh/control-plane';
import type { ControlPlane } from '@raft-mesh/control-plane';
import { createControlPlaneClient, createHostProof, createLogger, createManagerProof, generateSigningKey } from '@raft-mesh/mesh-node';
import type { ControlPlaneClient, Result, SigningKey } from '@raft-mesh/mesh-node';
import type { HostId, ManagerId, ManagerIdentity, control } from '@raft-mesh/protocol';

jest.setTimeout(60_000);

// Every route, every access role, and every way in which a key can be no good: what each is answered. Written down here once more, on its own: the
// code's own table must agree with it, and a route that has no row here fails.

const roles = ['admin', 'manager', 'worker', 'spectator'] as const;
type Role = (typeof roles)[number];

/** A mesh of its own for each cell, so that no answer depends on another. */
interface World {
  readonly mesh: string;
  readonly created: control.CreatedMesh;
  readonly managerKey: SigningKey;
  readonly identity: ManagerIdentity;
  readonly otherKey: string;
  readonly invitation: string;
  readonly host: string;
}

interface Row {
  /** Access roles that are let in, with a key for all meshes. */
  readonly keys: readonly Role[];
  /** Of these, whether a key for just this mesh is enough. */
  readonly ownMesh: boolean;
  /** The status of a good request by who is let in. */
  readonly status: number;
  /** What a key for another mesh is told: 403, but for lists and the like, which are about what the key covers. */
  readonly foreign: number;
  readonly body?: (world: World) => unknown;
  readonly where?: (world: World) => string;
}

const everybody = [...roles];
const agentBody = { accessRole: 'worker', permissions: [] };

const rows: Readonly<Record<string, Row | 'open'>> = {
  'GET /healthz': 'open',
  'GET /readyz': 'open',
  'GET /metrics': { keys: ['admin', 'manager', 'spectator'], ownMesh: false, status: 200, foreign: 403 },
  'GET /api/v1/openapi.json': 'open',
  'GET /api/v1/docs': 'open',
  'GET /api/v1/docs.css': 'open',
  'POST /api/v1/invitations/redeem': 'open',
  'GET /api/v1/sign-in': 'open',
  'GET /api/v1/meshes': { keys: everybody, ownMesh: true, status: 200, foreign: 200 },
  'POST /api/v1/meshes': { keys: ['admin'], ownMesh: false, status: 201, foreign: 403, body: () => ({ app: 'a', managers: [{ id: 'm1', url: 'http://127.0.0.1:1' }] }) },
  'GET /api/v1/meshes/{mesh}': { keys: everybody, ownMesh: true, status: 200, foreign: 403 },
  'DELETE /api/v1/meshes/{mesh}': { keys: ['admin'], ownMesh: true, status: 204, foreign: 403 },
  'POST /api/v1/meshes/{mesh}/restore': { keys: ['admin'], ownMesh: true, status: 200, foreign: 403, body: () => ({}) },
  'POST /api/v1/meshes/{mesh}/managers': { keys: ['admin', 'manager'], ownMesh: true, status: 201, foreign: 403, body: () => ({ url: 'http://127.0.0.1:4' }) },
  'DELETE /api/v1/meshes/{mesh}/managers/{manager}': { keys: ['admin', 'manager'], ownMesh: true, status: 200, foreign: 403, where: ({ mesh }) => `/api/v1/meshes/${mesh}/managers/m2?incarnation=1` },
  'POST /api/v1/meshes/{mesh}/managers/{manager}/enrol': {
    keys: ['admin', 'manager'], ownMesh: true, status: 200, foreign: 403, where: ({ mesh }) => `/api/v1/meshes/${mesh}/managers/m2/enrol`, body: () => ({ publicKey: generateSigningKey().x }),
  },
  // Of these meshes no manager runs, so who is let in is told that nobody answers: 503 is the intended answer here.
  'GET /api/v1/meshes/{mesh}/status': { keys: everybody, ownMesh: true, status: 200, foreign: 403 },
  // Who is let in and brings no WebSocket is told to.
  'GET /api/v1/meshes/{mesh}/events': { keys: everybody, ownMesh: true, status: 426, foreign: 403 },
  'GET /api/v1/meshes/{mesh}/agents': { keys: everybody, ownMesh: true, status: 503, foreign: 403 },
  'GET /api/v1/meshes/{mesh}/agents/{agent}': { keys: everybody, ownMesh: true, status: 503, foreign: 403, where: ({ mesh }) => `/api/v1/meshes/${mesh}/agents/ada` },
  'DELETE /api/v1/meshes/{mesh}/agents/{agent}': { keys: ['admin'], ownMesh: true, status: 503, foreign: 403, where: ({ mesh }) => `/api/v1/meshes/${mesh}/agents/ada` },
  'POST /api/v1/meshes/{mesh}/join-tokens': { keys: ['admin', 'worker'], ownMesh: true, status: 201, foreign: 403, body: () => agentBody },
  'POST /api/v1/meshes/{mesh}/operate-tokens': { keys: ['admin', 'manager', 'spectator'], ownMesh: true, status: 201, foreign: 403, body: () => ({ accessRole: 'spectator' }) },
  'POST /api/v1/meshes/{mesh}/invitations': { keys: ['admin', 'worker'], ownMesh: true, status: 201, foreign: 403, body: () => agentBody },
  // By a player's ID token alone: see `sign-in.integration.ts`.
  'POST /api/v1/meshes/{mesh}/join': { keys: [], ownMesh: true, status: 201, foreign: 403, body: () => ({ name: 'Ada' }) },
  'PUT /api/v1/meshes/{mesh}/snapshots': { keys: [], ownMesh: true, status: 200, foreign: 403 },
  'GET /api/v1/meshes/{mesh}/snapshots/latest': { keys: ['admin', 'manager'], ownMesh: true, status: 200, foreign: 403 },
  'GET /api/v1/meshes/{mesh}/snapshots/latest/meta': { keys: ['admin', 'manager'], ownMesh: true, status: 200, foreign: 403 },
  'POST /api/v1/hosts': { keys: ['admin', 'manager'], ownMesh: false, status: 201, foreign: 403, body: () => newHost() },
  'GET /api/v1/hosts': { keys: ['admin', 'manager', 'spectator'], ownMesh: false, status: 200, foreign: 403 },
  'GET /api/v1/hosts/{host}': { keys: ['admin', 'manager', 'spectator'], ownMesh: false, status: 200, foreign: 403, where: ({ host }) => `/api/v1/hosts/${host}` },
  // It lives, so who is let in is told that it is in use.
  'DELETE /api/v1/hosts/{host}': { keys: ['admin'], ownMesh: false, status: 409, foreign: 403, where: ({ host }) => `/api/v1/hosts/${host}` },
  'PUT /api/v1/hosts/{host}/draining': { keys: ['admin'], ownMesh: false, status: 200, foreign: 403, where: ({ host }) => `/api/v1/hosts/${host}/draining` },
  'DELETE /api/v1/hosts/{host}/draining': { keys: ['admin'], ownMesh: false, status: 200, foreign: 403, where: ({ host }) => `/api/v1/hosts/${host}/draining` },
  // By a host's own proof alone: see below.
  'POST /api/v1/hosts/{host}/beats': { keys: [], ownMesh: false, status: 200, foreign: 403, where: ({ host }) => `/api/v1/hosts/${host}/beats`, body: () => ({ acknowledged: 0, managers: 0 }) },
  'POST /api/v1/hosts/{host}/meshes/{mesh}/managers/{manager}/enrol': { keys: [], ownMesh: false, status: 200, foreign: 403, where: ({ host, mesh }) => `/api/v1/hosts/${host}/meshes/${mesh}/managers/m1/enrol`, body: () => ({ publicKey: generateSigningKey().x }) },
  'POST /api/v1/hosts/{host}/meshes/{mesh}/managers/{manager}/admit': { keys: [], ownMesh: false, status: 200, foreign: 403, where: ({ host, mesh }) => `/api/v1/hosts/${host}/meshes/${mesh}/managers/m1/admit`, body: () => ({ managerIncarnation: 1 }) },
  'POST /api/v1/hosts/{host}/meshes/{mesh}/managers/{manager}/lost': { keys: [], ownMesh: false, status: 200, foreign: 403, where: ({ host, mesh }) => `/api/v1/hosts/${host}/meshes/${mesh}/managers/m1/lost`, body: () => ({ managerIncarnation: 1 }) },
  'GET /api/v1/keys': { keys: ['admin'], ownMesh: true, status: 200, foreign: 200 },
  // For itself, even a key for some other mesh may make one.
  'POST /api/v1/keys': { keys: ['admin'], ownMesh: true, status: 201, foreign: 201, body: () => ({ name: 'another', accessRole: 'spectator' }) },
  // What a key does not reach is not there for it.
  'DELETE /api/v1/keys/{key}': { keys: ['admin'], ownMesh: true, status: 200, foreign: 404, where: ({ otherKey }) => `/api/v1/keys/${otherKey}` },
};

const newHost = () => ({ host: nanoid(20).toLowerCase().replaceAll('_', '-') as HostId, url: 'http://127.0.0.1:1', publicKey: generateSigningKey().x, apps: ['b'], managersMax: 3 });

const root = mkdtempSync(path.join(tmpdir(), 'raft-mesh-access-'));
let aheadMs = 0;
let controlPlane: ControlPlane;
let adminKey: string;
let admin: ControlPlaneClient;

beforeAll(async () => {
  process.env['METADATA_SERVER_DETECTION'] = 'none';
  controlPlane = await startControlPlane({ directory: root, port: 0, logger: createLogger({ level: 'silent', name: 'test' }), nowWallMs: () => Date.now() + aheadMs, rateLimits: { refusalsPerAddress: 1_000_000, perAddress: 1_000_000, perKey: 1_000_000 }, playerSignIn: { projectId: 'demo-access' } });
  adminKey = readFileSync(controlPlane.adminKeyFile, 'utf8').trim();
  admin = createControlPlaneClient({ url: controlPlane.url, adminKey });
});
afterAll(async () => {
  await controlPlane.stop();
  rmSync(root, { recursive: true, force: true });
});

function valueOf<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(`${result.problem.code}: ${result.problem.detail}`);
  return result.value;
}

/** Only what this route looks at is made. */
async function newWorld(route: string): Promise<World> {
  const managers = ['m1', 'm2', 'm3'].map((id, at) => ({ id: id as ManagerId, url: `http://127.0.0.1:${at + 1}` }));
  const created = valueOf(await admin.createMesh({ app: 'a', managers }));
  const { mesh } = created.mesh;
  const managerKey = generateSigningKey();
  valueOf(await admin.enrolManager(mesh, 'm1', managerKey.x, null));
  const identity: ManagerIdentity = { mesh, incarnation: 1, manager: 'm1' as ManagerId, managerIncarnation: 1 };
  if (/snapshots|restore/.test(route)) await putSnapshot(identity, managerKey);
  return {
    mesh, created, managerKey, identity, otherKey: route.includes('{key}') ? (await newKey('spectator', [mesh])).key.key : '',
    host: route.includes('{host}') ? valueOf(await admin.registerHost(newHost())).host : '',
    invitation: route.includes('redeem') ? valueOf(await admin.createInvitation(mesh, { accessRole: 'worker', permissions: [] })).code : '',
  };
}

async function putSnapshot(identity: ManagerIdentity, managerKey: SigningKey): Promise<void> {
  const data = new TextEncoder().encode('state');
  const snapshot = { term: 1, index: 1, logTimeMs: 1, sha256: createHash('sha256').update(data).digest('hex') };
  valueOf(await admin.putSnapshot(identity.mesh, await createManagerProof(identity, managerKey, { purpose: 'putSnapshot', snapshot }), data));
}

async function newKey(accessRole: Role, meshes: readonly string[] | null, more: Partial<control.CreateKey> = {}): Promise<control.CreatedKey> {
  return valueOf(await admin.createKey({ name: 'test', accessRole, ...(meshes === null ? {} : { meshes: meshes as never }), ...more }));
}

async function ask(route: string, row: Row, world: World, authorization: string | null): Promise<{ readonly status: number; readonly code: string | null }> {
  const [method = '', template = ''] = route.split(' ');
  const where = row.where?.(world) ?? template.replace('{mesh}', world.mesh);
  const response = await fetch(controlPlane.url + where, {
    method, headers: { ...(authorization === null ? {} : { authorization }), 'content-type': 'application/json' },
    ...(row.body === undefined ? {} : { body: JSON.stringify(row.body(world)) }),
  });
  const text = await response.text();
  const isProblem = response.headers.get('content-type') === 'application/problem+json';
  if (isProblem) expect(JSON.parse(text)).toMatchObject({ status: response.status, code: expect.any(String), detail: expect.any(String), next: expect.any(String) });
  expect(isProblem).toBe(response.status >= 400);
  if (response.status === 401) expect(response.headers.get('www-authenticate')).toBe('Bearer');
  return { status: response.status, code: isProblem ? (JSON.parse(text) as { code: string }).code : null };
}

const routes = Object.entries(rows).flatMap(([route, row]) => (row === 'open' ? [] : [{ route, row }]));

test('every route has a row, and every row a route', async () => {
  const { paths } = (await (await fetch(`${controlPlane.url}/api/v1/openapi.json`)).json()) as { paths: Record<string, Record<string, unknown>> };
  const served = Object.entries(paths).flatMap(([where, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${where}`));
  expect(served.toSorted()).toEqual(Object.keys(rows).toSorted());
});

test.each(Object.entries(rows).filter(([, row]) => row === 'open').map(([route]) => route))('%s is open: no key is asked for, and a bad one does no harm', async (route) => {
  const world = await newWorld(route);
  for (const authorization of [null, 'Bearer nonsense', `Bearer ${adminKey}`]) {
    const [method = '', where = ''] = route.split(' ');
    const response = await fetch(controlPlane.url + where, { method, headers: authorization === null ? {} : { authorization }, ...(method === 'POST' ? { body: JSON.stringify({ code: world.invitation, name: 'Ada' }) } : {}) });
    await response.arrayBuffer();
    expect(response.status).toBe(method === 'POST' ? 201 : 200);
  }
});

describe.each(routes)('$route', ({ route, row }) => {
  test('is shut to who has no key, or one that is no good', async () => {
    const world = await newWorld(route);
    const [expired, revoked, good] = [await newKey('admin', null, { expiresInSeconds: 60 }), await newKey('admin', null), await newKey('admin', null, { expiresInSeconds: 3600 })];
    valueOf(await admin.revokeKey(revoked.key.key));
    const wrongSecret = `${good.secret.slice(0, -2)}${good.secret.endsWith('AA') ? 'BB' : 'AA'}`;
    // A setup token and a manager's proof are something at two or three routes, and nothing when they are another's or for something else.
    const elsewhere = route.includes('{host}') && row.keys.length === 0 ? 'hostProofRefused' : route.endsWith('/enrol') ? 'setupTokenInvalid' : route.endsWith('/join') ? 'idTokenInvalid' : 'notAuthenticated';
    const { token: operate } = valueOf(await admin.createOperateToken(world.mesh, { accessRole: 'admin' }));
    const { token: join } = valueOf(await admin.createJoinToken(world.mesh, { accessRole: 'admin', permissions: ['*'] }));
    const statusProof = await createManagerProof(world.identity, world.managerKey, { purpose: 'status' });
    const strangersProof = await createManagerProof(world.identity, generateSigningKey(), { purpose: 'readSnapshot' });
    const proofCode = route.includes('/snapshots') ? 'proofRefused' : elsewhere;
    aheadMs = 61_000;
    const cells: readonly (readonly [string, string | null, string])[] = [
      ['missing', null, 'notAuthenticated'], ['another scheme', 'Basic YWRtaW46YWRtaW4=', 'notAuthenticated'], ['not even a token', 'Bearer ü', 'notAuthenticated'],
      ['wrong', 'Bearer wrong', elsewhere], ['a guess at the admin key', `Bearer ${nanoid(43)}`, elsewhere],
      ['a key that nobody made', `Bearer rmk_${nanoid(12)}_${nanoid(43)}`, 'notAuthenticated'], ['the right key with another secret', `Bearer ${wrongSecret}`, 'notAuthenticated'],
      ['half a key', `Bearer ${good.secret.slice(0, 20)}`, 'notAuthenticated'],
      ['expired', `Bearer ${expired.secret}`, 'keyExpired'], ['revoked', `Bearer ${revoked.secret}`, 'keyRevoked'],
      ['an operate token', `Bearer ${operate}`, elsewhere], ['a join token', `Bearer ${join}`, elsewhere],
      ['another manager\'s setup token', `Bearer ${world.created.setupTokens.find(({ manager }) => manager === 'm3')?.setupToken ?? ''}`, elsewhere],
      ['a proof for something else', `Bearer ${statusProof}`, proofCode], ['a proof by another key', `Bearer ${strangersProof}`, proofCode],
    ];
    for (const [what, authorization, code] of cells) expect([what, await ask(route, row, world, authorization)]).toEqual([what, { status: 401, code }]);
    aheadMs = 0;
  });

  test.each(roles)('as %s: with a key for all meshes, for this one, for another, for one of its name that is gone, and for other operations', async (role) => {
    const isIn = row.keys.includes(role);
    const world = await newWorld(route);
    expect(await ask(route, row, await newWorld(route), `Bearer ${(await newKey(role, null)).secret}`)).toMatchObject({ status: isIn ? row.status : 403, ...(isIn ? {} : { code: 'notAllowed' }) });

    const foreign = await newWorld(route);
    const foreignKey = await newKey(role, [foreign.mesh]);
    expect(await ask(route, row, world, `Bearer ${foreignKey.secret}`)).toMatchObject({ status: isIn ? row.foreign : 403 });

    const narrow = await newKey(role, [world.mesh], { operations: [role === 'admin' ? 'redeemInvitation' : 'health'] });
    expect(await ask(route, row, world, `Bearer ${narrow.secret}`)).toEqual({ status: 403, code: 'notAllowed' });

    const own = await newKey(role, [world.mesh]);
    expect(await ask(route, row, world, `Bearer ${own.secret}`)).toMatchObject({ status: isIn && row.ownMesh ? row.status : 403 });

    // The mesh is deleted, and another is made under its name: its keys are none of the new one.
    if (row.foreign !== 403) return;
    await admin.deleteMesh(world.mesh);
    valueOf(await admin.createMesh({ ...world.created.mesh, managers: world.created.mesh.managers.map(({ id, url }) => ({ id, url })) }));
    expect(await ask(route, row, world, `Bearer ${own.secret}`)).toEqual({ status: 403, code: 'notAllowed' });
  });

  test('as the bootstrap admin', async () => {
    const isIn = row.keys.length > 0;
    expect(await ask(route, row, await newWorld(route), `Bearer ${adminKey}`)).toMatchObject({ status: isIn ? row.status : 403 });
  });
});

test('a host\'s own proof opens what concerns itself and the managers that are placed on it, and nothing of another host', async () => {
  const key = generateSigningKey();
  const own = valueOf(await admin.registerHost({ ...newHost(), publicKey: key.x, apps: ['c'], managersMax: 2 })).host;
  const other = valueOf(await admin.registerHost(newHost())).host;
  const { mesh } = valueOf(await admin.createMesh({ app: 'c', placed: 1 }));
  const foreign = (await newWorld('')).mesh;
  const proof = await createHostProof(own, key);
  const codeOf = (result: Result<unknown>) => (result.ok ? 'ok' : result.problem.code);
  const publicKey = generateSigningKey().x;
  expect(valueOf(await admin.beatHost(own, proof, { acknowledged: 0, managers: 0 })).orders).toEqual([{ number: 1, order: 'place', mesh: mesh.mesh, incarnation: 1, publicKey: mesh.publicKey, manager: 'm1', managerIncarnation: 1 }]);
  expect(codeOf(await admin.enrolPlacedManager(own, proof, mesh.mesh, 'm1', publicKey))).toBe('ok');
  expect(codeOf(await admin.enrolPlacedManager(own, proof, mesh.mesh, 'm1', generateSigningKey().x))).toBe('setupTokenSpent');
  expect(codeOf(await admin.enrolPlacedManager(own, proof, foreign, 'm1', publicKey))).toBe('notPlacedHere');
  expect(codeOf(await admin.admitPlacedManager(own, proof, foreign, 'm1', 1))).toBe('notPlacedHere');
  expect(codeOf(await admin.replaceLostManager(own, proof, foreign, 'm1', 1))).toBe('notPlacedHere');
  expect(codeOf(await admin.replaceLostManager(own, proof, mesh.mesh, 'm1', 2))).toBe('notPlacedHere');
  expect(codeOf(await admin.replaceLostManager(own, proof, mesh.mesh, 'm1', 1))).toBe('majorityLost');
  expect(codeOf(await admin.replaceLostManager(other, proof, mesh.mesh, 'm1', 1))).toBe('hostProofRefused');
  expect(codeOf(await admin.beatHost(other, proof, { acknowledged: 0, managers: 0 }))).toBe('hostProofRefused');
  expect(codeOf(await admin.enrolPlacedManager(other, proof, mesh.mesh, 'm1', publicKey))).toBe('hostProofRefused');
  expect(codeOf(await admin.beatHost(own, await createHostProof(other, key), { acknowledged: 0, managers: 0 }))).toBe('hostProofRefused');
  aheadMs = 200_000;
  expect(codeOf(await admin.beatHost(own, proof, { acknowledged: 0, managers: 0 }))).toBe('hostProofRefused');
  aheadMs = 0;
  const withProof = createControlPlaneClient({ url: controlPlane.url, adminKey: proof });
  expect([codeOf(await withProof.listMeshes()), codeOf(await withProof.listHosts()), codeOf(await withProof.createMesh({ app: 'c', placed: 1 })), codeOf(await withProof.removeHost(own))]).toEqual(Array.from({ length: 4 }, () => 'notAuthenticated'));
});

describe('nobody hands out more than they have', () => {
  const clientWith = async (role: Role, meshes: readonly string[] | null, more: Partial<control.CreateKey> = {}) => createControlPlaneClient({ url: controlPlane.url, adminKey: (await newKey(role, meshes, more)).secret });
  const codeOf = (result: Result<unknown>) => (result.ok ? 'ok' : result.problem.code);

  test('tokens and invitations', async () => {
    const { mesh } = await newWorld('');
    const worker = await clientWith('worker', [mesh]);
    expect(codeOf(await worker.createJoinToken(mesh, { accessRole: 'worker', permissions: [] }))).toBe('ok');
    expect(codeOf(await worker.createJoinToken(mesh, { accessRole: 'admin', permissions: [] }))).toBe('grantTooWide');
    expect(codeOf(await worker.createJoinToken(mesh, { accessRole: 'worker', permissions: ['*'] }))).toBe('grantTooWide');
    expect(codeOf(await worker.createInvitation(mesh, { accessRole: 'worker', permissions: ['documents.*'] }))).toBe('grantTooWide');
    const spectator = await clientWith('spectator', null);
    expect(codeOf(await spectator.createOperateToken(mesh, { accessRole: 'spectator' }))).toBe('ok');
    expect(codeOf(await spectator.createOperateToken(mesh, { accessRole: 'admin' }))).toBe('grantTooWide');
  });

  test('keys', async () => {
    const [one, two] = [await newWorld(''), await newWorld('')];
    const own = await clientWith('admin', [one.mesh]);
    const made = valueOf(await own.createKey({ name: 'n', accessRole: 'admin' }));
    expect(made.key.meshes).toEqual([one.mesh]);
    expect(codeOf(await own.createKey({ name: 'n', accessRole: 'spectator', meshes: [two.mesh as never] }))).toBe('grantTooWide');
    const narrow = await clientWith('admin', null, { operations: ['createKey', 'showMesh'] });
    expect(codeOf(await narrow.createKey({ name: 'n', accessRole: 'admin', operations: ['showMesh'] }))).toBe('ok');
    expect(codeOf(await narrow.createKey({ name: 'n', accessRole: 'spectator' }))).toBe('grantTooWide');
    expect(codeOf(await admin.createKey({ name: 'n', accessRole: 'spectator', operations: ['fly'] }))).toBe('operationUnknown');
    expect(codeOf(await admin.createKey({ name: 'n', accessRole: 'spectator', meshes: ['nowhere' as never] }))).toBe('meshNotFound');
    expect(codeOf(await admin.createKey({ name: 'n', accessRole: 'spectator', expiresInSeconds: 10 ** 9 }))).toBe('lifetimeTooLong');
    const listed: control.KeyDescription[] = [];
    for (let cursor: string | null = null; ;) {
      const page: control.KeyList = valueOf(await own.listKeys({ limit: 50, cursor }));
      listed.push(...page.keys);
      if (page.next === null) break;
      cursor = page.next;
    }
    expect(listed.map(({ key }) => key)).toContain(made.key.key);
    expect(listed.every(({ meshes }) => meshes?.every((mesh) => mesh === one.mesh))).toBe(true);
  });

  test('a list of meshes shows a key its own', async () => {
    const [one, two] = [await newWorld(''), await newWorld('')];
    const both = await clientWith('spectator', [one.mesh, two.mesh]);
    const first = valueOf(await both.listMeshes({ limit: 1 }));
    const second = valueOf(await both.listMeshes({ limit: 1, cursor: first.next }));
    expect([...first.meshes, ...second.meshes].map(({ mesh }) => mesh).toSorted()).toEqual([one.mesh, two.mesh].map(String).toSorted());
    expect(second.next).toBeNull();
  });

  test('what is kept of a key tells nobody its secret', async () => {
    const { key, secret } = await newKey('admin', null);
    const kept = readFileSync(path.join(root, 'records', 'keys', `${key.key.replace(/[A-Z]/g, (letter) => `=${letter.toLowerCase()}`)}.record`), 'utf8');
    expect(kept).not.toContain(secret.slice(-43));
    expect(kept).toContain(createHash('sha256').update(secret.slice(-43)).digest('hex'));
  });
});
