import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** Why a connection was not taken in, as a problem (RFC 9457). */
export interface UpgradeRefusal {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly next: string;
}

/** Answers a request for an upgrade, and closes the connection whether or not the other side does. */
export function refuseUpgrade(socket: Duplex, { status, code, detail, next }: UpgradeRefusal): void {
  const title = STATUS_CODES[status] ?? '';
  const body = JSON.stringify({ type: 'about:blank', title, status, code, detail, next });
  socket.on('error', () => {});
  socket.end(`HTTP/1.1 ${status} ${title}\r\nConnection: close\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, () => socket.destroy());
}
