import { decodeFrames, encodeFrames, type MeshIdentity, type WireMessage } from '@raft-mesh/protocol';
import type { SimulatedRandom } from './simulated-random.ts';

/** A message on its way. `bytes`: it is decoded from these when it arrives; `null`: it arrives as the value that it is. */
export interface Carried {
  readonly message: WireMessage;
  readonly bytes: Uint8Array | null;
  /** How large it is, or about as large. */
  readonly sizeBytes: number;
}

/** So many of each type go through the codec in any case: what is rare is never left out. */
const firstOfEachType = 16;
const encodedPerMille = 60;
const smallMessageBytes = 48;
const entryOverheadBytes = 16;

/**
 * How messages cross the network of a run. All are frozen values, so most are handed over as they are; the first of each type, and a share of
 * all that follow, are encoded when they leave and decoded when they arrive.
 */
export class Carriage {
  readonly #mesh: MeshIdentity;
  readonly #random: SimulatedRandom;
  readonly #counts = new Map<WireMessage['type'], number>();

  constructor(mesh: MeshIdentity, random: SimulatedRandom) {
    this.#mesh = mesh;
    this.#random = random;
  }

  load(message: WireMessage): Carried {
    const { type } = message;
    const count = this.#counts.get(type) ?? 0;
    if (count < firstOfEachType) this.#counts.set(type, count + 1);
    else if (!this.#random.chance(encodedPerMille)) return { message, bytes: null, sizeBytes: sizeOf(message) };
    const { mesh, incarnation } = this.#mesh;
    const bytes = encodeFrames([{ mesh, incarnation, message }]);
    return { message, bytes, sizeBytes: bytes.length };
  }
}

/** The message as the receiver gets it: a copy of its own when it was encoded. */
export function unload({ message, bytes }: Carried): WireMessage {
  if (bytes === null) return message;
  const decoded = decodeFrames(bytes);
  if (!decoded.ok) throw new Error(`what was sent cannot be decoded: ${decoded.error.message}`);
  const [frame] = decoded.value;
  if (frame === undefined || decoded.value.length > 1) throw new Error(`one frame was sent, and ${decoded.value.length} came`);
  return frame.message;
}

function sizeOf(message: WireMessage): number {
  switch (message.type) {
    case 'appendRequest': return message.entries.reduce((bytes, entry) => bytes + entryOverheadBytes + (entry.kind === 'command' ? entry.data.length : 0), smallMessageBytes);
    case 'snapshotChunk': return smallMessageBytes + message.data.length;
    default: return smallMessageBytes;
  }
}
