import type { MeshDescription } from '@raft-mesh/protocol';
import type { Account, Joined, Player, Refused, SignedIn } from '../../src/page/client/account/sign-in.ts';

const by = new URLSearchParams(location.search).get('by');
const mesh = { mesh: 'fake', incarnation: 1, app: 'mafia', publicKey: 'none', createdAt: 'now', managers: [] } as unknown as MeshDescription;
const robin: Player = { uid: 'robin', email: 'robin@example.com', name: 'Robin' };

let player: Player | null = by === 'known' ? robin : null;

/** Stands in for where players sign in: the password is `wrong` or right, the address `taken@…` or free. `by=accounts`: the table lets nobody in without an account. */
export const playerNow = async (): Promise<{ readonly ok: true; readonly player: Player | null } | Refused> => ({ ok: true, player });

export async function makeAccount({ email, password }: Account, name: string): Promise<SignedIn> {
  if (email.startsWith('taken')) return { ok: false, problem: { kind: 'emailTaken' } };
  if (password.length < 6) return { ok: false, problem: { kind: 'passwordWeak' } };
  player = { uid: 'robin', email, name };
  return { ok: true, player };
}

export async function signInWithAccount({ email, password }: Account): Promise<SignedIn> {
  if (password === 'wrong') return { ok: false, problem: { kind: 'wrong' } };
  player = { ...robin, email };
  return { ok: true, player };
}

export const sendReset = async (_email: string): Promise<{ readonly ok: true } | Refused> => ({ ok: true });

export async function leaveAccount(): Promise<{ readonly ok: true } | Refused> {
  player = null;
  return { ok: true };
}

export async function joinSignedIn(_mesh: string, name: string): Promise<Joined> {
  player ??= { uid: 'robin', email: null, name: null };
  if (by === 'accounts' && player.email === null) return { ok: false, problem: { kind: 'accountNeeded' } };
  return { ok: true, token: 'none', agent: name, mesh, player };
}
