import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import * as z from 'zod/mini';

/** The shape of a `SigningKey`, as part of what is stored. */
export const signingKey = z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string().check(z.minLength(43), z.maxLength(43)), d: z.string().check(z.minLength(43), z.maxLength(43)) });

/** An Ed25519 key pair as a JSON Web Key (RFC 8037): `x` is the public half, `d` the secret one. */
export type SigningKey = z.infer<typeof signingKey>;

export function generateSigningKey(): SigningKey {
  return signingKey.parse(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }));
}

/** Making one costs more than signing with it: a crowd of tokens is signed with the same few keys. */
const privateKeys = new WeakMap<SigningKey, KeyObject>();

export function privateKeyOf(key: SigningKey): KeyObject {
  const known = privateKeys.get(key) ?? createPrivateKey({ key, format: 'jwk' });
  privateKeys.set(key, known);
  return known;
}

/** `publicKey` is the JWK's `x`. Throws when it is no point on the curve's length. */
export function publicKeyOf(publicKey: string): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
}

/** SHA-256, hex. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
