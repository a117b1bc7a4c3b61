import type { MiddlewareHandler } from 'hono';
import { problemResponse } from '@raft-mesh/mesh-node';
import { problems } from '../mesh-manager/problems.ts';

/**
 * Pages of other places do not use the API, even where a browser would let them send a request. Programs other than browsers send no Origin. A page that is shown
 * under a plain address may use that address; a name must be one of `allowedOrigins`, for any name can be made to lead here.
 */
export function originCheck(allowedOrigins: () => readonly string[]): MiddlewareHandler {
  return async (context, next) => {
    const origin = context.req.header('origin');
    if (origin === undefined || allowedOrigins().includes(origin) || isOwnAddress(origin, context.req.header('host') ?? '')) return next();
    return problemResponse(context, problems.originNotAllowed(origin.slice(0, 200)).problem);
  };
}

function isOwnAddress(origin: string, host: string): boolean {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  return url.host === host && (url.hostname === 'localhost' || /^(\d{1,3}\.){3}\d{1,3}$|^\[.*\]$/.test(url.hostname));
}
