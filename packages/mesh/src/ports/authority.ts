import type { JoinClaims, ManagerClaims, OperateClaims, ProtocolError } from '@raft-mesh/protocol';

export type Verified<Claims> = { readonly ok: true; readonly claims: Claims } | { readonly ok: false; readonly error: ProtocolError };

/** Verifies what others bring and signs for this manager. Knows the mesh's public key and this manager's private key; needs no network. */
export interface Authority {
  verifyJoinToken(token: string): Promise<Verified<JoinClaims>>;
  verifyOperateToken(token: string): Promise<Verified<OperateClaims>>;
  verifyManagerCredential(credential: string): Promise<Verified<ManagerClaims>>;
  /** This manager's own credential. */
  readonly credential: string;
  sign(message: Uint8Array): Promise<Uint8Array>;
  verifySignature(publicKey: string, message: Uint8Array, signature: Uint8Array): Promise<boolean>;
  /** SHA-256 of a resume secret, hex: what is replicated in its place. */
  hashSecret(secret: string): Promise<string>;
}
