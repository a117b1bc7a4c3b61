import { control } from '@raft-mesh/protocol';
import type { ManagerAddress, MeshIdentity } from '@raft-mesh/protocol';
import * as z from 'zod/mini';

// What a later visit needs to find its mesh again. The identity itself (and its secret) is in the worker's own store,
// and nothing in this note could be used without it.
const key = 'raft-mesh/mafia/seat';

const { mesh, incarnation } = control.meshDescription.shape;
const { id, url } = control.managerDescription.shape;
/** Which mesh, and where its managers are. */
export const seatMesh = z.object({ mesh, incarnation, managers: z.array(z.object({ id, url })) });
export type SeatMesh = MeshIdentity & { readonly managers: readonly ManagerAddress[] };

export interface SeatNote {
  readonly mesh: SeatMesh;
  readonly name: string;
  /** The code of the link one came by, to invite others with; `null` when it is not known. */
  readonly invitation: string | null;
  /** Who one is in the mesh; `null` when that was not noted. */
  readonly agent: string | null;
  /** Which of this browser's stores holds the seat: the agent's, when it moved here from another device or came by signing in. */
  readonly identity: string | null;
  /** Who one signed in as, when that is how one came; `null` when not. */
  readonly player: SeatPlayer | null;
}

const seatPlayer = z.object({ uid: z.string(), hasAccount: z.boolean() });
export type SeatPlayer = z.infer<typeof seatPlayer>;

const textIn = (note: object, name: string): string | null => {
  const value: unknown = Reflect.get(note, name);
  return typeof value === 'string' ? value : null;
};

/** The seat this browser has, `null` when it has none or the note cannot be read. */
export function readSeatNote(): SeatNote | null {
  try {
    const note: unknown = JSON.parse(localStorage.getItem(key) ?? 'null');
    if (typeof note !== 'object' || note === null || !('mesh' in note) || !('name' in note) || typeof note.name !== 'string') return null;
    const found = seatMesh.safeParse(note.mesh);
    const player = seatPlayer.safeParse(Reflect.get(note, 'player'));
    return found.success ? { mesh: found.data, name: note.name, invitation: textIn(note, 'invitation'), agent: textIn(note, 'agent'), identity: textIn(note, 'identity'), player: player.success ? player.data : null } : null;
  } catch {
    return null;
  }
}

export function writeSeatNote(note: SeatNote): void {
  try {
    localStorage.setItem(key, JSON.stringify(note));
  } catch {
    // A browser that keeps nothing still plays; only a refresh costs the seat.
  }
}

export function forgetSeatNote(): void {
  try {
    localStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}
