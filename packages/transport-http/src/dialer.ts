import type { Dialer } from '@raft-mesh/mesh';
import type { MeshId } from '@raft-mesh/protocol';
import { DialedLink } from './dialed-link.ts';

export interface HttpDialerOptions {
  /** Default: the platform's. */
  readonly fetch?: typeof fetch;
}

/** Opens links over HTTP: for workers where a WebSocket cannot be had, and for the command line. The first message must be a `hello`. */
export function createHttpDialer(options: HttpDialerOptions = {}): Dialer {
  const fetchImplementation = options.fetch ?? globalThis.fetch.bind(globalThis);
  return {
    dial: (address, { mesh, incarnation }, handlers) => new DialedLink(address, { mesh: mesh as MeshId, incarnation }, handlers, fetchImplementation),
  };
}
