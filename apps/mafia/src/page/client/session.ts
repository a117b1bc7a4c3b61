import { ConnectError } from '@raft-mesh/mesh-browser';
import type { Worker } from '@raft-mesh/mesh-browser';
import type { JSX } from 'preact';
import { connectSeat } from './connect.ts';
import { forgetInvitationCode, isSeatLink, redeemInvitation, signInMesh } from './invitation.ts';
import { forgetSeatNote, readSeatNote, writeSeatNote } from './seat-note.ts';
import type { SeatNote } from './seat-note.ts';
import { words } from './languages/index.ts';
import { connectText } from './words.ts';

/** How far this browser has come. `code` is the link's one-time code while it is unspent. */
export type Session =
  | { readonly step: 'invited'; readonly code: string; readonly problem: string | null }
  | { readonly step: 'uninvited'; readonly problem: string | null }
  | { readonly step: 'joining' }
  | { readonly step: 'returning'; readonly name: string }
  /** A question that comes with a link of another kind. */
  | { readonly step: 'asked'; readonly screen: JSX.Element }
  | { readonly step: 'playing'; readonly worker: Worker; readonly note: SeatNote };

export interface Visit {
  readonly code: string | null;
  readonly show: (session: Session) => void;
}

const patienceWithCodeMs = 4_000;

function reasonOf(error: unknown): string {
  if (error instanceof ConnectError) return connectText(error.error.code, error.message);
  return error instanceof Error && error.message !== '' ? error.message : words.welcome.noReason;
}

/** Where a visitor without a usable seat begins. Whoever signed in to it may do so again. */
export function beginAnew({ code, show }: Visit, problem: string | null = null): void {
  const note = readSeatNote();
  forgetSeatNote();
  const link = code ?? (note === null || note.player === null ? null : note.invitation);
  const mesh = link === null ? null : signInMesh(link);
  if (link === null) show({ step: 'uninvited', problem });
  else if (mesh === null) show({ step: 'invited', code: link, problem });
  else import('./account/sign-in-screen.tsx').then(({ askToSignIn }) => askToSignIn({ code: link, show }, mesh, problem), () => show({ step: 'uninvited', problem: words.move.notLoaded }));
}

/** Opens the page: back to one's seat if this browser has one, else the name form. */
export async function openSession(visit: Visit): Promise<void> {
  if (visit.code !== null && isSeatLink(visit.code)) {
    const later = await import('./move-here.tsx').catch(() => null);
    if (later === null) visit.show({ step: 'uninvited', problem: words.move.notLoaded }); else later.askToMove(visit, visit.code);
    return;
  }
  const note = readSeatNote();
  if (note === null) { beginAnew(visit); return; }
  visit.show({ step: 'returning', name: note.name });
  try {
    // Whoever holds a new invitation need not wait for an old mesh that may be gone.
    visit.show(playing(await connectSeat({ mesh: note.mesh, ...(note.identity === null ? {} : { identity: note.identity }), ...(visit.code === null ? {} : { timeoutMs: patienceWithCodeMs }) }), note));
  } catch (error) {
    // With a fresh invitation at hand there is nothing to explain.
    beginAnew(visit, visit.code === null ? reasonOf(error) : null);
  }
}

/** Takes a seat with the invitation and a name. */
export async function takeSeat(visit: Visit, name: string): Promise<void> {
  const { code, show } = visit;
  if (code === null) { beginAnew(visit); return; }
  show({ step: 'joining' });
  const redeemed = await redeemInvitation(code, name);
  if (redeemed.ok || redeemed.spent) forgetInvitationCode();
  if (redeemed.ok) await sitDown(visit, redeemed.token, { mesh: redeemed.mesh, name, invitation: code, agent: null, identity: null, player: null });
  else show(redeemed.spent ? { step: 'uninvited', problem: redeemed.message } : { step: 'invited', code, problem: redeemed.message });
}

/** Takes the seat that a join token is for. */
export async function sitDown({ show }: Visit, token: string, note: SeatNote): Promise<void> {
  const { mesh, name, identity } = note;
  try {
    show(playing(await connectSeat({ mesh, join: { token, name }, ...(identity === null ? {} : { identity }) }), note));
  } catch (error) {
    show({ step: 'uninvited', problem: reasonOf(error) });
  }
}

/** Keeps the note current: managers may have moved since. */
export function playing(worker: Worker, note: SeatNote): Session {
  const addresses = new Map(worker.managers.map((manager) => [manager.id, manager.url]));
  const managers = note.mesh.managers.map((manager) => ({ ...manager, url: addresses.get(manager.id) ?? manager.url }));
  const current: SeatNote = { ...note, agent: worker.agent, mesh: { ...note.mesh, managers } };
  writeSeatNote(current);
  return { step: 'playing', worker, note: current };
}
