import { control } from '@raft-mesh/protocol';
import type { MeshDescription } from '@raft-mesh/protocol';

// What a later visit needs to find its mesh again. The identity itself (and its secret) is in the worker's own store,
// and nothing in this note could be used without it.
const key = 'raft-mesh/mafia/seat';

export interface SeatNote {
  readonly mesh: MeshDescription;
  readonly name: string;
  /** The code of the link one came by, to invite others with; `null` when it is not known. */
  readonly invitation: string | null;
}

/** The seat this browser has, `null` when it has none or the note cannot be read. */
export function readSeatNote(): SeatNote | null {
  try {
    const note: unknown = JSON.parse(localStorage.getItem(key) ?? 'null');
    if (typeof note !== 'object' || note === null || !('mesh' in note) || !('name' in note) || typeof note.name !== 'string') return null;
    const mesh = control.meshDescription.safeParse(note.mesh);
    return mesh.success ? { mesh: mesh.data, name: note.name, invitation: 'invitation' in note && typeof note.invitation === 'string' ? note.invitation : null } : null;
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
