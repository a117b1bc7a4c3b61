import { Hono } from 'hono';
import type { Context } from 'hono';
import type { Logger } from 'pino';
import { control } from '@raft-mesh/protocol';
import { problemResponse, succeeded } from '@raft-mesh/mesh-node';
import type { Result } from '@raft-mesh/mesh-node';
import type { Invitations } from '../mesh-manager/invitations.ts';
import type { Meshes } from '../mesh-manager/meshes.ts';
import { problems } from '../mesh-manager/problems.ts';
import { issueJoinToken, issueOperateToken } from '../mesh-manager/tokens.ts';
import { bearerToken } from './authentication.ts';
import { jsonBody } from './json-body.ts';

export interface MeshRoutesOptions {
  readonly meshes: Meshes;
  readonly invitations: Invitations;
  readonly isAdmin: (token: string | null) => boolean;
  readonly nowMs: () => number;
  readonly log: Logger;
  /** Where invitations lead. */
  readonly pageUrl: () => string;
  /** Called when the managers of some mesh may have changed. */
  readonly onManagersChanged: () => Promise<void>;
}

/** Meshes, their managers, and what lets agents in. Everything needs the admin key but enrolling by setup token and redeeming a code. */
export function createMeshRoutes(options: MeshRoutesOptions): Hono {
  const { meshes, invitations, isAdmin, log } = options;
  const routes = new Hono();
  const admin = (context: Context) => isAdmin(bearerToken(context));
  const audit = (event: string, fields: object) => log.info({ event, ...fields }, event);

  routes.get('/meshes', async (context) => (admin(context) ? context.json({ meshes: await meshes.list() }) : refuse(context)));

  routes.post('/meshes', async (context) => {
    if (!admin(context)) return refuse(context);
    const body = await jsonBody(context, control.createMesh);
    const created = body.ok ? await meshes.create(body.value) : body;
    if (created.ok) {
      audit('meshCreated', { mesh: created.value.mesh.mesh });
      await options.onManagersChanged();
    }
    return answer(context, created, 201);
  });

  routes.get('/meshes/:mesh', async (context) => {
    if (!admin(context)) return refuse(context);
    const found = await meshes.find(context.req.param('mesh'));
    return found.ok ? context.json(found.value.description) : problemResponse(context, found.problem);
  });

  routes.delete('/meshes/:mesh', async (context) => {
    if (!admin(context)) return refuse(context);
    const mesh = context.req.param('mesh');
    const removed = await meshes.remove(mesh);
    if (!removed.ok) return problemResponse(context, removed.problem);
    audit('meshDeleted', { mesh });
    await options.onManagersChanged();
    return context.body(null, 204);
  });

  routes.post('/meshes/:mesh/restore', async (context) => {
    if (!admin(context)) return refuse(context);
    const body = await jsonBody(context, control.restoreMesh);
    const restored = body.ok ? await meshes.restore(context.req.param('mesh'), body.value.managers) : body;
    if (restored.ok) {
      audit('meshRestored', { mesh: restored.value.mesh.mesh, incarnation: restored.value.mesh.incarnation });
      await options.onManagersChanged();
    }
    return answer(context, restored, 200);
  });

  routes.post('/meshes/:mesh/managers', async (context) => {
    if (!admin(context)) return refuse(context);
    const body = await jsonBody(context, control.registerManager);
    const registered = body.ok ? await meshes.register(context.req.param('mesh'), body.value) : body;
    if (!registered.ok) return problemResponse(context, registered.problem);
    const { fresh, ...answered } = registered.value;
    const { id: manager, managerIncarnation } = answered.manager;
    audit('managerRegistered', { mesh: answered.mesh.mesh, manager, managerIncarnation, fresh });
    await options.onManagersChanged();
    return answer(context, succeeded(answered), 201);
  });

  routes.delete('/meshes/:mesh/managers/:manager', async (context) => {
    if (!admin(context)) return refuse(context);
    const { mesh, manager } = context.req.param();
    const incarnation = Number(context.req.query('incarnation'));
    if (!Number.isSafeInteger(incarnation) || incarnation < 1) return problemResponse(context, problems.bodyInvalid('the query must say which incarnation: ?incarnation=1').problem);
    const forgotten = await meshes.forget(mesh, manager, incarnation);
    if (forgotten.ok) {
      audit('managerForgotten', { mesh, manager, managerIncarnation: incarnation });
      await options.onManagersChanged();
    }
    return answer(context, forgotten, 200);
  });

  routes.post('/meshes/:mesh/managers/:manager/enrol', async (context) => {
    const token = bearerToken(context);
    if (token === null) return refuse(context);
    const body = await jsonBody(context, control.enrolManager);
    const { mesh, manager } = context.req.param();
    const enrolled = body.ok ? await meshes.enrol(mesh, manager, body.value.publicKey, isAdmin(token) ? { kind: 'admin' } : { kind: 'setupToken', token }) : body;
    if (enrolled.ok) audit('managerEnrolled', { mesh, manager });
    return answer(context, enrolled, 200);
  });

  routes.post('/meshes/:mesh/join-tokens', async (context) => {
    if (!admin(context)) return refuse(context);
    const mesh = await meshes.find(context.req.param('mesh'));
    const body = await jsonBody(context, control.createJoinToken);
    const token = !mesh.ok ? mesh : body.ok ? await issueJoinToken(mesh.value, body.value, options.nowMs()) : body;
    if (token.ok) audit('joinTokenIssued', { mesh: token.value.mesh.mesh, agent: token.value.agent });
    return answer(context, token, 201);
  });

  routes.post('/meshes/:mesh/operate-tokens', async (context) => {
    if (!admin(context)) return refuse(context);
    const mesh = await meshes.find(context.req.param('mesh'));
    const body = await jsonBody(context, control.createOperateToken);
    const token = !mesh.ok ? mesh : body.ok ? await issueOperateToken(mesh.value, body.value, options.nowMs()) : body;
    if (token.ok) audit('operateTokenIssued', { mesh: context.req.param('mesh') });
    return answer(context, token, 201);
  });

  routes.post('/meshes/:mesh/invitations', async (context) => {
    if (!admin(context)) return refuse(context);
    const mesh = await meshes.find(context.req.param('mesh'));
    const body = await jsonBody(context, control.createInvitation);
    const invitation = !mesh.ok ? mesh : body.ok ? await invitations.create(mesh.value, body.value, options.pageUrl()) : body;
    if (invitation.ok) audit('invitationMade', { mesh: context.req.param('mesh') });
    return answer(context, invitation, 201);
  });

  routes.post('/invitations/redeem', async (context) => {
    const body = await jsonBody(context, control.redeemInvitation);
    const redeemed = body.ok ? await invitations.redeem(body.value.code, body.value.name) : body;
    if (redeemed.ok) audit('invitationRedeemed', { mesh: redeemed.value.mesh.mesh, agent: redeemed.value.agent });
    return answer(context, redeemed, 201);
  });

  return routes;
}

function refuse(context: Context): Response {
  return problemResponse(context, problems.notAuthenticated().problem);
}

function answer(context: Context, result: Result<object>, status: 200 | 201): Response {
  context.header('cache-control', 'no-store');
  return result.ok ? context.json(result.value, status) : problemResponse(context, result.problem);
}
