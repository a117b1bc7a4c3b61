import { moveTokenOf, readMoveToken } from '@raft-mesh/protocol';
import type { AgentId } from '@raft-mesh/state-machine';
import { digestOfText } from '@raft-mesh/state-machine';
import * as z from 'zod/mini';
import { nameLengthMax } from '../../game/limits.ts';
import { seatMesh } from './seat-note.ts';
import type { SeatMesh } from './seat-note.ts';

// A private link by which a seat moves to another device: everything that the other one needs is in the fragment, which no server sees, and it
// needs no control plane. What a link that leaks is worth: `packages/state-machine/src/modules/members/moves.ts`.

const prefix = 'seat=';
const linkCharactersMax = 4_096;
/** How long a link may be used; the rules of the mesh allow no more. */
export const linkLifetimeMs = 10 * 60_000;

export interface SeatLink {
  readonly mesh: SeatMesh;
  /** Admits whoever shows it first. */
  readonly token: string;
  readonly agent: AgentId;
  readonly name: string;
  /** So that a host can go on inviting. */
  readonly invitation: string | null;
}

const shape = z.object({ mesh: seatMesh, token: z.string(), name: z.string().check(z.minLength(1), z.maxLength(nameLengthMax)), invitation: z.nullable(z.string()) });

const base64url = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes)).replace(/\+/gu, '-').replace(/\//gu, '_').replace(/=+$/u, '');

/** A new code, and what the mesh is told of it. */
export function drawnCode(): { readonly code: string; readonly codeHash: string } {
  const code = base64url(crypto.getRandomValues(new Uint8Array(32)));
  return { code, codeHash: digestOfText(code) };
}

export function seatLink({ mesh: { mesh, incarnation, managers }, agent, name, invitation, code }: Omit<SeatLink, 'token'> & { readonly code: string }, page: string): string {
  const fields = { mesh: { mesh, incarnation, managers: managers.map(({ id, url }) => ({ id, url })) }, token: moveTokenOf({ agent, code }), name, invitation };
  return `${page}#${prefix}${base64url(new TextEncoder().encode(JSON.stringify(fields)))}`;
}

/** What the fragment of a link says; `null` when it is not such a link, whole. */
export function readSeatLink(text: string): SeatLink | null {
  if (!text.startsWith(prefix) || text.length > linkCharactersMax) return null;
  try {
    const bytes = Uint8Array.from(atob(text.slice(prefix.length).replace(/-/gu, '+').replace(/_/gu, '/')), (character) => character.charCodeAt(0));
    const read = shape.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
    const moving = read.success ? readMoveToken(read.data.token) : null;
    return read.success && moving !== null ? { ...read.data, agent: moving.agent } : null;
  } catch {
    return null;
  }
}
