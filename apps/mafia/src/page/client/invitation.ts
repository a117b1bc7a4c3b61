import { control } from '@raft-mesh/protocol';
import type { MeshDescription } from '@raft-mesh/protocol';

/** Takes the one-time code out of the link, and out of the address bar and the history with it. */
export function takeInvitationCode(): string | null {
  const code = location.hash.slice(1).replace(/^invitation=/u, '');
  if (code === '') return null;
  history.replaceState(null, '', location.pathname + location.search);
  return code;
}

export type Redeemed =
  | { readonly ok: true; readonly token: string; readonly mesh: MeshDescription }
  | { readonly ok: false; readonly spent: boolean; readonly message: string };

const redeemTimeoutMs = 10_000;

/** Buys a join token with the code. `spent`: the code will never work again, ask for a new link. */
export async function redeemInvitation(code: string, name: string): Promise<Redeemed> {
  try {
    const response = await fetch(`api/v1/invitations/${encodeURIComponent(code)}/redeem`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name }), signal: AbortSignal.timeout(redeemTimeoutMs),
    });
    if (!response.ok) {
      const spent = response.status === 404 || response.status === 409 || response.status === 410 || response.status === 403;
      return { ok: false, spent, message: spent ? 'This invitation has been used or has expired. Ask for a new link.' : `The host could not let you in (${response.status}). Try again in a moment.` };
    }
    const body = control.joinToken.safeParse(await response.json());
    return body.success ? { ok: true, token: body.data.token, mesh: body.data.mesh } : { ok: false, spent: false, message: 'The host answered in a way this page does not understand. Reload the page.' };
  } catch {
    return { ok: false, spent: false, message: 'The host does not answer. Check your connection and try again.' };
  }
}
