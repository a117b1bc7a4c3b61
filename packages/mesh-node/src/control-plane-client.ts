import type * as z from 'zod/mini';
import { control } from '@raft-mesh/protocol';
import type { ManagerId, MeshDescription, MeshId } from '@raft-mesh/protocol';
import { requestBytes, requestJson } from './http-request.ts';
import type { Result } from './problem.ts';

export interface ControlPlaneClientOptions {
  /** Where the control plane answers, as `http://127.0.0.1:7070`. */
  readonly url: string;
  /** Needed for everything but enrolling, redeeming, and what a manager proves by its own key. */
  readonly adminKey?: string | null;
  /** Default 10,000. */
  readonly timeoutMs?: number;
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
  createJoinToken(mesh: string, body: z.input<typeof control.createJoinToken>): Promise<Result<z.infer<typeof control.joinToken>>>;
  createOperateToken(mesh: string, body: z.input<typeof control.createOperateToken>): Promise<Result<{ readonly token: string }>>;
  createInvitation(mesh: string, body: z.input<typeof control.createInvitation>): Promise<Result<control.Invitation>>;
  redeemInvitation(code: string, name: string): Promise<Result<z.infer<typeof control.joinToken>>>;
  /** `proof` is a `managerProof` for `putSnapshot` that names the hash of `data`. */
  putSnapshot(mesh: string, proof: string, data: Uint8Array<ArrayBuffer>): Promise<Result<control.SnapshotDescription>>;
  /** `proof`: a `managerProof` for `readSnapshot`; `null` uses the admin key. */
  snapshotDescription(mesh: string, proof: string | null): Promise<Result<control.SnapshotDescription>>;
  snapshotData(mesh: string, proof: string | null): Promise<Result<Uint8Array>>;
}

export function createControlPlaneClient(options: ControlPlaneClientOptions): ControlPlaneClient {
  const base = `${options.url.replace(/\/+$/, '')}/api/v1`;
  const timeoutMs = options.timeoutMs ?? 10_000;
  const adminKey = options.adminKey ?? null;
  const at = (mesh: MeshId | string, ...rest: readonly (ManagerId | string)[]) => `${base}/meshes/${[mesh, ...rest].map(encodeURIComponent).join('/')}`;
  const common = { timeoutMs, ...(options.signal === undefined ? {} : { signal: options.signal }) };
  const get = (url: string, token: string | null = adminKey) => ({ ...common, url, token });
  const post = (url: string, json: unknown, token: string | null = adminKey) => ({ url, method: 'POST' as const, json, token, ...common });

  return {
    createMesh: (body) => requestJson(post(`${base}/meshes`, body), control.createdMesh),
    listMeshes: (page) => requestJson(get(`${base}/meshes${pageQuery(page)}`), control.meshList),
    createKey: (body) => requestJson(post(`${base}/keys`, body), control.createdKey),
    listKeys: (page) => requestJson(get(`${base}/keys${pageQuery(page)}`), control.keyList),
    revokeKey: (key) => requestJson({ ...common, url: `${base}/keys/${encodeURIComponent(key)}`, method: 'DELETE', token: adminKey }, control.keyDescription),
    mesh: (mesh) => requestJson(get(at(mesh)), control.meshDescription),
    deleteMesh: async (mesh) => {
      const answer = await requestBytes({ url: at(mesh), method: 'DELETE', token: adminKey, ...common }, 64 * 1024);
      return answer.ok ? { ok: true, value: null } : answer;
    },
    restoreMesh: (mesh, body) => requestJson(post(at(mesh, 'restore'), body), control.createdMesh),
    registerManager: (mesh, body) => requestJson(post(at(mesh, 'managers'), body), control.registeredManager),
    forgetManager: (mesh, manager, managerIncarnation) => requestJson({ ...common, url: `${at(mesh, 'managers', manager)}?incarnation=${managerIncarnation}`, method: 'DELETE', token: adminKey }, control.meshDescription),
    enrolManager: (mesh, manager, publicKey, setupToken) => requestJson(post(at(mesh, 'managers', manager, 'enrol'), { publicKey }, setupToken ?? adminKey), control.enrolledManager),
    createJoinToken: (mesh, body) => requestJson(post(at(mesh, 'join-tokens'), body), control.joinToken),
    createOperateToken: (mesh, body) => requestJson(post(at(mesh, 'operate-tokens'), body), control.operateToken),
    createInvitation: (mesh, body) => requestJson(post(at(mesh, 'invitations'), body), control.invitation),
    redeemInvitation: (code, name) => requestJson(post(`${base}/invitations/redeem`, { code, name }, null), control.joinToken),
    putSnapshot: (mesh, proof, data) => requestJson({ ...common, url: at(mesh, 'snapshots'), method: 'PUT', token: proof, bytes: data, timeoutMs: timeoutMs * 3 }, control.snapshotDescription),
    snapshotDescription: (mesh, proof) => requestJson(get(at(mesh, 'snapshots', 'latest', 'meta'), proof ?? adminKey), control.snapshotDescription),
    snapshotData: (mesh, proof) => requestBytes({ ...common, url: at(mesh, 'snapshots', 'latest'), token: proof ?? adminKey, timeoutMs: timeoutMs * 3 }, snapshotBytesMax),
  };
}

function pageQuery({ limit, cursor }: PageRequest = {}): string {
  const query = new URLSearchParams({ ...(limit === undefined ? {} : { limit: String(limit) }), ...(cursor === undefined || cursor === null ? {} : { cursor }) });
  return query.size === 0 ? '' : `?${query.toString()}`;
}
