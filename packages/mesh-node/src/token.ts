import type { KeyObject } from 'node:crypto';
import { SignJWT, errors, importJWK, jwtVerify } from 'jose';
import type { ProtocolError } from '@raft-mesh/protocol';
import type { Schema } from '@raft-mesh/state-machine';
import type { Verified } from '@raft-mesh/mesh';
import { publicKeyOf } from './signing-key.ts';
import type { SigningKey } from './signing-key.ts';

/** How far two wall clocks may be apart before a token counts as expired, in seconds. */
export const clockToleranceSeconds = 60;
/** Longer tokens are refused unread. */
export const tokenCharactersMax = 4096;

const algorithm = 'EdDSA';

/** As the library wants them: making one costs more than signing with it, and a crowd of tokens is signed with the same few keys. */
const signers = new WeakMap<SigningKey, ReturnType<typeof importJWK>>();

function signerOf(key: SigningKey): ReturnType<typeof importJWK> {
  const known = signers.get(key) ?? importJWK(key, algorithm);
  signers.set(key, known);
  return known;
}

/** Signs claims as a JWT (RFC 7519, EdDSA as in RFC 8037). The claims must carry their own `exp`, where they end at all. */
export async function signToken(key: SigningKey, claims: object): Promise<string> {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg: algorithm, typ: 'JWT' }).setIssuedAt().sign(await signerOf(key));
}

/**
 * Checks size, signature, expiry and shape, in this order. `tokenForeign` means that another key signed it (or that it was altered on the
 * way, which looks the same from here); `tokenInvalid` that it is no such token at all. `publicKey`: the JWK's `x`, or the key made of it by who verifies often.
 */
export async function verifyToken<Claims>(publicKey: string | KeyObject, token: string, claims: Schema<Claims>, nowMs: number = Date.now()): Promise<Verified<Claims>> {
  if (token.length > tokenCharactersMax) return refused('tokenInvalid', `The token is longer than ${tokenCharactersMax} characters.`);
  let payload: unknown;
  try {
    ({ payload } = await jwtVerify(token, typeof publicKey === 'string' ? publicKeyOf(publicKey) : publicKey, { algorithms: [algorithm], clockTolerance: clockToleranceSeconds, currentDate: new Date(nowMs) }));
  } catch (error) {
    if (error instanceof errors.JWTExpired) return refused('tokenExpired', 'The token has expired.');
    if (error instanceof errors.JWSSignatureVerificationFailed) return refused('tokenForeign', 'The token was not signed with this mesh\'s key.');
    if (error instanceof errors.JOSEError) return refused('tokenInvalid', 'This is not a token that this mesh hands out.');
    throw error;
  }
  const checked = claims.safeParse(payload);
  if (!checked.success) return refused('tokenInvalid', 'The token is signed, but it is not of the kind asked for here.');
  return { ok: true, claims: checked.data };
}

const nextStep = {
  tokenInvalid: 'Ask the control plane for a token of the right kind, and pass it on unchanged.',
  tokenExpired: 'Ask the control plane for a new token.',
  tokenForeign: 'Ask the control plane of this mesh for a token.',
  wrongIncarnation: 'The mesh was restored since. Ask the control plane for a new token.',
} as const;

export function refused(code: keyof typeof nextStep, message: string): { readonly ok: false; readonly error: ProtocolError } {
  return { ok: false, error: { code, message, next: nextStep[code] } };
}
