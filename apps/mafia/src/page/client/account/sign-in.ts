import { initializeApp } from 'firebase/app';
import {
  connectAuthEmulator, createUserWithEmailAndPassword, EmailAuthProvider, indexedDBLocalPersistence, initializeAuth, linkWithCredential, sendPasswordResetEmail, signInAnonymously,
  signInWithEmailAndPassword, signOut, updateProfile,
} from 'firebase/auth';
import type { Auth, User } from 'firebase/auth';
import { control } from '@raft-mesh/protocol';
import type { MeshDescription } from '@raft-mesh/protocol';
import { words } from '../languages/index.ts';
import type { AccountProblem } from './account-problem.ts';
import { problemOf } from './account-problem.ts';

// Where players sign in: who they are is Firebase's to say, and the control plane gives a join token for it. One player is one agent, so that
// whoever has lost everything but the sign-in comes back to the same seat. Firebase keeps the sign-in in this browser; of passwords and tokens
// the page keeps nothing, and says nothing of them to anyone else.

const timeoutMs = 10_000;

/** Who this browser is signed in as. `email`: of the account; `null` without one. `name`: how the player was called last. */
export interface Player {
  readonly uid: string;
  readonly email: string | null;
  readonly name: string | null;
}

export interface Account {
  readonly email: string;
  readonly password: string;
}

export type Refused = { readonly ok: false; readonly problem: AccountProblem };
export type SignedIn = { readonly ok: true; readonly player: Player } | Refused;

export type Joined = { readonly ok: true; readonly token: string; readonly agent: string; readonly mesh: MeshDescription; readonly player: Player } | Refused;

/** Who this browser is signed in as already; `null`: nobody. */
export function playerNow(): Promise<{ readonly ok: true; readonly player: Player | null } | Refused> {
  return attempted(async (auth) => ({ ok: true, player: auth.currentUser === null ? null : playerOf(auth.currentUser) }));
}

/** Gives the player of this browser an account: the same player, with the same seats. Who is not signed in yet becomes a new player. `uid`: only that player; `null`: whoever it is. */
export function makeAccount({ email, password }: Account, name: string, uid: string | null): Promise<SignedIn> {
  return attempted(async (auth) => {
    if (!isStill(auth, uid)) return { ok: false, problem: { kind: 'signedOut' } };
    const { user } = auth.currentUser === null ? await createUserWithEmailAndPassword(auth, email, password) : await linkWithCredential(auth.currentUser, EmailAuthProvider.credential(email, password));
    // So that another device need not ask. Without it, it asks.
    if (name !== '') await updateProfile(user, { displayName: name }).catch(() => undefined);
    return { ok: true, player: playerOf(user) };
  });
}

/** From now on this browser is the player of that account, and nobody else. */
export function signInWithAccount({ email, password }: Account): Promise<SignedIn> {
  return attempted(async (auth) => ({ ok: true, player: playerOf((await signInWithEmailAndPassword(auth, email, password)).user) }));
}

/** Has Firebase send a mail by which a new password is chosen. Whether there is such an account is not told. */
export function sendReset(email: string): Promise<{ readonly ok: true } | Refused> {
  return attempted(async (auth) => {
    try {
      await sendPasswordResetEmail(auth, email);
    } catch (error) {
      if (problemOf(error).kind !== 'wrong') throw error;
    }
    return { ok: true };
  });
}

/** From now on this browser is nobody. Who has no account cannot come back as the same player. */
export function leaveAccount(): Promise<{ readonly ok: true } | Refused> {
  return attempted(async (auth) => {
    await signOut(auth);
    return { ok: true };
  });
}

/** Signs in, anonymously unless this browser is signed in already, and buys a join token with that. `uid`: only as that player; `null`: as whoever it is. */
export function joinSignedIn(mesh: string, name: string, uid: string | null): Promise<Joined> {
  return attempted<Joined>(async (auth) => {
    if (!isStill(auth, uid)) return { ok: false, problem: { kind: 'signedOut' } };
    const user = auth.currentUser ?? (await anonymous(auth));
    if (user === null) return { ok: false, problem: { kind: 'accountNeeded' } };
    let response = await askToJoin(mesh, name, await user.getIdToken());
    // A clock that is wrong takes an old token for a good one; and a token may be older than the account.
    if (response.status === 401 || (response.status === 403 && !user.isAnonymous)) response = await askToJoin(mesh, name, await user.getIdToken(true));
    const answer: unknown = await response.json();
    if (response.ok) {
      const read = control.joinToken.safeParse(answer);
      return read.success ? { ok: true, ...read.data, player: playerOf(user) } : { ok: false, problem: { kind: 'strange' } };
    }
    const code = String(Object(answer)['code']);
    if (code === 'accountNeeded') return { ok: false, problem: { kind: 'accountNeeded' } };
    if (response.status === 403 || response.status === 404) return { ok: false, problem: { kind: 'closed' } };
    if (code !== 'idTokenRevoked') return { ok: false, problem: { kind: 'trouble', code: String(response.status) } };
    await signOut(auth);
    return { ok: false, problem: { kind: 'signedOut' } };
  });
}

/** Another tab may have signed out, or in as somebody else. */
const isStill = (auth: Auth, uid: string | null): boolean => uid === null || auth.currentUser?.uid === uid;

const askToJoin = (mesh: string, name: string, idToken: string): Promise<Response> => fetch(`api/v1/meshes/${mesh}/join`, {
  method: 'POST', headers: { 'content-type': 'application/json', 'authorization': `Bearer ${idToken}` }, body: JSON.stringify({ name }), signal: AbortSignal.timeout(timeoutMs),
});

/** A player without an account; `null` where there are none. */
async function anonymous(auth: Auth): Promise<User | null> {
  try {
    return (await signInAnonymously(auth)).user;
  } catch (error) {
    if (problemOf(error).kind === 'notOffered') return null;
    throw error;
  }
}

const playerOf = ({ uid, email, displayName, isAnonymous }: User): Player => ({ uid, email: isAnonymous ? null : email, name: displayName });

/** Does it where players sign in, and says what went wrong. */
async function attempted<Outcome>(act: (auth: Auth) => Promise<Outcome | Refused>): Promise<Outcome | Refused> {
  try {
    opening ??= opened();
    const auth = await opening;
    if (auth === null) return { ok: false, problem: { kind: 'closed' } };
    await auth.authStateReady();
    auth.languageCode = words.tag;
    return await act(auth);
  } catch (error) {
    return { ok: false, problem: problemOf(error) };
  }
}

let opening: Promise<Auth | null> | null = null;

/** `null`: players do not sign in here. */
async function opened(): Promise<Auth | null> {
  try {
    const described = control.signInDescription.safeParse(await (await fetch('api/v1/sign-in', { signal: AbortSignal.timeout(timeoutMs) })).json());
    if (!described.success || described.data.firebase === null) return null;
    const { projectId, apiKey, emulatorUrl } = described.data.firebase;
    // No popups and no frames: what they need is not loaded, and the page's policy would not let it.
    const auth = initializeAuth(initializeApp({ projectId, apiKey }), { persistence: indexedDBLocalPersistence });
    if (emulatorUrl !== null) connectAuthEmulator(auth, emulatorUrl, { disableWarnings: true });
    return auth;
  } catch (error) {
    opening = null;
    throw error;
  }
}
