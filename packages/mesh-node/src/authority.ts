import { sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { joinClaims, managerClaims, operateClaims } from '@raft-mesh/protocol';
import type { MeshIdentity } from '@raft-mesh/protocol';
import type { Authority, Verified } from '@raft-mesh/mesh';
import type { Schema } from '@raft-mesh/state-machine';
import { privateKeyOf, publicKeyOf, sha256 } from './signing-key.ts';
import type { SigningKey } from './signing-key.ts';
import { refused, verifyToken } from './token.ts';

export interface AuthorityOptions {
  /** The mesh, in the life that this manager belongs to. */
  readonly mesh: MeshIdentity;
  /** Ed25519, JWK `x`: what the control plane signs this mesh's tokens with. */
  readonly meshPublicKey: string;
  /** This manager's own credential and key. */
  readonly credential: string;
  readonly signingKey: SigningKey;
  /** Wall clock in ms, for expiry only. Default: the system's. */
  readonly nowWallMs?: () => number;
}

/** Verifies tokens offline with the mesh's public key and signs with this manager's key. Needs no network. */
export function createAuthority(options: AuthorityOptions): Authority {
  const nowWallMs = options.nowWallMs ?? (() => Date.now());
  const privateKey = privateKeyOf(options.signingKey);
  // Made for the first token: most managers of a host never see one.
  let meshKey: KeyObject | null = null;

  async function verified<Claims extends MeshIdentity>(token: string, schema: Schema<Claims>): Promise<Verified<Claims>> {
    meshKey ??= publicKeyOf(options.meshPublicKey);
    const result = await verifyToken(meshKey, token, schema, nowWallMs());
    if (!result.ok) return result;
    const { mesh, incarnation } = result.claims;
    if (mesh !== options.mesh.mesh) return refused('tokenForeign', `The token is for the mesh ${mesh}; this is ${options.mesh.mesh}.`);
    if (incarnation !== options.mesh.incarnation) return refused('wrongIncarnation', `The token is for incarnation ${incarnation} of the mesh; it lives in ${options.mesh.incarnation} now.`);
    return result;
  }

  return {
    verifyJoinToken: (token) => verified(token, joinClaims),
    verifyOperateToken: (token) => verified(token, operateClaims),
    verifyManagerCredential: (credential) => verified(credential, managerClaims),
    credential: options.credential,
    sign: (message) => Promise.resolve(new Uint8Array(sign(null, message, privateKey))),
    verifySignature: (publicKey, message, signature) => {
      try {
        return Promise.resolve(verify(null, message, publicKeyOf(publicKey), signature));
      } catch {
        // A public key that is none verifies nothing.
        return Promise.resolve(false);
      }
    },
    hashSecret: (secret) => Promise.resolve(sha256(secret)),
  };
}
