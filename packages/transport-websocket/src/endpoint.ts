import { protocolVersion } from '@raft-mesh/protocol';

/** Where every mesh on an HTTP server takes in WebSocket connections. */
export const linksPath = '/api/v1/links';
/** What both sides must name in `Sec-WebSocket-Protocol`; the number is the protocol version. */
export const subprotocol = `raft-mesh.v${protocolVersion}`;

/** Close codes (RFC 6455 §7.4). */
export const closeCodes = {
  /** Nothing is left to carry. */
  done: 1000,
  /** The process stops. */
  goingAway: 1001,
  /** Set by the WebSocket layer: a message was longer than it reads. */
  messageTooBig: 1009,
  /** Something arrived that no link can answer for; the reason is a `ProtocolErrorCode`. */
  protocolError: 4000,
} as const;

/** The socket's address for a manager's base address (`http://host:port` or `https://…`). */
export function linksUrl(address: string): string {
  return `${address.replace(/^http/, 'ws').replace(/\/$/, '')}${linksPath}`;
}
