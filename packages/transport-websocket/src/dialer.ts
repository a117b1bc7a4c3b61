import type { Dialer, Link, LinkEnd, LinkHandlers } from '@raft-mesh/mesh';
import { protocolErrorCodes } from '@raft-mesh/protocol';
import type { MeshId, MeshIdentity, ProtocolError } from '@raft-mesh/protocol';
import WebSocket from 'isomorphic-ws';
import { Connection, maxPayload } from './connection.ts';
import { ConnectionLink } from './connection-link.ts';
import type { watchSocket } from './connection-watch.ts';
import { closeCodes, linksUrl, subprotocol } from './endpoint.ts';

export interface WebSocketDialerOptions {
  /** Sent as `Origin` by processes; browsers send the page's own. */
  readonly origin?: string;
  /** How long a connection may take to open, in ms (processes only; browsers have a limit of their own). */
  readonly openTimeoutMs?: number;
  /** Lets links notice their end (see `Link.noticeEnd`): `watchSocket`, for processes. A page need not carry it. */
  readonly watch?: typeof watchSocket;
}

/**
 * Opens links over WebSocket, in Node and in browsers. Links of different meshes to one address share a connection,
 * which closes with the last of them. In browsers a refused connection cannot be told from a lost one.
 */
export function createWebSocketDialer(options: WebSocketDialerOptions = {}): Dialer {
  const connections = new Map<string, Set<Connection>>();

  function connectionFor(address: string, mesh: MeshIdentity): Connection | null {
    const open = connections.get(address) ?? new Set<Connection>();
    for (const connection of open) if (connection.canCarry(mesh)) return connection;
    const socket = openSocket(linksUrl(address), options);
    if (socket === null) return null;
    const connection: Connection = carryOver(socket, address, options.watch, () => {
      open.delete(connection);
      if (open.size === 0) connections.delete(address);
    });
    connections.set(address, open.add(connection));
    return connection;
  }

  return {
    dial(address: string, { mesh, incarnation }: { readonly mesh: string; readonly incarnation: number }, handlers: LinkHandlers): Link {
      const identity: MeshIdentity = { mesh: mesh as MeshId, incarnation };
      if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) return unreachableLink(identity, address, handlers);
      const connection = connectionFor(address, identity);
      if (connection === null) return unreachableLink(identity, address, handlers);
      const link = connection.attach(identity);
      link.setHandlers(handlers);
      if (connection.isOpen) queueMicrotask(() => link.opened());
      return link;
    },
  };
}

function carryOver(socket: WebSocket, address: string, watch: WebSocketDialerOptions['watch'], onOver: () => void): Connection {
  let stream: { readonly bytesRead: number } | null = null;
  if (watch !== undefined) socket.on('upgrade', (response) => { stream = response.socket; });
  const connection: Connection = new Connection({
    socket, remote: address,
    watch: (onSilent) => (stream === null ? null : watch?.(socket, stream, onSilent) ?? null),
    onUnknownMesh: () => null,
    onIdle: () => {
      onOver();
      connection.close(closeCodes.done, '');
    },
  });
  let failure: unknown = null;
  let wasOpen = false;
  socket.addEventListener('open', () => { wasOpen = true; });
  socket.addEventListener('error', (event) => { failure = event.error; });
  socket.addEventListener('close', (event) => {
    onOver();
    connection.end(wasOpen ? endOf(event.code, event.reason) : endBeforeOpen(failure));
  });
  return connection;
}

/** `null` where a browser forbids it (an insecure address from a secure page). A browser's constructor ignores the options. */
function openSocket(url: string, { origin, openTimeoutMs }: WebSocketDialerOptions): WebSocket | null {
  try {
    return new WebSocket(url, subprotocol, {
      perMessageDeflate: false, maxPayload, handshakeTimeout: openTimeoutMs ?? 5000, ...(origin === undefined ? {} : { origin }),
    });
  } catch {
    return null;
  }
}

function endOf(code: number, reason: string): LinkEnd {
  switch (code) {
    case closeCodes.done: case closeCodes.goingAway: return { cause: 'closedThere', error: null };
    case closeCodes.messageTooBig: return { cause: 'closedThere', error: errorOf('frameTooLarge') };
    case closeCodes.protocolError: return { cause: 'closedThere', error: errorOf(reason) };
    default: return { cause: 'lost' };
  }
}

function endBeforeOpen(failure: unknown): LinkEnd {
  if (typeof failure !== 'object' || failure === null) return { cause: 'lost' };
  if ('code' in failure && failure.code === 'ECONNREFUSED') return { cause: 'refused' };
  // `ws` tells the status of an answer other than 101 in words only.
  const status = 'message' in failure ? /Unexpected server response: (\d+)/.exec(String(failure.message))?.[1] : undefined;
  if (status === '403') return { cause: 'closedThere', error: errorOf('originRefused') };
  return status === '503' ? { cause: 'closedThere', error: errorOf('overloaded') } : { cause: 'lost' };
}

function errorOf(reason: string): ProtocolError {
  const code = protocolErrorCodes.find((known) => known === reason) ?? 'internal';
  return { code, message: `The other side closed the connection (${code}).`, next: code === 'overloaded' ? 'Try again later, or another manager.' : 'See the errors in docs/protocol.md.' };
}

function unreachableLink(mesh: MeshIdentity, address: string, handlers: LinkHandlers): Link {
  const link: ConnectionLink = new ConnectionLink(mesh, { remote: address, bufferedBytes: 0, transmit() {}, noticeEnd: () => false, detach() {} });
  link.setHandlers(handlers);
  queueMicrotask(() => link.end({ cause: 'lost' }));
  return link;
}
