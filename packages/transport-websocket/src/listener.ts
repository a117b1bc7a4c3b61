import type { IncomingMessage, Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { LinkAcceptor } from '@raft-mesh/mesh';
import type { MeshId, MeshIdentity, ProtocolError } from '@raft-mesh/protocol';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { Connection, maxPayload } from './connection.ts';
import type { ConnectionLink } from './connection-link.ts';
import { watchSocket } from './connection-watch.ts';
import { closeCodes, linksPath, subprotocol } from './endpoint.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import type { UpgradeRefusal } from './refuse-upgrade.ts';

export interface WebSocketListenerOptions {
  /** The listener takes over its `upgrade` event; who owns the server starts and closes it. */
  readonly server: Server;
  /** Who takes in links of this mesh, or why nobody does (`wrongMesh`, `wrongIncarnation`, `stopping`). `place`: what the address that was dialled has before `linksPath`, as a rule nothing. */
  readonly resolve: (mesh: MeshId, incarnation: number, place: string) => LinkAcceptor | ProtocolError;
  /** Which places there are besides the server itself. Default: none. */
  readonly isPlace?: (place: string) => boolean;
  /** Origins of pages that may connect, as `https://host:port`, besides those served from the address they connect to. Processes send none. */
  readonly allowedOrigins?: readonly string[];
  readonly connectionsMax?: number;
  /** A connection that carries no link for so long is closed, in ms. */
  readonly idleTimeoutMs?: number;
  /** Called with the socket of a connection when its first link has been taken in: until then nothing of use has come from it. */
  readonly onLinked?: (socket: Duplex) => void;
}

/** How long a connection may take to end, in ms; what has not been read by then never will be. */
const lingerMs = 2_000;
/** More than this unread on a connection without a link, and it is not waited for at all. */
const lingerBytesMax = 64 * 1024;

/** Takes in WebSocket connections on an HTTP server, and a link on them for each mesh that they name. */
export class WebSocketListener {
  readonly #options: WebSocketListenerOptions;
  readonly #webSockets = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload });
  readonly #sockets = new Map<WebSocket, Connection>();
  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => this.#upgrade(request, socket, head);
  #isClosing = false;

  constructor(options: WebSocketListenerOptions) {
    this.#options = options;
    options.server.on('upgrade', this.#onUpgrade);
    // What `ws` finds wrong with a handshake it would say in HTML.
    this.#webSockets.on('wsClientError', (error, socket) => refuseUpgrade(socket, { status: 400, code: 'handshakeInvalid', detail: `This is no WebSocket handshake: ${error.message}.`, next: 'Connect as RFC 6455 says.' }));
  }

  get connectionCount(): number {
    return this.#sockets.size;
  }

  /** Closes every connection; resolves when the last socket is gone. Close what accepted the links first: it can say why. */
  async close(graceMs = 500): Promise<void> {
    this.#isClosing = true;
    this.#options.server.off('upgrade', this.#onUpgrade);
    const gone = [...this.#sockets].map(([socket, connection]) => {
      connection.close(closeCodes.goingAway, '');
      return new Promise<void>((resolve) => { socket.once('close', () => resolve()); });
    });
    const sockets = [...this.#sockets.keys()];
    const timer = setTimeout(() => { for (const socket of sockets) socket.terminate(); }, graceMs);
    await Promise.all(gone);
    clearTimeout(timer);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = this.#refusalOf(request);
    if (refusal !== null) {
      refuseUpgrade(socket, refusal);
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => this.#accept(webSocket, socket, placeOf(request) ?? '', `${request.socket.remoteAddress ?? 'unknown'}:${request.socket.remotePort ?? 0}`));
  }

  #refusalOf(request: IncomingMessage): UpgradeRefusal | null {
    const place = placeOf(request);
    if (place === null || (place !== '' && this.#options.isPlace?.(place) !== true)) return { status: 404, code: 'routeNotFound', detail: `WebSocket connections are taken in at ${linksPath} only.`, next: 'Connect there.' };
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    if (!offered.includes(subprotocol)) return { status: 400, code: 'versionUnsupported', detail: `The WebSocket subprotocol ${subprotocol} was not offered.`, next: `Offer ${subprotocol}, or use a program of the same release.` };
    if (!this.#isOriginAllowed(request)) return { status: 403, code: 'originRefused', detail: 'Pages of this origin may not connect here.', next: 'Allow it where the manager is configured.' };
    if (this.#isClosing || this.#sockets.size >= (this.#options.connectionsMax ?? 20_000)) return { status: 503, code: 'overloaded', detail: 'No more connections are taken in now.', next: 'Try again later, or another manager.' };
    return null;
  }

  #isOriginAllowed({ headers: { origin, host } }: IncomingMessage): boolean {
    if (origin === undefined || this.#options.allowedOrigins?.includes(origin) === true) return true;
    return URL.canParse(origin) && new URL(origin).host === host;
  }

  #accept(socket: WebSocket, stream: Duplex, place: string, remote: string): void {
    let idleTimer: ReturnType<typeof setTimeout> | undefined;
    const startIdleTimer = (): void => {
      clearTimeout(idleTimer);
      const waitMs = connection.bufferedBytes > lingerBytesMax ? lingerMs : this.#options.idleTimeoutMs ?? 10_000;
      idleTimer = setTimeout(() => {
        connection.close(closeCodes.done, '');
        idleTimer = setTimeout(() => socket.terminate(), lingerMs);
        idleTimer.unref();
      }, waitMs);
      idleTimer.unref();
    };
    const connection: Connection = new Connection({
      socket, remote,
      watch: (onSilent) => (stream instanceof Socket ? watchSocket(socket, stream, onSilent) : null),
      onUnknownMesh: (mesh) => {
        const link = this.#openLink(connection, mesh, place);
        if (link === null) return null;
        clearTimeout(idleTimer);
        this.#options.onLinked?.(stream);
        return link;
      },
      onIdle: startIdleTimer,
    });
    this.#sockets.set(socket, connection);
    startIdleTimer();
    // A broken socket also emits `close`, which is where it is handled.
    socket.on('error', () => {});
    socket.on('close', (code) => {
      clearTimeout(idleTimer);
      this.#sockets.delete(socket);
      const onPurpose = code === closeCodes.done || code === closeCodes.goingAway;
      connection.end(onPurpose ? { cause: 'closedThere', error: null } : { cause: 'lost' });
    });
  }

  #openLink(connection: Connection, { mesh, incarnation }: MeshIdentity, place: string): ConnectionLink | null {
    const found = this.#options.resolve(mesh, incarnation, place);
    if (!('accept' in found)) {
      connection.refuse({ mesh, incarnation }, found);
      return null;
    }
    const link = connection.attach({ mesh, incarnation });
    link.setHandlers(found.accept(link));
    return link.isOver ? null : link;
  }
}

/** What a request's target has before `linksPath`; `null` when it leads elsewhere. A target need not be a URL (`//`), and an error thrown here would end the process. */
function placeOf(request: IncomingMessage): string | null {
  const target = (request.url ?? '').split('?', 1)[0] ?? '';
  return target.endsWith(linksPath) ? target.slice(0, -linksPath.length) : null;
}
