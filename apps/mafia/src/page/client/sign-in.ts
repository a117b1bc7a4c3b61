import { initializeApp } from 'firebase/app';
import { connectAuthEmulator, indexedDBLocalPersistence, initializeAuth, signInAnonymously } from 'firebase/auth';
import type { Auth } from 'firebase/auth';
import { control } from '@raft-mesh/protocol';
import type { Redeemed } from './invitation.ts';
import { words } from './languages/index.ts';

// Where players sign in: who they are is Firebase's to say, and the control plane gives a join token for it. One player is one agent, so that
// whoever has lost everything but the sign-in comes back to the same seat.

const timeoutMs = 10_000;

/** Signs in, anonymously unless this browser is signed in already, and buys a join token with that. `spent`: this table lets nobody in that way. */
export async function joinSignedIn(mesh: string, name: string): Promise<Redeemed> {
  const closed: Redeemed = { ok: false, spent: true, message: words.invitation.spent };
  try {
    const described = control.signInDescription.safeParse(await (await fetch('api/v1/sign-in', { signal: AbortSignal.timeout(timeoutMs) })).json());
    if (!described.success || described.data.firebase === null) return closed;
    const idToken = await idTokenOf(authOf(described.data.firebase));
    const response = await fetch(`api/v1/meshes/${mesh}/join`, {
      method: 'POST', headers: { 'content-type': 'application/json', 'authorization': `Bearer ${idToken}` }, body: JSON.stringify({ name }), signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status === 403 || response.status === 404) return closed;
    if (!response.ok) return { ok: false, spent: false, message: words.invitation.trouble(response.status) };
    const body = control.joinToken.safeParse(await response.json());
    return body.success ? { ok: true, token: body.data.token, mesh: body.data.mesh } : { ok: false, spent: false, message: words.invitation.strange };
  } catch {
    return { ok: false, spent: false, message: words.invitation.silent };
  }
}

let made: Auth | null = null;

function authOf({ projectId, apiKey, emulatorUrl }: NonNullable<control.SignInDescription['firebase']>): Auth {
  if (made !== null) return made;
  // No popups and no frames: what they need is not loaded, and the page's policy would not let it.
  made = initializeAuth(initializeApp({ projectId, apiKey }), { persistence: indexedDBLocalPersistence });
  if (emulatorUrl !== null) connectAuthEmulator(made, emulatorUrl, { disableWarnings: true });
  return made;
}

async function idTokenOf(auth: Auth): Promise<string> {
  await auth.authStateReady();
  return (auth.currentUser ?? (await signInAnonymously(auth)).user).getIdToken();
}
