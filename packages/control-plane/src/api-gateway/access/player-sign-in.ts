import { decodeJwt, decodeProtectedHeader } from 'jose';
import { nanoid } from 'nanoid';
import { errorCode, succeeded } from '@raft-mesh/mesh-node';
import type { control } from '@raft-mesh/protocol';
import type { Result } from '@raft-mesh/mesh-node';
import { problems } from '../../mesh-manager/problems.ts';

/** A player who has signed in: `anonymous` until an account is linked, under the same uid. */
export interface Player {
  readonly uid: string;
  readonly anonymous: boolean;
}

export interface PlayerSignInOptions {
  /** The Firebase project whose users are the players. */
  readonly projectId: string;
  /** The project's web API key, which its pages show to everyone. Without it players cannot sign in from the page that is served here. */
  readonly apiKey?: string;
  /** Ask Firebase each time whether the user was disabled or signed out everywhere; costs a request and needs credentials. Default false. */
  readonly checkRevoked?: boolean;
}

/** Who signs players in. `null` where it is not configured: then invitations let them in. */
export interface PlayerSignIn {
  verify(idToken: string): Promise<Result<Player>>;
  /** What a page needs to sign players in; `firebase` is `null` without an API key. */
  readonly description: control.SignInDescription;
  /** Where that page must be allowed to connect. */
  readonly origins: readonly string[];
  close(): Promise<void>;
}

/** Of the REST API that the SDK signs in by, and has tokens renewed by. */
const firebaseOrigins = ['https://identitytoolkit.googleapis.com', 'https://securetoken.googleapis.com'];

/** Players sign in with Firebase; their ID tokens are verified here. With FIREBASE_AUTH_EMULATOR_HOST set, unsigned tokens of the emulator are taken: never in production. */
export async function openPlayerSignIn(options: PlayerSignInOptions): Promise<PlayerSignIn> {
  // Loaded only where it is used: it costs every start of a program a third of a second.
  const [{ deleteApp, initializeApp }, { getAuth }] = await Promise.all([import('firebase-admin/app'), import('firebase-admin/auth')]);
  const app = initializeApp({ projectId: options.projectId }, `raft-mesh-sign-in-${nanoid()}`);
  const auth = getAuth(app);
  const emulatorHost = process.env['FIREBASE_AUTH_EMULATOR_HOST'];
  const emulatorUrl = emulatorHost === undefined || emulatorHost === '' ? null : `http://${emulatorHost}`;
  const { projectId, apiKey } = options;
  return {
    description: { firebase: apiKey === undefined ? null : { projectId, apiKey, emulatorUrl } },
    origins: apiKey === undefined ? [] : emulatorUrl === null ? firebaseOrigins : [emulatorUrl],
    async verify(idToken) {
      // What cannot even be read is the caller's fault; the library would say that something broke.
      if (!isReadable(idToken)) return problems.idTokenInvalid();
      try {
        const { uid, firebase } = await auth.verifyIdToken(idToken, options.checkRevoked ?? false);
        // A token of a sign-in that began without an account says so until it is renewed, though one has been linked since.
        return succeeded({ uid, anonymous: firebase.sign_in_provider === 'anonymous' && Object.keys(firebase.identities).length === 0 });
      } catch (error) {
        return problemOf(String(errorCode(error)));
      }
    },
    close: () => deleteApp(app),
  };
}

function isReadable(idToken: string): boolean {
  try {
    decodeProtectedHeader(idToken);
    decodeJwt(idToken);
    return true;
  } catch {
    return false;
  }
}

function problemOf(code: string): Result<never> {
  switch (code) {
    case 'auth/id-token-expired': return problems.idTokenExpired();
    case 'auth/id-token-revoked': case 'auth/user-disabled': return problems.idTokenRevoked();
    case 'auth/argument-error': case 'auth/invalid-id-token': case 'auth/user-not-found': return problems.idTokenInvalid();
    default: return problems.signInUnavailable(code);
  }
}
