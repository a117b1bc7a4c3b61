import { control } from '@raft-mesh/protocol';
import type { ManagerIdentity } from '@raft-mesh/protocol';
import type { Authority, Verified } from '@raft-mesh/mesh';
import type { SigningKey } from './signing-key.ts';
import { refused, signToken, verifyToken } from './token.ts';

const proofLifetimeSeconds = 60;

/** A short-lived token by which a manager proves itself for one purpose. It travels in the Authorization header. */
export function createManagerProof(
  identity: ManagerIdentity, key: SigningKey,
  request: Pick<control.ManagerProof, 'purpose' | 'credential' | 'snapshot'>,
): Promise<string> {
  const { mesh, incarnation, manager, managerIncarnation } = identity;
  return signToken(key, { use: 'managerProof', mesh, incarnation, manager, managerIncarnation, ...request, exp: Math.floor(Date.now() / 1000) + proofLifetimeSeconds });
}

/** Checks a proof with a public key that the receiver already knows to be that manager's. */
export function verifyManagerProof(proof: string, publicKey: string, nowMs?: number): Promise<Verified<control.ManagerProof>> {
  return verifyToken(publicKey, proof, control.managerProof, nowMs);
}

/** Checks a proof that brings its own credential: the mesh's key vouches for the manager's key, and that for the proof. */
export async function verifyProofByCredential(proof: string, authority: Authority): Promise<Verified<control.ManagerProof>> {
  const credential = unverifiedCredential(proof);
  if (credential === null) return refused('tokenInvalid', 'The proof carries no credential.');
  const vouched = await authority.verifyManagerCredential(credential);
  if (!vouched.ok) return vouched;
  const checked = await verifyManagerProof(proof, vouched.claims.publicKey);
  if (!checked.ok) return checked;
  const { mesh, incarnation, manager, managerIncarnation } = checked.claims;
  const same = mesh === vouched.claims.mesh && incarnation === vouched.claims.incarnation && manager === vouched.claims.manager && managerIncarnation === vouched.claims.managerIncarnation;
  return same ? checked : refused('tokenInvalid', 'The proof and the credential in it are not about the same manager.');
}

/** Who a proof claims to come from, before anything is verified: only good for looking up the key that it must verify with. */
export function claimedBy(proof: string): control.ManagerProof | null {
  const parsed = control.managerProof.safeParse(unverifiedClaims(proof));
  return parsed.success ? parsed.data : null;
}

function unverifiedCredential(proof: string): string | null {
  return claimedBy(proof)?.credential ?? null;
}

function unverifiedClaims(proof: string): unknown {
  try {
    return JSON.parse(Buffer.from(proof.split('.')[1] ?? '', 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}
