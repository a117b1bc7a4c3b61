import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { Hono } from 'hono';
import { createHttpServer } from '../http-server.ts';
import { failed } from '../problem.ts';
import { bearerToken, problemResponse } from '../problem-response.ts';
import { sha256 } from '../signing-key.ts';

export interface MetricsAccess {
  /** Whoever brings it may read. `null`: whoever is on this machine. */
  readonly token: string | null;
}

export interface MetricsPort extends MetricsAccess {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface MetricsServerOptions extends MetricsPort {
  readonly scrape: () => Promise<{ readonly text: string; readonly contentType: string }>;
}

export interface MetricsServer {
  readonly url: string;
  stop(): Promise<void>;
}

const tokenLengthMin = 32;

/** What a process tells of itself: GET /metrics, for whoever brings the token, or, where there is none, for this machine alone. */
export function createMetricsRoutes({ token, scrape }: MetricsAccess & Pick<MetricsServerOptions, 'scrape'>): Hono {
  const routes = new Hono();
  routes.get('/metrics', async (context) => {
    // A page that makes its own name lead to this machine reaches the port, but not under a name of this machine.
    if (token === null && !isLoopback(hostnameOf(context.req.url))) return problemResponse(context, failed(403, 'notAllowed', 'Without a token, metrics are for this machine only, by its own name.', 'Ask http://127.0.0.1, or start with --metrics-token-file.').problem);
    if (token !== null && !isSame(bearerToken(context) ?? '', token)) return problemResponse(context, failed(401, 'notAuthenticated', 'The metrics of this process are for who brings its token.', 'Send it: `Authorization: Bearer …` (Prometheus: authorization.credentials_file).').problem);
    const { text, contentType } = await scrape();
    return context.body(text, 200, { 'content-type': contentType, 'cache-control': 'no-store' });
  });
  routes.notFound((context) => problemResponse(context, failed(404, 'routeNotFound', 'There is nothing here.', 'GET /metrics').problem));
  return routes;
}

/** Opens a port of its own for metrics. Throws when it is taken, or when other machines could read them without a token. */
export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const { host, port, token } = options;
  if (token === null && !isLoopback(host)) throw new Error(`metrics at ${host} could be read by other machines: give a token with --metrics-token-file, or listen at 127.0.0.1`);
  if (token !== null && token.length < tokenLengthMin) throw new Error(`the token for metrics has ${token.length} characters; take at least ${tokenLengthMin} at random, as from: openssl rand -hex 32`);
  const server = createHttpServer({ fetch: createMetricsRoutes(options).fetch, hostname: host });
  server.maxConnections = 64;
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has an address with a port');
  return {
    url: `http://${isIP(host) === 6 ? `[${host}]` : host}:${address.port}/metrics`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const isSame = (one: string, other: string): boolean => timingSafeEqual(Buffer.from(sha256(one), 'hex'), Buffer.from(sha256(other), 'hex'));
const hostnameOf = (url: string): string => new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
