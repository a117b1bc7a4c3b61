import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';

export interface ConnectionGateOptions {
  readonly server: Server;
  /** Connections in all. */
  readonly connectionsMax: number;
}

/** What who is turned away is told: WebSocket clients read the status, HTTP clients the problem. */
const body = JSON.stringify({ type: 'about:blank', title: 'Overloaded', status: 503, code: 'overloaded', detail: 'This manager has as many connections as it takes.', next: 'Try again later, or another manager.' });
const refusal = `HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/**
 * Bounds the connections of a server. Who connects and has not asked for anything yet waits in a queue: when there is no room, the one that
 * waited longest makes it, so that strangers who say nothing keep nobody out. When all have asked, the newcomer is refused with a reason.
 */
export class ConnectionGate {
  readonly #options: ConnectionGateOptions;
  readonly #open = new Set<Socket | Duplex>();
  /** No whole request has come on these. The one that has waited longest comes first. */
  readonly #silent = new Set<Socket | Duplex>();
  readonly #onConnection = (socket: Socket): void => this.#connected(socket);
  readonly #onRequest = ({ socket }: IncomingMessage): void => { this.#silent.delete(socket); };

  constructor(options: ConnectionGateOptions) {
    this.#options = options;
    options.server.prependListener('connection', this.#onConnection);
    options.server.prependListener('request', this.#onRequest);
    options.server.prependListener('upgrade', this.#onRequest);
  }

  get connectionCount(): number {
    return this.#open.size;
  }

  close(): void {
    const { server } = this.#options;
    server.off('connection', this.#onConnection);
    server.off('request', this.#onRequest);
    server.off('upgrade', this.#onRequest);
  }

  #connected(socket: Socket): void {
    this.#makeRoom();
    if (this.#open.size >= this.#options.connectionsMax) {
      socket.on('error', () => {});
      // The bytes fit into the kernel's buffer: nothing of this socket is kept.
      socket.end(refusal, () => socket.destroy());
      return;
    }
    this.#open.add(socket);
    this.#silent.add(socket);
    socket.once('close', () => {
      this.#open.delete(socket);
      this.#silent.delete(socket);
    });
  }

  #makeRoom(): void {
    if (this.#open.size < this.#options.connectionsMax) return;
    for (const longest of this.#silent) {
      this.#silent.delete(longest);
      this.#open.delete(longest);
      longest.destroy();
      return;
    }
  }
}
