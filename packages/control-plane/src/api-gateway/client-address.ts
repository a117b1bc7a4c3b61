import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';

/**
 * Where a request comes from. Behind proxies of one's own, `trustedProxies` says how many: each adds the address that it saw to the end of
 * X-Forwarded-For, and what stands before those is only what somebody claims.
 */
export function clientAddress(trustedProxies: number): (context: Context) => string {
  return (context) => {
    const seen = getConnInfo(context).remote.address ?? 'unknown';
    if (trustedProxies === 0) return seen;
    const forwarded = (context.req.header('x-forwarded-for') ?? '').split(',').map((text) => text.trim()).filter((text) => text !== '');
    return forwarded[Math.max(0, forwarded.length - trustedProxies)]?.slice(0, 64) ?? seen;
  };
}
