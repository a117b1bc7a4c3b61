import { connectBrowser } from '@raft-mesh/mesh-browser';
import type { Worker } from '@raft-mesh/mesh-browser';
import type { MeshDescription } from '@raft-mesh/protocol';

export interface Seat {
  readonly mesh: MeshDescription;
  /** For a browser that is not in the mesh yet; without it, the identity in this browser's store is used. */
  readonly join?: { readonly token: string; readonly name: string };
  /** Gives up after this long; without it, tries until it is in. */
  readonly timeoutMs?: number;
}

/** Connects to the mesh. Rejects when this browser's identity is not accepted (any more). */
export function connectSeat(seat: Seat): Promise<Worker> {
  return connectBrowser(seat);
}
