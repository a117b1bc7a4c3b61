import type { MeshId } from './identity.ts';
import type { WireMessage } from './message.ts';

/** What a link carries: a message, and which mesh (in which of its lives) it is about. One connection may carry many meshes. */
export interface Frame {
  readonly mesh: MeshId;
  readonly incarnation: number;
  readonly message: WireMessage;
}
