import { control } from '@raft-mesh/protocol';
import type { HostId } from '@raft-mesh/protocol';
import type { Verified } from '@raft-mesh/mesh';
import type { SigningKey } from './signing-key.ts';
import { signToken, verifyToken } from './token.ts';

const proofLifetimeSeconds = 60;

/** A short-lived token by which a host proves itself to the control plane. It travels in the Authorization header. */
export function createHostProof(host: HostId, key: SigningKey): Promise<string> {
  return signToken(key, { use: 'hostProof', host, exp: Math.floor(Date.now() / 1000) + proofLifetimeSeconds });
}

/** Checks a proof with the public key that the host registered. */
export function verifyHostProof(proof: string, publicKey: string, nowMs?: number): Promise<Verified<control.HostProof>> {
  return verifyToken(publicKey, proof, control.hostProof, nowMs);
}
