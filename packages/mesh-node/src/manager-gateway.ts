import { Hono } from 'hono';
import { requestId } from 'hono/request-id';
import type { RequestIdVariables } from 'hono/request-id';
import type { Authority, LinkAcceptor, Log, Manager } from '@raft-mesh/mesh';
import type { ManagerIdentity, MeshId, ProtocolError } from '@raft-mesh/protocol';
import { createHttpLinks } from '@raft-mesh/transport-http/server';
import type { HttpLinks } from '@raft-mesh/transport-http/server';
import { systemClock } from './clock.ts';
import { requestCutOff, wasCutOff } from './http-server.ts';
import { createManagerRoutes } from './manager-routes.ts';
import { createMembershipRoutes } from './membership-routes.ts';
import { notReadyReason } from './observability/readiness.ts';
import { logRequests } from './observability/request-log.ts';
import { failed } from './problem.ts';
import { problemResponse } from './problem-response.ts';
import { systemRandom } from './random.ts';

export interface ManagerGatewayOptions {
  readonly identity: ManagerIdentity;
  readonly authority: Authority;
  readonly manager: Manager;
  readonly log: Log;
  /** `null` while the manager serves; otherwise why it stopped. */
  readonly stoppedReason: () => string | null;
}

/** Everything of a manager that answers HTTP. Any error is a problem (RFC 9457). */
export interface ManagerGateway {
  readonly routes: Hono<{ Variables: RequestIdVariables }>;
  readonly httpLinks: HttpLinks;
  /** Who takes in links of this mesh, or why nobody does. */
  readonly resolve: (mesh: MeshId, incarnation: number) => LinkAcceptor | ProtocolError;
}

export function createManagerGateway({ identity, authority, manager, log, stoppedReason }: ManagerGatewayOptions): ManagerGateway {
  const resolve = (mesh: MeshId, incarnation: number) => acceptorFor(identity, manager, mesh, incarnation, stoppedReason());
  const httpLinks = createHttpLinks({ resolve, clock: systemClock, random: systemRandom });
  const routes = new Hono<{ Variables: RequestIdVariables }>();
  routes.use(requestId({ headerName: 'X-Request-Id' }));
  routes.use(logRequests(log, 'debug'));
  routes.route('/', createManagerRoutes({ identity, authority, status: () => manager.status(), stoppedReason, notReady: () => notReadyReason(manager.measures()) }));
  routes.route('/', createMembershipRoutes({ identity, authority, manager, log, stoppedReason }));
  routes.route('/', httpLinks.routes);
  routes.notFound((context) => problemResponse(context, failed(404, 'routeNotFound', 'There is nothing here.', 'Look at the address again: docs/protocol.md names what a manager serves.').problem));
  routes.onError((error, context) => {
    if (wasCutOff(error)) return problemResponse(context, requestCutOff);
    log.error({ requestId: context.get('requestId'), error: { name: error.name, message: error.message, stack: error.stack } }, 'a request failed by a bug or broken I/O');
    return problemResponse(context, failed(500, 'internal', 'Something went wrong here.', 'Try again, or ask another manager; if it stays, look at this manager\'s log.').problem);
  });
  return { routes, httpLinks, resolve };
}

function acceptorFor(identity: ManagerIdentity, manager: Manager, mesh: MeshId, incarnation: number, stoppedReason: string | null): LinkAcceptor | ProtocolError {
  if (mesh !== identity.mesh) return { code: 'wrongMesh', message: `This manager serves no mesh ${mesh}.`, next: 'Ask the control plane where that mesh\'s managers are.' };
  if (incarnation !== identity.incarnation) return { code: 'wrongIncarnation', message: `The mesh lives in incarnation ${identity.incarnation}, not ${incarnation}.`, next: 'Come back in that incarnation; the agent and its resume secret are the same.', incarnation: identity.incarnation };
  if (stoppedReason !== null) return { code: 'stopping', message: 'This manager has stopped.', next: 'Connect to another manager.' };
  return manager;
}
