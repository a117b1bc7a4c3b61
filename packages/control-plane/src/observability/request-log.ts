import type { MiddlewareHandler } from 'hono';
import type { Logger } from 'pino';

/** One line a request: its id (which the answer carries as X-Request-Id), what was asked, how it ended. Never a header, a body or a query; paths carry no secrets. */
export function logRequests(log: Logger): MiddlewareHandler<{ Variables: { requestId: string } }> {
  return async (context, next) => {
    const startedMs = performance.now();
    await next();
    const { status } = context.res;
    const fields = { requestId: context.get('requestId'), method: context.req.method, path: context.req.path, status, durationMs: Math.round(performance.now() - startedMs) };
    if (status >= 500) log.error(fields, 'request failed');
    else if (status === 401 || status === 403) log.warn({ ...fields, event: 'accessRefused' }, 'request refused');
    else log.debug(fields, 'request');
  };
}
