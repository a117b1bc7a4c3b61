import { nanoid } from 'nanoid';
import type * as z from 'zod/mini';
import { control, meshStatus } from '@raft-mesh/protocol';
import type { AgentSummary, ManagerId, MeshDescription, MeshId, MeshStatus } from '@raft-mesh/protocol';
import type { Schema } from '@raft-mesh/state-machine';
import { requestBytes, requestJson } from './http-request.ts';
import type { HttpRequest } from './http-request.ts';
import type { Result } from './problem.ts';

export interface ControlPlaneClientOptions {
  /** Where the control plane answers, as `http://127.0.0.1:7070`; several where several copies do, the next one is asked when one does not. */
  readonly url: string | readonly string[];
  /** An API key, or the admin key. Needed for everything but enrolling, redeeming, and what a manager proves by its own key. */
  readonly adminKey?: string | null;
  /** Default 10,000. */
  readonly timeoutMs?: number;
  /** How long to go on asking when no copy answers, in ms. Each request is then done once, however often it is sent. Default 0. */
  readonly retryForMs?: number;
  /** Ends what is under way, and everything asked later. */
  readonly signal?: AbortSignal;
}

/** The largest snapshot that is sent or taken, in bytes. */
export const snapshotBytesMax = 64 * 1024 * 1024;

export interface PageRequest {
  readonly limit?: number;
  readonly cursor?: string | null;
}

/** The control plane's REST API as functions. Every expected failure comes back as a problem. */
export interface ControlPlaneClient {
  createMesh(body: z.input<typeof control.createMesh>): Promise<Result<control.CreatedMesh>>;
  /** Some meshes, from `cursor` on; `next` in the answer is the cursor of the others. Default 100, at most 1,000. */
  listMeshes(page?: PageRequest): Promise<Result<control.MeshList>>;
  registerHost(body: z.input<typeof control.registerHost>): Promise<Result<control.HostDescription>>;
  listHosts(page?: PageRequest): Promise<Result<control.HostList>>;
  removeHost(host: string): Promise<Result<null>>;
  drainHost(host: string): Promise<Result<control.HostDescription>>;
  undrainHost(host: string): Promise<Result<control.HostDescription>>;
  host(host: string): Promise<Result<control.HostDescription>>;
  /** These three with a `hostProof`. */
  beatHost(host: string, proof: string, body: control.BeatHost): Promise<Result<control.HostBeat>>;
  enrolPlacedManager(host: string, proof: string, mesh: string, manager: string, publicKey: string): Promise<Result<z.infer<typeof control.enrolledManager>>>;
  admitPlacedManager(host: string, proof: string, mesh: string, manager: string, managerIncarnation: number): Promise<Result<MeshDescription>>;
  /** With a `hostProof`, as these. What a manager knew is lost here: it is placed anew. */
  replaceLostManager(host: string, proof: string, mesh: string, manager: string, managerIncarnation: number): Promise<Result<MeshDescription>>;
  createKey(body: z.input<typeof control.createKey>): Promise<Result<control.CreatedKey>>;
  listKeys(page?: PageRequest): Promise<Result<control.KeyList>>;
  revokeKey(key: string): Promise<Result<control.KeyDescription>>;
  mesh(mesh: string): Promise<Result<MeshDescription>>;
  deleteMesh(mesh: string): Promise<Result<null>>;
  restoreMesh(mesh: string, body: z.input<typeof control.restoreMesh>): Promise<Result<control.CreatedMesh>>;
  registerManager(mesh: string, body: z.input<typeof control.registerManager>): Promise<Result<control.RegisteredManager>>;
  forgetManager(mesh: string, manager: string, managerIncarnation: number): Promise<Result<MeshDescription>>;
  /** `setupToken`: the one that creating or restoring the mesh gave for this manager; `null` uses the admin key. */
  enrolManager(mesh: string, manager: string, publicKey: string, setupToken: string | null): Promise<Result<z.infer<typeof control.enrolledManager>>>;
  /** As the mesh's managers say when the control plane asks them. */
  meshStatus(mesh: string): Promise<Result<MeshStatus>>;
  listAgents(mesh: string, page?: PageRequest): Promise<Result<control.AgentList>>;
  agent(mesh: string, agent: string): Promise<Result<AgentSummary>>;
  /** Shuts it out for good. */
  terminateAgent(mesh: string, agent: string): Promise<Result<null>>;
  createJoinToken(mesh: string, body: z.input<typeof control.createJoinToken>): Promise<Result<z.infer<typeof control.joinToken>>>;
  createOperateToken(mesh: string, body: z.input<typeof control.createOperateToken>): Promise<Result<{ readonly token: string }>>;
  createInvitation(mesh: string, body: z.input<typeof control.createInvitation>): Promise<Result<control.Invitation>>;
  redeemInvitation(code: string, name: string): Promise<Result<z.infer<typeof control.joinToken>>>;
  /** Where players sign in: with the ID token in place of the key. */
  joinAsPlayer(mesh: string, body: z.input<typeof control.joinMesh>): Promise<Result<z.infer<typeof control.joinToken>>>;
  /** `proof` is a `managerProof` for `putSnapshot` that names the hash of `data`. */
  putSnapshot(mesh: string, proof: string, data: Uint8Array<ArrayBuffer>): Promise<Result<control.SnapshotDescription>>;
  /** `proof`: a `managerProof` for `readSnapshot`; `null` uses the admin key. */
  snapshotDescription(mesh: string, proof: string | null): Promise<Result<control.SnapshotDescription>>;
  snapshotData(mesh: string, proof: string | null): Promise<Result<Uint8Array>>;
}

