import type { MiddlewareHandler } from 'hono';
import type { Log } from '@raft-mesh/mesh';

/** Told of each request that was answered: its operation, when the routes name one. */
export type OnAnswered = (operation: string | null, status: number, durationMs: number) => void;

/**
 * Writes one line of a request: its id (which the answer carries as X-Request-Id), the trace it belongs to (W3C Trace Context, when whoever
 * asks sends one), what was asked, how it ended. Never a header, a body or a query; paths carry no secrets. Needs Hono's `requestId` before it.
 * `levels`: by how it ended, where a refusal is a security event of its own; or `debug` for all, where whoever verifies tokens notes that already.
 */
export function logRequests(log: Log, levels: 'byStatus' | 'debug', onAnswered: OnAnswered = () => {}): MiddlewareHandler<{ Variables: { requestId: string; operation?: string } }> {
  return async (context, next) => {
    const startedMs = performance.now();
    await next();
    const durationMs = performance.now() - startedMs;
    const { status } = context.res;
    onAnswered(context.get('operation') ?? null, status, durationMs);
    const traceId = traceIdOf(context.req.header('traceparent'));
    const fields = { requestId: context.get('requestId'), ...(traceId === null ? {} : { traceId }), method: context.req.method, path: context.req.path, status, durationMs: Math.round(durationMs) };
    if (levels === 'debug') log.debug(fields, 'request');
    else if (status >= 500) log.error(fields, 'request failed');
    else if (status === 401 || status === 403) log.warn({ ...fields, event: 'accessRefused' }, 'request refused');
    else log.debug(fields, 'request');
  };
}

/** https://www.w3.org/TR/trace-context/#traceparent-header; `null` for none, and for what is none. */
function traceIdOf(traceparent: string | undefined): string | null {
  const traceId = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-|$)/.exec(traceparent ?? '')?.[1];
  return traceId === undefined || /^0+$/.test(traceId) ? null : traceId;
}
