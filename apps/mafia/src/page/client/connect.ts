import { connectBrowser } from '@raft-mesh/mesh-browser';
import type { Worker } from '@raft-mesh/mesh-browser';
import type { SeatMesh } from './seat-note.ts';

export interface Seat {
  readonly mesh: SeatMesh;
  /** For a browser that is not in the mesh yet; without it, the identity in this browser's store is used. */
  readonly join?: { readonly token: string; readonly name: string };
  /** Which of this browser's seats in the mesh; left out, the one that it came to by an invitation. */
  readonly identity?: string;
  /** Gives up after this long; without it, tries until it is in. */
  readonly timeoutMs?: number;
}

/** Connects to the mesh. Rejects when this browser's identity is not accepted (any more). */
export function connectSeat(seat: Seat): Promise<Worker> {
  return connectBrowser(seat);
}
