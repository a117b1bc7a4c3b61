import { once } from 'node:events';
import type { Server } from 'node:http';
import { WebSocketListener } from '@raft-mesh/transport-websocket/server';
import { ConnectionGate } from './connection-gate.ts';
import { createHttpServer } from './http-server.ts';
import type { HttpServerOptions } from './http-server.ts';
import type { ManagerGateway } from './manager-gateway.ts';

export interface ManagerServerOptions {
  readonly gateway: ManagerGateway;
  readonly host: string;
  /** Origins whose pages may connect, as `https://host:port`. */
  readonly allowedOrigins: readonly string[];
  /** Speak TLS alone, with this certificate chain and its key (PEM). */
  readonly tls?: NonNullable<HttpServerOptions['tls']>;
  /** Default: what the process may have open, less what it needs for its own files and links. */
  readonly connectionsMax?: number;
}

export interface ManagerServer {
  /** Opens the port; 0 takes a free one. Resolves with the URL. */
  listen(port: number): Promise<string>;
  /** Ends every connection. Close the manager first: it can tell its links why. */
  close(): Promise<void>;
  readonly connectionCount: number;
}

/** Left for the log, snapshots, links to others, and what the platform opens. */
const ownDescriptors = 512;

/** The port of a manager: WebSocket links, HTTP links, and what else it answers. */
export function createManagerServer({ gateway, host, allowedOrigins, tls, connectionsMax = connectionsThatFit() }: ManagerServerOptions): ManagerServer {
  const server = createHttpServer({ fetch: gateway.routes.fetch, hostname: host, ...(tls === undefined ? {} : { tls }) });
  const gate = new ConnectionGate({ server, connectionsMax });
  const listener = new WebSocketListener({ server, resolve: gateway.resolve, allowedOrigins, connectionsMax, onLinked: (socket) => gate.proved(socket) });
  return {
    get connectionCount() { return gate.connectionCount; },
    async listen(port) {
      server.listen(port, host);
      await once(server, 'listening');
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('a TCP server has an address with a port');
      const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
      return `${tls === undefined ? 'http' : 'https'}://${name.includes(':') ? `[${name}]` : name}:${address.port}`;
    },
    async close() {
      // Before the listener: an upgrade that only the gate heard would be answered by nobody, and keep the server open.
      gate.close();
      gateway.httpLinks.close();
      await listener.close();
      await closeServer(server);
    },
  };
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

/** The system's limit of open descriptors, where it tells; past it no connection could even be refused. */
function connectionsThatFit(): number {
  const report = process.report.getReport() as { readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } } };
  const limit = Number(report.userLimits?.open_files?.soft ?? 20_000);
  return Number.isFinite(limit) ? Math.max(64, limit - ownDescriptors) : 65_536;
}
