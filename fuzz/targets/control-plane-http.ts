import { mkdtempSync, rmSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHostProof, createManagerProof, generateSigningKey, sha256, succeeded } from '@raft-mesh/mesh-node';
import type { HostId, ManagerId, MeshId } from '@raft-mesh/protocol';
import pino from 'pino';
import { Keys } from '../../packages/control-plane/src/api-gateway/access/keys.ts';
import { createGateway } from '../../packages/control-plane/src/api-gateway/gateway.ts';
import { Idempotency } from '../../packages/control-plane/src/api-gateway/idempotency.ts';
import type { PlayerSignIn } from '../../packages/control-plane/src/api-gateway/access/player-sign-in.ts';
import { RateLimits } from '../../packages/control-plane/src/api-gateway/rate-limits.ts';
import { Hosts } from '../../packages/control-plane/src/mesh-manager/hosts.ts';
import { Invitations } from '../../packages/control-plane/src/mesh-manager/invitations.ts';
import { problems } from '../../packages/control-plane/src/mesh-manager/problems.ts';
import { Meshes } from '../../packages/control-plane/src/mesh-manager/meshes.ts';
import { ControlPlaneMetrics } from '../../packages/control-plane/src/observability/control-plane-metrics.ts';
import { Readiness } from '../../packages/control-plane/src/observability/readiness.ts';
import { Snapshots } from '../../packages/control-plane/src/state-manager/snapshots.ts';
import { MemoryStore } from '../../packages/control-plane/test/memory-store.ts';
import { routeTarget, routesOf } from '../support/routes.ts';
import type { Request_, Served } from '../support/routes.ts';
import type { Target } from '../target.ts';

const data = 'the state of a mesh';

/** Whoever says so is a player. */
const playerSignIn: PlayerSignIn = {
  description: { firebase: { projectId: 'demo', apiKey: 'public', emulatorUrl: null } },
  origins: [],
  verify: (idToken) => Promise.resolve(idToken.startsWith('player-') ? succeeded({ uid: idToken, anonymous: true }) : problems.idTokenInvalid()),
  close: () => Promise.resolve(),
};

