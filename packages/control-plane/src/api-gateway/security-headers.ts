import type { Context, MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';

/** With more managers than this the policy names schemes instead, or the header would grow without bound. */
const originsMax = 32;

/**
 * What the page may do: run its own scripts and workers, and speak to itself, to where players sign in, and to the managers, as the meshes name
 * them or on the same host that the page came from. `managerUrls` is asked on each request and must be quick.
 */
export function securityHeaders(managerUrls: () => readonly string[], https: boolean, signInOrigins: readonly string[]): MiddlewareHandler {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"], scriptSrc: ["'self'"], styleSrc: ["'self'"], imgSrc: ["'self'", 'data:'], fontSrc: ["'self'"], mediaSrc: ["'self'"],
      manifestSrc: ["'self'"], workerSrc: ["'self'"], baseUri: ["'none'"], formAction: ["'self'"], frameAncestors: ["'none'"],
      connectSrc: ["'self'", ...signInOrigins, (context) => connectSources(context, managerUrls()).join(' ')],
    },
    referrerPolicy: 'no-referrer',
    xFrameOptions: 'DENY',
    strictTransportSecurity: https ? 'max-age=31536000' : false,
    // They mean something only on https; on plain http browsers complain in their console.
    crossOriginOpenerPolicy: https ? 'same-origin' : false,
    originAgentCluster: https ? '?1' : false,
  });
}

function connectSources(context: Context, managerUrls: readonly string[]): readonly string[] {
  const host = hostName(context.req.header('host') ?? '');
  const sources = new Set<string>();
  for (const text of managerUrls) {
    const url = new URL(text);
    const secure = url.protocol === 'https:' || url.protocol === 'wss:';
    for (const name of host === null ? [url.hostname] : [url.hostname, host]) {
      const place = `${name}${url.port === '' ? '' : `:${url.port}`}`;
      sources.add(`${secure ? 'https' : 'http'}://${place}`).add(`${secure ? 'wss' : 'ws'}://${place}`);
    }
    if (sources.size > originsMax * 4) return ['http:', 'https:', 'ws:', 'wss:'];
  }
  return [...sources];
}

/** The name in a Host header, `null` unless it is plainly a name or an address: it goes into a header. */
function hostName(header: string): string | null {
  return /^([A-Za-z0-9.-]{1,253}|\[[0-9a-fA-F:]{2,45}\])(:\d{1,5})?$/.exec(header)?.[1] ?? null;
}
