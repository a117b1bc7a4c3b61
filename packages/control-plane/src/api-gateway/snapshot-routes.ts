import { Hono } from 'hono';
import type { Context, MiddlewareHandler } from 'hono';
import type { control } from '@raft-mesh/protocol';
import { problemResponse, sha256, snapshotBytesMax, succeeded } from '@raft-mesh/mesh-node';
import type { Result } from '@raft-mesh/mesh-node';
import type { MeshRecord } from '../mesh-manager/mesh-record.ts';
import type { Meshes } from '../mesh-manager/meshes.ts';
import { problems } from '../mesh-manager/problems.ts';
import type { Snapshots } from '../state-manager/snapshots.ts';
import { bearerToken } from './authentication.ts';
import { limitedBody } from './limited-body.ts';

export interface SnapshotRoutesOptions {
  readonly meshes: Meshes;
  readonly snapshots: Snapshots;
  readonly isAdmin: (token: string | null) => boolean;
  readonly nowMs: () => number;
}

interface ProvenManager { readonly record: MeshRecord; readonly proof: control.ManagerProof }

/** Managers of a mesh's present life put its snapshots; they and the admin read the last one. */
export function createSnapshotRoutes(options: SnapshotRoutesOptions): Hono {
  const { meshes, snapshots } = options;
  const routes = new Hono();

  async function reader(context: Context, mesh: string): Promise<Result<MeshRecord>> {
    const token = bearerToken(context);
    if (token === null) return problems.notAuthenticated();
    if (options.isAdmin(token)) return meshes.find(mesh);
    const manager = await meshes.authenticateManager(mesh, token, 'readSnapshot');
    return manager.ok ? succeeded(manager.value.record) : manager;
  }

  // Before the first byte of the body is read: what nobody vouches for must not fill the memory.
  const authenticated: MiddlewareHandler<{ Variables: { manager: ProvenManager } }> = async (context, next) => {
    const token = bearerToken(context);
    const manager = token === null ? problems.notAuthenticated() : await meshes.authenticateManager(context.req.param('mesh') ?? '', token, 'putSnapshot');
    if (!manager.ok) return problemResponse(context, manager.problem);
    context.set('manager', manager.value);
    return next();
  };

  routes.put('/meshes/:mesh/snapshots', authenticated, limitedBody(snapshotBytesMax), async (context) => {
    const { record, proof } = context.get('manager');
    if (proof.snapshot === undefined) return problemResponse(context, problems.proofRefused('The proof does not say which snapshot it is for.').problem);
    const data = new Uint8Array(await context.req.arrayBuffer());
    if (sha256(data) !== proof.snapshot.sha256) return problemResponse(context, problems.snapshotHashWrong().problem);
    const description: control.SnapshotDescription = {
      ...proof.snapshot, incarnation: proof.incarnation, sizeBytes: data.length, takenAt: new Date(options.nowMs()).toISOString(),
    };
    const result = await snapshots.put(record.snapshotHead, description, data);
    switch (result) {
      case 'stored': return context.json(description);
      case 'older': return problemResponse(context, problems.snapshotOlder().problem);
      case 'incarnationEnded': return problemResponse(context, problems.incarnationEnded(proof.incarnation + 1).problem);
      case 'gone': return problemResponse(context, problems.meshNotFound(record.description.mesh).problem);
      default: return result satisfies never;
    }
  });

  routes.get('/meshes/:mesh/snapshots/latest/meta', async (context) => {
    const mesh = await reader(context, context.req.param('mesh'));
    if (!mesh.ok) return problemResponse(context, mesh.problem);
    const description = await snapshots.describe(mesh.value.snapshotHead);
    context.header('cache-control', 'no-store');
    return description === null ? problemResponse(context, problems.noSnapshot().problem) : context.json(description);
  });

  routes.get('/meshes/:mesh/snapshots/latest', async (context) => {
    const mesh = await reader(context, context.req.param('mesh'));
    if (!mesh.ok) return problemResponse(context, mesh.problem);
    const latest = await snapshots.latest(mesh.value.snapshotHead);
    if (latest === null) return problemResponse(context, problems.noSnapshot().problem);
    return context.body(new Uint8Array(latest.data), 200, { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' });
  });

  return routes;
}
