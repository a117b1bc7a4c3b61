import { Hono } from 'hono';
import type { Context } from 'hono';
import type { ManagerIdentity, ManagerStatus } from '@raft-mesh/protocol';
import type { Authority, Verified } from '@raft-mesh/mesh';
import { verifyProofByCredential } from './manager-proof.ts';
import { failed } from './problem.ts';
import { bearerToken, problemResponse } from './problem-response.ts';
import type { Problem } from './problem.ts';

export interface ManagerRoutesOptions {
  readonly identity: ManagerIdentity;
  readonly authority: Authority;
  readonly status: () => ManagerStatus;
  /** `null` while the manager serves; otherwise why it stopped. */
  readonly stoppedReason: () => string | null;
  /** `null` while it can serve; otherwise the code of why not (see `notReadyReason`). */
  readonly notReady: () => string | null;
}

/** What a manager answers besides its links: GET /healthz (it lives) and /readyz (it can serve) for everyone, and its status for those who may ask. */
export function createManagerRoutes(options: ManagerRoutesOptions): Hono {
  const routes = new Hono();

  routes.get('/healthz', (context) => {
    const reason = options.stoppedReason();
    return reason === null ? context.json({ status: 'ok' }) : context.json({ status: 'stopped' }, 503);
  });

  routes.get('/readyz', (context) => {
    const code = options.notReady();
    return code === null ? context.json({ status: 'ready' }) : problemResponse(context, failed(503, code, 'This manager cannot serve now.', 'Ask another manager; `mesh doctor` says what is wrong.').problem);
  });

  routes.get('/api/v1/meshes/:mesh/status', async (context) => {
    const asker = await authenticate(context, options.authority);
    if (!asker.ok) return problemResponse(context, asker.problem);
    if (context.req.param('mesh') !== options.identity.mesh) {
      return problemResponse(context, failed(404, 'wrongMesh', 'This manager does not serve that mesh.', 'Ask the control plane which managers do.').problem);
    }
    const reason = options.stoppedReason();
    if (reason !== null) return problemResponse(context, failed(503, 'managerStopped', `This manager has stopped for good: ${reason}`, 'Look at its log, then start it again or replace it.').problem);
    context.header('cache-control', 'no-store');
    return context.json(asker.sees === 'all' ? options.status() : withoutDigests(options.status()));
  });

  return routes;
}

type Asker = { readonly ok: true; readonly sees: 'all' | 'noDigests' } | { readonly ok: false; readonly problem: Problem };

async function authenticate(context: Context, authority: Authority): Promise<Asker> {
  const token = bearerToken(context);
  if (token === null) return unauthorized('notAuthenticated', 'No token came with the request.', 'Send an operate token: `Authorization: Bearer …`.');
  const operate = await authority.verifyOperateToken(token);
  if (operate.ok) return { ok: true, sees: operate.claims.accessRole === 'admin' ? 'all' : 'noDigests' };
  const proof: Verified<{ readonly purpose: string }> = operate.error.code === 'tokenForeign' ? await verifyProofByCredential(token, authority) : operate;
  if (proof.ok && proof.claims.purpose === 'status') return { ok: true, sees: 'all' };
  return unauthorized(operate.error.code, operate.error.message, operate.error.next);
}

function unauthorized(code: string, detail: string, next: string): Asker {
  return failed(401, code, detail, next);
}

/** From a digest of the state, hidden facts could be found by trying them out; only an admin gets it. */
function withoutDigests(status: ManagerStatus): ManagerStatus {
  return { ...status, runningDigest: 'withheld', stateDigest: 'withheld' };
}
