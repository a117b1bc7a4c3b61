import type { IncomingMessage, Server } from 'node:http';
import { Server as TlsServer } from 'node:tls';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { refuseSocket } from './http-server.ts';
import { failed } from './problem.ts';

export interface ConnectionGateOptions {
  readonly server: Server;
  /** Connections in all. */
  readonly connectionsMax: number;
}

const overloaded = failed(503, 'overloaded', 'This manager has as many connections as it takes.', 'Try again later, or another manager.').problem;

/** Connections under TLS whose handshake is not done. */
const handshakesMax = 1_024;

/**
 * Bounds the connections of a server. Who connects and has sent no request and opened no link yet waits in a queue: when there is no room, the
 * one that waited longest makes it, so that strangers who say nothing keep nobody out. When all have, the newcomer is refused with a reason.
 */
export class ConnectionGate {
  readonly #options: ConnectionGateOptions;
  readonly #openedEvent: 'connection' | 'secureConnection';
  readonly #open = new Set<Socket | Duplex>();
  /** Nothing of use has come on these. The one that has waited longest comes first. */
  readonly #silent = new Set<Socket | Duplex>();
  readonly #onConnection = (socket: Socket): void => this.#connected(socket);
  readonly #onRequest = ({ socket }: IncomingMessage): void => this.proved(socket);

  constructor(options: ConnectionGateOptions) {
    this.#options = options;
    // With TLS, requests come on another socket than the one that was connected: the one that is heard once its handshake is done.
    this.#openedEvent = options.server instanceof TlsServer ? 'secureConnection' : 'connection';
    if (options.server instanceof TlsServer) options.server.maxConnections = options.connectionsMax + handshakesMax;
    options.server.prependListener(this.#openedEvent, this.#onConnection);
    options.server.prependListener('request', this.#onRequest);
  }

  get connectionCount(): number {
    return this.#open.size;
  }

  /** Something of use has come on this connection: it makes no room for others. */
  proved(socket: Socket | Duplex): void {
    this.#silent.delete(socket);
  }

  close(): void {
    const { server } = this.#options;
    server.off(this.#openedEvent, this.#onConnection);
    server.off('request', this.#onRequest);
  }

  #connected(socket: Socket): void {
    this.#makeRoom();
    if (this.#open.size >= this.#options.connectionsMax) {
      refuseSocket(socket, overloaded);
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
