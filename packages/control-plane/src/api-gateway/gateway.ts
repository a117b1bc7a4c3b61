import { Hono } from 'hono';
import type { Context } from 'hono';
import { requestId } from 'hono/request-id';
import type { RequestIdVariables } from 'hono/request-id';
import type { Logger } from 'pino';
import { logRequests, pageOrigins, problemResponse, requestCutOff, wasCutOff } from '@raft-mesh/mesh-node';
import type { AuditEvent } from '@raft-mesh/mesh-node';
import type { Hosts } from '../mesh-manager/hosts.ts';
import type { Invitations } from '../mesh-manager/invitations.ts';
import { MeshAgents } from '../mesh-manager/mesh-agents.ts';
import { MeshWatch } from '../mesh-manager/mesh-watch.ts';
import type { Meshes } from '../mesh-manager/meshes.ts';
import { PlacedMeshes } from '../mesh-manager/placed-meshes.ts';
import { problems } from '../mesh-manager/problems.ts';
import { Replacement } from '../mesh-manager/replacement.ts';
import { Succession } from '../mesh-manager/succession.ts';
import type { ControlPlaneMetrics } from '../observability/control-plane-metrics.ts';
import type { Readiness } from '../observability/readiness.ts';
import type { Snapshots } from '../state-manager/snapshots.ts';
import { StoredDocumentError } from '../state-manager/stored-document.ts';
import type { Keys } from './access/keys.ts';
import type { PlayerSignIn } from './access/player-sign-in.ts';
import { createAuthenticator } from './authentication.ts';
import type { Idempotency } from './idempotency.ts';
import { ManagerOrigins } from './manager-origins.ts';
import { createPages } from './pages.ts';
import { originCheck } from './origin-check.ts';
import type { RateLimits } from './rate-limits.ts';
import type { Route } from './route.ts';
import { createRouter } from './router.ts';
import { withAboutRoutes } from './routes/about-routes.ts';
import { agentRoutes } from './routes/agent-routes.ts';
import { eventRoutes } from './routes/event-routes.ts';
import { hostRoutes } from './routes/host-routes.ts';
import { keyRoutes } from './routes/key-routes.ts';
import { managerRoutes } from './routes/manager-routes.ts';
import { meshRoutes } from './routes/mesh-routes.ts';
import { playerRoutes } from './routes/player-routes.ts';
import { snapshotRoutes } from './routes/snapshot-routes.ts';
import { tokenRoutes } from './routes/token-routes.ts';
import { securityHeaders } from './security-headers.ts';

export interface GatewayOptions {
  readonly meshes: Meshes;
  readonly hosts: Hosts;
  readonly invitations: Invitations;
  readonly snapshots: Snapshots;
  readonly keys: Keys;
  readonly idempotency: Idempotency;
  readonly adminKey: string;
  readonly nowMs: () => number;
  readonly log: Logger;
  readonly metrics: ControlPlaneMetrics;
  readonly readiness: Readiness;
  readonly audit: (event: AuditEvent) => Promise<void>;
  readonly note: (event: AuditEvent) => void;
  readonly limits: RateLimits;
  readonly addressOf: (context: Context) => string;
  /** Origins whose pages may use the API, besides the public one. */
  readonly allowedOrigins: readonly string[];
  /** `null`: players do not sign in here. */
  readonly playerSignIn: PlayerSignIn | null;
  /** Whether browsers reach it by https. */
  readonly isSecure: boolean;
  /** The app's built page; `null` serves none. */
  readonly pageDirectory: string | null;
  readonly publicUrl: () => string;
}

export interface Gateway {
  readonly app: Hono<{ Variables: RequestIdVariables }>;
  readonly routes: readonly Route[];
}

/** No page. */
const aboutItself = new Set(['/healthz', '/readyz', '/metrics']);

/** Everything that answers HTTP: the API under /api/v1, what this copy says of itself, and the page. */
export function createGateway(options: GatewayOptions): Gateway {
  const { meshes, hosts, keys, log } = options;
  const origins = new ManagerOrigins(meshes);
  const agents = new MeshAgents(options.nowMs);
  const placed = new PlacedMeshes(meshes, hosts);
  const replacement = new Replacement({ meshes, placed, hosts, succession: new Succession(meshes, placed, agents), nowMs: options.nowMs });
  const onBeat = () => { replacement.look().catch((error: unknown) => log.error({ error: String(error) }, 'whether managers are where they should be could not be looked at')); };
  const pageUrl = () => `${options.publicUrl()}/`;
  const routes = withAboutRoutes([...meshRoutes(meshes, placed), ...hostRoutes({ meshes, hosts, placed, replacement, nowMs: options.nowMs, onBeat }), ...managerRoutes(meshes), ...agentRoutes(meshes, agents), ...eventRoutes(meshes, new MeshWatch(meshes, agents)), ...tokenRoutes({ ...options, pageUrl }), ...playerRoutes(meshes, options.playerSignIn, options.nowMs), ...snapshotRoutes(options), ...keyRoutes(keys)], options);

  const app = new Hono<{ Variables: RequestIdVariables }>();
  app.use(requestId({ headerName: 'X-Request-Id' }));
  app.use(logRequests(log, 'byStatus', (operation, status, durationMs) => options.metrics.answered(operation, status, durationMs)));
  app.use(async (context, next) => {
    // Other copies of the control plane change meshes too: the page's policy must know of their managers.
    if (!context.req.path.startsWith('/api/') && !aboutItself.has(context.req.path)) await origins.refresh().catch((error: unknown) => { log.error({ error: String(error) }, 'the managers for the page\'s policy could not be read'); });
    return next();
  });
  app.use(securityHeaders(() => origins.urls, options.isSecure, options.playerSignIn?.origins ?? []));

  app.use('/api/*', originCheck(() => [...pageOrigins(options.publicUrl()), ...options.allowedOrigins]));
  app.route('/', createRouter({ ...options, routes, authenticate: createAuthenticator(options.adminKey, keys), onChange: () => origins.expire() }));
  app.all('/api/*', (context) => problemResponse(context, problems.routeNotFound().problem));
  if (options.pageDirectory !== null) app.route('/', createPages(options.pageDirectory));

  app.notFound((context) => problemResponse(context, problems.routeNotFound().problem));
  app.onError((error, context) => {
    if (wasCutOff(error)) return problemResponse(context, requestCutOff);
    log.error({ requestId: context.get('requestId'), error: { name: error.name, message: error.message, stack: error.stack } }, 'a request failed by a bug or broken I/O');
    if (!(error instanceof StoredDocumentError)) return problemResponse(context, problems.internal().problem);
    return problemResponse(context, (error.fault === 'newer' ? problems.recordNewer(error.message) : problems.recordDamaged(error.message)).problem);
  });
  return { app, routes };
}