/** A control plane with one mesh, an enrolled manager, an invitation, a snapshot and a page. */
export async function serveControlPlane(): Promise<Served & { readonly routes: readonly string[]; readonly fails: () => readonly string[] }> {
  const store = new MemoryStore();
  const snapshots = new Snapshots(store);
  const meshes = new Meshes(store, snapshots, () => Date.now());
  const invitations = new Invitations(store, meshes, () => Date.now());
  const pageDirectory = mkdtempSync(join(tmpdir(), 'raft-mesh-fuzz-'));
  writeFileSync(join(pageDirectory, 'index.html'), '<!doctype html>');
  mkdirSync(join(pageDirectory, 'assets'));
  writeFileSync(join(pageDirectory, 'assets', 'page.js'), '0');
  const fails: string[] = [];
  const log = pino({ level: 'error' }, { write: (line: string) => { if (line.includes('by a bug or broken I/O')) fails.push(line); } });
  const adminKey = 'admin-key-of-the-fuzzer-0000000000000000';
  const keys = new Keys(store, meshes, () => Date.now());
  // What is measured here is what is made of a request, not how many there may be.
  const limits = new RateLimits({ perAddress: 1e9, perKey: 1e9, refusalsPerAddress: 1e9 });
  const { app: gateway } = createGateway({
    metrics: new ControlPlaneMetrics({ withProcess: false }), readiness: new Readiness(store), limits, note: () => {}, addressOf: () => '127.0.0.1', allowedOrigins: [], playerSignIn, isSecure: false, keys, idempotency: new Idempotency(store, () => Date.now()), audit: () => Promise.resolve(), meshes, hosts: new Hosts(store, () => Date.now()), invitations, snapshots, adminKey, nowMs: () => Date.now(), log, pageDirectory, publicUrl: () => 'http://127.0.0.1:7070',
  });
  const admin = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' };
  const post = async (path: string, body: unknown) => {
    const response = await gateway.request(`/api/v1${path}`, { method: 'POST', headers: admin, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`the fixture's ${path} failed: ${await response.text()}`);
    return await response.json() as Record<string, unknown>;
  };
  const made = await post('/meshes', { mesh: 'village', app: 'mafia', managers: [{ id: 'm1', url: 'http://127.0.0.1:1' }, { id: 'm2', url: 'http://127.0.0.1:2' }] });
  const key = generateSigningKey();
  await post('/meshes/village/managers/m1/enrol', { publicKey: key.x });
  const identity = { mesh: 'village' as MeshId, incarnation: 1, manager: 'm1' as ManagerId, managerIncarnation: 1 };
  const known: Record<string, string> = {
    key: ((await post('/keys', { name: 'fixture', accessRole: 'admin' }))['key'] as { readonly key: string }).key,
    admin: adminKey, publicKey: generateSigningKey().x,
    setup: (made['setupTokens'] as readonly { readonly setupToken: string }[])[1]?.setupToken ?? '',
    code: String((await post('/meshes/village/invitations', { accessRole: 'worker', permissions: [], usesMax: 10_000 }))['code']),
    put: await createManagerProof(identity, key, { purpose: 'putSnapshot', snapshot: { term: 1, index: 5, logTimeMs: 5, sha256: sha256(data) } }),
    read: await createManagerProof(identity, key, { purpose: 'readSnapshot' }),
  };
  const hostKey = generateSigningKey();
  await post('/hosts', { host: 'h1', url: 'http://127.0.0.1:7100', publicKey: hostKey.x, apps: ['placed'], managersMax: 10 });
  known['host'] = await createHostProof('h1' as HostId, hostKey);
  await post('/meshes', { mesh: 'placed', app: 'placed', placed: 3 });
  await gateway.request('/api/v1/meshes/village/snapshots', { method: 'PUT', headers: { authorization: `Bearer ${known['put']}` }, body: data });
  return {
    fetch: (request) => gateway.fetch(request), known, routes: routesOf(gateway as never), fails: () => fails,
    async after({ method, path }, response, body) {
      if (fails.length > 0) throw new Error(`the control plane logged a failure: ${fails.splice(0).join()}`);
      // One mesh is enough: another that was made goes again, and the one that was deleted comes back.
      if (method === 'POST' && response.status === 201 && /\/meshes\/?(\?|$)/.test(path)) {
        const mesh = (Object(body) as { readonly mesh?: { readonly mesh?: string } }).mesh?.mesh;
        if (mesh !== undefined && mesh !== 'village' && mesh !== 'placed') await gateway.request(`/api/v1/meshes/${mesh}`, { method: 'DELETE', headers: admin });
      }
      if (method === 'DELETE' && response.status === 204) await post('/meshes', { mesh: 'village', app: 'mafia', managers: [{ id: 'm1', url: 'http://127.0.0.1:1' }, { id: 'm2', url: 'http://127.0.0.1:2' }] });
    },
    close() { rmSync(pageDirectory, { recursive: true, force: true }); },
  };
}

const base = '/api/v1/meshes/village';
const admin = { authorization: 'Bearer $admin', 'content-type': 'application/json' };
const byHost = { authorization: 'Bearer $host', 'content-type': 'application/json' };
const get = (path: string, headers: Readonly<Record<string, string>> = admin): Request_ => ({ method: 'GET', path, headers });
const post = (path: string, body: unknown, headers: Readonly<Record<string, string>> = admin): Request_ => ({ method: 'POST', path, headers, body });

/** What each route of the control plane is asked, by the name that its router has for it. */
export const controlPlaneRoutes: Readonly<Record<string, { readonly weight: number; readonly samples: readonly Request_[] }>> = {
  'GET /healthz': { weight: 0.2, samples: [get('/healthz')] },
  'GET /readyz': { weight: 0.2, samples: [get('/readyz')] },
  'GET /metrics': { weight: 0.2, samples: [get('/metrics'), get('/metrics', {})] },
  'GET /api/v1/meshes': { weight: 0.3, samples: [get('/api/v1/meshes')] },
  'POST /api/v1/meshes': { weight: 0.6, samples: [post('/api/v1/meshes', { mesh: 'other', app: 'mafia', managers: [{ id: 'm1', url: 'http://127.0.0.1:1' }] }), post('/api/v1/meshes', { app: 'mafia', managers: [{ id: 'm1', url: 'https://[::1]:1' }, { id: 'm2', url: 'http://x' }] }), post('/api/v1/meshes', { app: 'placed', placed: 3 })] },
  'GET /api/v1/meshes/:mesh': { weight: 0.3, samples: [get(base)] },
  'DELETE /api/v1/meshes/:mesh': { weight: 0.3, samples: [{ method: 'DELETE', path: base, headers: admin }, { method: 'DELETE', path: '/api/v1/meshes/none', headers: admin }] },
  'POST /api/v1/meshes/:mesh/restore': { weight: 0.5, samples: [post(`${base}/restore`, {}), post(`${base}/restore`, { managers: [{ id: 'm1', url: 'http://127.0.0.1:1' }] })] },
  'POST /api/v1/meshes/:mesh/managers': { weight: 0.5, samples: [post(`${base}/managers`, { id: 'm3', url: 'http://127.0.0.1:3' }), post(`${base}/managers`, { url: 'http://127.0.0.1:4' })] },
  'DELETE /api/v1/meshes/:mesh/managers/:manager': { weight: 0.3, samples: [{ method: 'DELETE', path: `${base}/managers/m3?incarnation=1`, headers: admin }] },
  'POST /api/v1/meshes/:mesh/managers/:manager/enrol': { weight: 0.5, samples: [post(`${base}/managers/m2/enrol`, { publicKey: '$publicKey' }, { authorization: 'Bearer $setup', 'content-type': 'application/json' }), post(`${base}/managers/m1/enrol`, { publicKey: '$publicKey' })] },
  // Of a mesh that is not: the managers of one that is would be waited for, and none of them runs.
  'GET /api/v1/meshes/:mesh/status': { weight: 0.1, samples: [get('/api/v1/meshes/none/status')] },
  'GET /api/v1/meshes/:mesh/agents': { weight: 0.1, samples: [get('/api/v1/meshes/none/agents?limit=2')] },
  'GET /api/v1/meshes/:mesh/agents/:agent': { weight: 0.1, samples: [get('/api/v1/meshes/none/agents/ada')] },
  'GET /api/v1/meshes/:mesh/events': { weight: 0.1, samples: [get('/api/v1/meshes/none/events'), get('/api/v1/meshes/none/events', { ...admin, upgrade: 'websocket', connection: 'Upgrade' })] },
  'DELETE /api/v1/meshes/:mesh/agents/:agent': { weight: 0.1, samples: [{ method: 'DELETE', path: '/api/v1/meshes/none/agents/ada', headers: admin }] },
  'POST /api/v1/meshes/:mesh/join': { weight: 0.5, samples: [post(`${base}/join`, { name: 'Ada' }, { authorization: 'Bearer player-1', 'content-type': 'application/json' })] },
  'POST /api/v1/meshes/:mesh/join-tokens': { weight: 0.5, samples: [post(`${base}/join-tokens`, { agent: 'ada', name: 'Ada', accessRole: 'admin', permissions: ['*'], expiresInSeconds: 60 })] },
  'POST /api/v1/meshes/:mesh/operate-tokens': { weight: 0.4, samples: [post(`${base}/operate-tokens`, { accessRole: 'admin', expiresInSeconds: 60 })] },
  'POST /api/v1/meshes/:mesh/invitations': { weight: 0.4, samples: [post(`${base}/invitations`, { accessRole: 'worker', permissions: ['x'], expiresInSeconds: 60, usesMax: 2 })] },
  'POST /api/v1/invitations/redeem': { weight: 0.5, samples: [post('/api/v1/invitations/redeem', { code: '$code', name: 'Ada' }, { 'content-type': 'application/json' })] },
  'PUT /api/v1/meshes/:mesh/snapshots': { weight: 0.5, samples: [{ method: 'PUT', path: `${base}/snapshots`, headers: { authorization: 'Bearer $put', 'content-type': 'application/octet-stream' }, body: data }] },
  'GET /api/v1/meshes/:mesh/snapshots/latest/meta': { weight: 0.3, samples: [get(`${base}/snapshots/latest/meta`), get(`${base}/snapshots/latest/meta`, { authorization: 'Bearer $read' })] },
  'GET /api/v1/meshes/:mesh/snapshots/latest': { weight: 0.3, samples: [get(`${base}/snapshots/latest`), get(`${base}/snapshots/latest`, { authorization: 'Bearer $read' })] },
  'POST /api/v1/hosts': { weight: 0.4, samples: [post('/api/v1/hosts', { host: 'h2', url: 'http://127.0.0.1:7101', publicKey: '$publicKey', apps: ['mafia'], managersMax: 3 })] },
  'GET /api/v1/hosts': { weight: 0.2, samples: [get('/api/v1/hosts?limit=1')] },
  'GET /api/v1/hosts/:host': { weight: 0.2, samples: [get('/api/v1/hosts/h1')] },
  'DELETE /api/v1/hosts/:host': { weight: 0.2, samples: [{ method: 'DELETE', path: '/api/v1/hosts/h2', headers: admin }] },
  'PUT /api/v1/hosts/:host/draining': { weight: 0.2, samples: [{ method: 'PUT', path: '/api/v1/hosts/h1/draining', headers: admin }] },
  'DELETE /api/v1/hosts/:host/draining': { weight: 0.2, samples: [{ method: 'DELETE', path: '/api/v1/hosts/h1/draining', headers: admin }] },
  'POST /api/v1/hosts/:host/beats': { weight: 0.5, samples: [post('/api/v1/hosts/h1/beats', { acknowledged: 0, managers: 3 }, byHost), post('/api/v1/hosts/h1/beats', { acknowledged: 2, managers: 2 }, byHost)] },
  'POST /api/v1/hosts/:host/meshes/:mesh/managers/:manager/enrol': { weight: 0.4, samples: [post('/api/v1/hosts/h1/meshes/placed/managers/m1/enrol', { publicKey: '$publicKey' }, byHost)] },
  // Of a mesh that is not: the managers of one that is would be waited for.
  'POST /api/v1/hosts/:host/meshes/:mesh/managers/:manager/admit': { weight: 0.2, samples: [post('/api/v1/hosts/h1/meshes/none/managers/m1/admit', { managerIncarnation: 1 }, byHost)] },
  'POST /api/v1/hosts/:host/meshes/:mesh/managers/:manager/lost': { weight: 0.2, samples: [post('/api/v1/hosts/h1/meshes/none/managers/m1/lost', { managerIncarnation: 1 }, byHost)] },
  'GET /api/v1/keys': { weight: 0.4, samples: [get('/api/v1/keys'), get('/api/v1/keys?limit=1&cursor=x')] },
  'POST /api/v1/keys': { weight: 0.5, samples: [post('/api/v1/keys', { name: 'k', accessRole: 'admin', meshes: ['village'], operations: ['showMesh'], expiresInSeconds: 60 }), post('/api/v1/keys', { name: 'k', accessRole: 'admin' }, { ...admin, 'idempotency-key': 'once' })] },
  'DELETE /api/v1/keys/:key': { weight: 0.3, samples: [{ method: 'DELETE', path: '/api/v1/keys/$key', headers: admin }, { method: 'DELETE', path: '/api/v1/keys/none', headers: admin }] },
  'GET /api/v1/sign-in': { weight: 0.1, samples: [get('/api/v1/sign-in')] },
  'GET /api/v1/openapi.json': { weight: 0.1, samples: [get('/api/v1/openapi.json')] },
  'GET /api/v1/docs': { weight: 0.1, samples: [get('/api/v1/docs')] },
  'GET /api/v1/docs.css': { weight: 0.1, samples: [get('/api/v1/docs.css')] },
  'ALL /api/*': { weight: 0.2, samples: [{ method: 'PATCH', path: '/api/v1/meshes', headers: admin, body: {} }, get('/api/../api/v1/meshes/%00')] },
  'GET /*': { weight: 0.6, samples: [get('/'), get('/assets/page.js'), get('/game/of/its/own?x=1'), get('/..%2f..%2fadmin-key'), get('/%E0%A4%A'), get('/assets/none.js')] },
};

export const controlPlaneHttpTargets: readonly Target[] = Object.entries(controlPlaneRoutes).map(([route, { weight, samples }]) => routeTarget(`http.controlPlane ${route}`, weight, samples, serveControlPlane, 1_500));
