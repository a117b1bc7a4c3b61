import { createServer, type Server, type Socket } from 'node:net';
import type { Trouble } from './pipe.ts';
import { RelayedConnection } from './relayed-connection.ts';
import type { RelayedTarget } from './relayed-target.ts';

const calm: Trouble = { cut: false, delayMs: 0 };
const listenAgainMs = 20;

/** Everything that one agent dials to one manager: a port of its own, open as long as the manager's port is. */
export class RelayedLink {
  readonly port: number;
  readonly #target: RelayedTarget;
  readonly #connections = new Set<RelayedConnection>();
  #server: Server | null = null;
  #there = calm;
  #back = calm;
  #stopped = false;

  constructor(port: number, target: RelayedTarget) {
    this.port = port;
    this.#target = target;
  }

  set(there: Trouble, back: Trouble): void {
    this.#there = there;
    this.#back = back;
    for (const connection of this.#connections) connection.set(there, back);
    this.review();
  }

  /** Opens or closes the port. Where nothing gets through, nobody can tell that nobody is there. */
  review(): void {
    const listens = !this.#stopped && (this.#target.isUp || this.#there.cut || this.#back.cut);
    if (listens && this.#server === null) this.#listen();
    if (!listens && this.#server !== null) {
      this.#server.close();
      this.#server = null;
    }
  }

  stop(): void {
    this.#stopped = true;
    this.review();
    for (const connection of this.#connections) connection.end();
  }

  #listen(): void {
    const server = createServer({ noDelay: true, pauseOnConnect: true }, (dialler) => this.#accept(dialler));
    this.#server = server;
    server.once('error', () => {
      if (this.#server === server) this.#server = null;
      setTimeout(() => this.review(), listenAgainMs).unref();
    });
    server.listen(this.port, '127.0.0.1');
  }

  #accept(dialler: Socket): void {
    const connection: RelayedConnection = new RelayedConnection({
      dialler, port: this.#target.port, there: this.#there, back: this.#back,
      checkTarget: () => this.#target.check(), onOver: () => { this.#connections.delete(connection); },
    });
    this.#connections.add(connection);
  }
}
