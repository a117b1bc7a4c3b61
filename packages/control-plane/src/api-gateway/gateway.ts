import { Hono } from 'hono';
import { requestId } from 'hono/request-id';
import type { RequestIdVariables } from 'hono/request-id';
import type { Logger } from 'pino';
import { problemResponse } from '@raft-mesh/mesh-node';
import type { Invitations } from '../mesh-manager/invitations.ts';
import type { Meshes } from '../mesh-manager/meshes.ts';
import { problems } from '../mesh-manager/problems.ts';
import { logRequests } from '../observability/request-log.ts';
import type { Snapshots } from '../state-manager/snapshots.ts';
import { createAdminCheck } from './authentication.ts';
import { limitedBody } from './limited-body.ts';
import { createMeshRoutes } from './mesh-routes.ts';
import { createPages } from './pages.ts';
import { securityHeaders } from './security-headers.ts';
import { createSnapshotRoutes } from './snapshot-routes.ts';

export interface GatewayOptions {
  readonly meshes: Meshes;
  readonly invitations: Invitations;
  readonly snapshots: Snapshots;
  readonly adminKey: string;
  readonly nowMs: () => number;
  readonly log: Logger;
  /** The app's built page; `null` serves none. */
  readonly pageDirectory: string | null;
  readonly publicUrl: () => string;
}

const jsonBytesMax = 64 * 1024;
/** With more meshes than this, the page's policy is wide anyway. */
const meshesInPolicyMax = 64;

/** Everything that answers HTTP: the API under /api/v1, /healthz, and the page. */
export async function createGateway(options: GatewayOptions): Promise<Hono<{ Variables: RequestIdVariables }>> {
  const { meshes, log } = options;
  const isAdmin = createAdminCheck(options.adminKey);
  let managerUrls: readonly string[] = [];
  const onManagersChanged = async () => {
    managerUrls = (await meshes.list(meshesInPolicyMax)).flatMap(({ managers }) => managers.map(({ url }) => url));
  };
  await onManagersChanged();

  const gateway = new Hono<{ Variables: RequestIdVariables }>();
  gateway.use(requestId({ headerName: 'X-Request-Id' }));
  gateway.use(logRequests(log));
  gateway.use(securityHeaders(() => managerUrls, options.publicUrl().startsWith('https:')));
  gateway.post('/api/v1/*', limitedBody(jsonBytesMax));

  gateway.get('/healthz', (context) => context.json({ status: 'ok' }));
  gateway.route('/api/v1', createMeshRoutes({ ...options, isAdmin, pageUrl: () => `${options.publicUrl()}/`, onManagersChanged }));
  gateway.route('/api/v1', createSnapshotRoutes({ ...options, isAdmin }));
  gateway.all('/api/*', (context) => problemResponse(context, problems.routeNotFound().problem));
  if (options.pageDirectory !== null) gateway.route('/', createPages(options.pageDirectory));

  gateway.notFound((context) => problemResponse(context, problems.routeNotFound().problem));
  gateway.onError((error, context) => {
    log.error({ requestId: context.get('requestId'), error: { name: error.name, message: error.message, stack: error.stack } }, 'a request failed by a bug or broken I/O');
    return problemResponse(context, problems.internal().problem);
  });
  return gateway;
}