const retryPauseMs = 100;

export function createControlPlaneClient(options: ControlPlaneClientOptions): ControlPlaneClient {
  const bases = (typeof options.url === 'string' ? [options.url] : options.url).map((url) => `${url.replace(/\/+$/, '')}/api/v1`);
  const timeoutMs = options.timeoutMs ?? 10_000;
  const retryForMs = options.retryForMs ?? 0;
  const adminKey = options.adminKey ?? null;
  const common = { timeoutMs, token: adminKey, ...(options.signal === undefined ? {} : { signal: options.signal }) };
  let preferred = 0;

  /** Asks one copy after the other until one answers, or the time is up. */
  async function ask<Value>(request: Request, send: (request: HttpRequest) => Promise<Result<Value>>): Promise<Result<Value>> {
    const endsAtMs = performance.now() + retryForMs;
    const idempotencyKey = request.method === 'POST' && retryForMs > 0 ? nanoid() : null;
    for (;;) {
      const result = await send({ ...common, idempotencyKey, ...request, url: `${bases[preferred % bases.length] ?? ''}${request.where}` });
      const goesOn = !result.ok && (result.problem.code === 'unreachable' || result.problem.status === 502) && performance.now() < endsAtMs && options.signal?.aborted !== true;
      if (!goesOn) return result;
      preferred += 1;
      await new Promise((resolve) => { setTimeout(resolve, retryPauseMs); });
    }
  }
  const json = <Value>(request: Request, answer: Schema<Value>) => ask(request, (sent) => requestJson(sent, answer));
  const bytes = (request: Request, bytesMax: number) => ask(request, (sent) => requestBytes(sent, bytesMax));
  const post = (where: string, body: unknown, token: string | null = adminKey): Request => ({ where, method: 'POST', json: body, token });

  const remove = async (where: string): Promise<Result<null>> => {
    const answer = await bytes({ where, method: 'DELETE' }, 64 * 1024);
    return answer.ok ? { ok: true, value: null } : answer;
  };

  return {
    createMesh: (body) => json(post('/meshes', body), control.createdMesh),
    listMeshes: (page) => json({ where: `/meshes${pageQuery(page)}` }, control.meshList),
    registerHost: (body) => json(post('/hosts', body), control.hostDescription),
    listHosts: (page) => json({ where: `/hosts${pageQuery(page)}` }, control.hostList),
    removeHost: (host) => remove(atHost(host)),
    drainHost: (host) => json({ where: `${atHost(host)}/draining`, method: 'PUT' }, control.hostDescription),
    undrainHost: (host) => json({ where: `${atHost(host)}/draining`, method: 'DELETE' }, control.hostDescription),
    host: (host) => json({ where: atHost(host) }, control.hostDescription),
    beatHost: (host, proof, body) => json(post(`${atHost(host)}/beats`, body, proof), control.hostBeat),
    enrolPlacedManager: (host, proof, mesh, manager, publicKey) => json(post(`${atHost(host)}${at(mesh, 'managers', manager, 'enrol')}`, { publicKey }, proof), control.enrolledManager),
    admitPlacedManager: (host, proof, mesh, manager, managerIncarnation) => json(post(`${atHost(host)}${at(mesh, 'managers', manager, 'admit')}`, { managerIncarnation }, proof), control.meshDescription),
    replaceLostManager: (host, proof, mesh, manager, managerIncarnation) => json(post(`${atHost(host)}${at(mesh, 'managers', manager, 'lost')}`, { managerIncarnation }, proof), control.meshDescription),
    createKey: (body) => json(post('/keys', body), control.createdKey),
    listKeys: (page) => json({ where: `/keys${pageQuery(page)}` }, control.keyList),
    revokeKey: (key) => json({ where: `/keys/${encodeURIComponent(key)}`, method: 'DELETE' }, control.keyDescription),
    mesh: (mesh) => json({ where: at(mesh) }, control.meshDescription),
    deleteMesh: (mesh) => remove(at(mesh)),
    meshStatus: (mesh) => json({ where: at(mesh, 'status') }, meshStatus),
    listAgents: (mesh, page) => json({ where: `${at(mesh, 'agents')}${pageQuery(page)}` }, control.agentList),
    agent: (mesh, agent) => json({ where: at(mesh, 'agents', agent) }, control.agent),
    terminateAgent: (mesh, agent) => remove(at(mesh, 'agents', agent)),
    restoreMesh: (mesh, body) => json(post(at(mesh, 'restore'), body), control.createdMesh),
    registerManager: (mesh, body) => json(post(at(mesh, 'managers'), body), control.registeredManager),
    forgetManager: (mesh, manager, managerIncarnation) => json({ where: `${at(mesh, 'managers', manager)}?incarnation=${managerIncarnation}`, method: 'DELETE' }, control.meshDescription),
    enrolManager: (mesh, manager, publicKey, setupToken) => json(post(at(mesh, 'managers', manager, 'enrol'), { publicKey }, setupToken ?? adminKey), control.enrolledManager),
    createJoinToken: (mesh, body) => json(post(at(mesh, 'join-tokens'), body), control.joinToken),
    createOperateToken: (mesh, body) => json(post(at(mesh, 'operate-tokens'), body), control.operateToken),
    createInvitation: (mesh, body) => json(post(at(mesh, 'invitations'), body), control.invitation),
    redeemInvitation: (code, name) => json(post('/invitations/redeem', { code, name }, null), control.joinToken),
    joinAsPlayer: (mesh, body) => json(post(at(mesh, 'join'), body), control.joinToken),
    putSnapshot: (mesh, proof, data) => json({ where: at(mesh, 'snapshots'), method: 'PUT', token: proof, bytes: data, timeoutMs: timeoutMs * 3 }, control.snapshotDescription),
    snapshotDescription: (mesh, proof) => json({ where: at(mesh, 'snapshots', 'latest', 'meta'), token: proof ?? adminKey }, control.snapshotDescription),
    snapshotData: (mesh, proof) => bytes({ where: at(mesh, 'snapshots', 'latest'), token: proof ?? adminKey, timeoutMs: timeoutMs * 3 }, snapshotBytesMax),
  };
}

/** `where`: the path behind /api/v1. */
type Request = Partial<HttpRequest> & { readonly where: string };

function at(mesh: MeshId | string, ...rest: readonly (ManagerId | string)[]): string {
  return `/meshes/${[mesh, ...rest].map(encodeURIComponent).join('/')}`;
}

function atHost(host: string): string {
  return `/hosts/${encodeURIComponent(host)}`;
}

function pageQuery({ limit, cursor }: PageRequest = {}): string {
  const query = new URLSearchParams({ ...(limit === undefined ? {} : { limit: String(limit) }), ...(cursor === undefined || cursor === null ? {} : { cursor }) });
  return query.size === 0 ? '' : `?${query.toString()}`;
}
