import { once } from 'node:events';
import { Hono } from 'hono';
import { WebSocketListener } from '@raft-mesh/transport-websocket/server';
import { ConnectionGate } from '../connection-gate.ts';
import { createHttpServer } from '../http-server.ts';
import type { HttpServerOptions } from '../http-server.ts';
import { failed } from '../problem.ts';
import { problemResponse } from '../problem-response.ts';
import type { HostedManagers } from './hosted-managers.ts';
import { managerOfPlace } from './manager-place.ts';

export interface HostServerOptions {
  readonly managers: HostedManagers;
  readonly address: string;
  /** Origins whose pages may connect, as `https://host:port`. */
  readonly allowedOrigins: readonly string[];
  readonly connectionsMax: number;
  readonly tls?: NonNullable<HttpServerOptions['tls']>;
}

export interface HostServer {
  /** Opens the port; 0 takes a free one. Resolves with it. */
  listen(port: number): Promise<number>;
  close(): Promise<void>;
}

/** The one port of a host: each manager is at `/managers/<manager>`, and every frame and every route there names its mesh. */
export function createHostServer({ managers, address, allowedOrigins, connectionsMax, tls }: HostServerOptions): HostServer {
  const routes = new Hono();
  routes.get('/healthz', (context) => context.json({ status: 'ok' }));
  routes.all('/managers/:manager/api/v1/meshes/:mesh/*', (context) => {
    const hosted = managers.find(context.req.param('mesh'), context.req.param('manager'));
    if (hosted === null) return problemResponse(context, failed(404, 'wrongMesh', 'No such manager runs on this host.', 'Ask the control plane where that mesh\'s managers are.').problem);
    const url = new URL(context.req.url);
    url.pathname = url.pathname.slice(`/managers/${context.req.param('manager')}`.length);
    return hosted.gateway.routes.fetch(new Request(url, context.req.raw));
  });
  routes.notFound((context) => problemResponse(context, failed(404, 'routeNotFound', 'There is nothing here.', 'Managers are at /managers/<manager>: docs/protocol.md names what they serve.').problem));
  const server = createHttpServer({ fetch: routes.fetch, hostname: address, ...(tls === undefined ? {} : { tls }) });
  const gate = new ConnectionGate({ server, connectionsMax });
  const listener = new WebSocketListener({
    server, allowedOrigins, connectionsMax, onLinked: (socket) => gate.proved(socket),
    isPlace: (place) => managerOfPlace(place) !== null,
    resolve: (mesh, incarnation, place) => managers.acceptor(managerOfPlace(place) ?? '', mesh, incarnation),
  });
  return {
    async listen(port) {
      server.listen(port, address);
      await once(server, 'listening');
      const bound = server.address();
      if (bound === null || typeof bound === 'string') throw new Error('a TCP server has an address with a port');
      return bound.port;
    },
    async close() {
      gate.close();
      await listener.close();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
