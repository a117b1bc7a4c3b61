import { control } from '@raft-mesh/protocol';
import type { MeshDescription } from '@raft-mesh/protocol';
import { words } from './languages/index.ts';

// Kept for this tab until it is spent, so that a refresh before one has typed a name costs nothing.
const key = 'raft-mesh/mafia/invitation';

/** Takes the one-time code out of the link, and out of the address bar and the history with it. */
export function takeInvitationCode(): string | null {
  const code = location.hash.slice(1).replace(/^invitation=/u, '');
  try {
    if (code === '') return sessionStorage.getItem(key);
    sessionStorage.setItem(key, code);
  } catch {
    // Storage is off: the code lives as long as this page.
  }
  if (code === '') return null;
  history.replaceState(null, '', location.pathname + location.search);
  return code;
}

/** A private link by which a seat moves here, and no invitation. */
export const isSeatLink = (code: string): boolean => code.startsWith('seat=');

/** A link to a table whose players sign in, and no invitation: `#mesh=<id>`. */
export const signInMesh = (code: string): string | null => /^mesh=([A-Za-z0-9_-]{1,64})$/u.exec(code)?.[1] ?? null;

/** The link by which others come to the same table: it admits several. */
export const invitationLink = (code: string): string => `${location.origin}${location.pathname}#invitation=${code}`;

export function forgetInvitationCode(): void {
  try { sessionStorage.removeItem(key); } catch { /* Nothing was kept. */ }
}

/** Another link, opened in this tab, changes only the fragment; the page then starts again with it. */
export function followNewLinks(): void {
  addEventListener('hashchange', () => { if (location.hash.length > 1) location.reload(); });
}

export type Redeemed =
  | { readonly ok: true; readonly token: string; readonly mesh: MeshDescription }
  | { readonly ok: false; readonly spent: boolean; readonly message: string };

const redeemTimeoutMs = 10_000;

/** Buys a join token with the code. `spent`: the code will never work again, ask for a new link. */
export async function redeemInvitation(code: string, name: string): Promise<Redeemed> {
  try {
    const response = await fetch('api/v1/invitations/redeem', {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ code, name }), signal: AbortSignal.timeout(redeemTimeoutMs),
    });
    if (!response.ok) {
      const spent = response.status === 404 || response.status === 409 || response.status === 410 || response.status === 403;
      return { ok: false, spent, message: spent ? words.invitation.spent : words.invitation.trouble(response.status) };
    }
    const body = control.joinToken.safeParse(await response.json());
    return body.success ? { ok: true, token: body.data.token, mesh: body.data.mesh } : { ok: false, spent: false, message: words.invitation.strange };
  } catch {
    return { ok: false, spent: false, message: words.invitation.silent };
  }
}
