import * as z from 'zod/mini';
import { agentId, managerId, meshId, positiveInteger, shortText } from './primitives.ts';

// The claims of the three kinds of signed token (JWT, EdDSA) that the control plane hands out. Managers verify them
// offline with the mesh's public key. `exp`, `iat` are seconds since 1970, checked at the link with 60 s of tolerance.

const about = { mesh: meshId, incarnation: positiveInteger };

/** Admits one agent, once: `jti` is spent in the replicated state. */
export const joinClaims = z.object({
  use: z.literal('join'), ...about, jti: shortText, sub: agentId, name: z.nullable(shortText),
  accessRole: z.enum(['admin', 'worker', 'spectator']), permissions: z.array(shortText).check(z.maxLength(64)), exp: positiveInteger,
});
/** Lets its bearer ask a manager for status, digests and snapshots, as often as it likes until it expires. */
export const operateClaims = z.object({ use: z.literal('operate'), ...about, sub: shortText, accessRole: z.enum(['admin', 'worker', 'spectator']), exp: positiveInteger });
/** Binds a manager's identity to its public key (Ed25519, JWK `x`). Holds while the manager is in the configuration, so it has no `exp`. */
export const managerClaims = z.object({ use: z.literal('manager'), ...about, manager: managerId, managerIncarnation: positiveInteger, publicKey: shortText });

export const tokenClaims = z.discriminatedUnion('use', [joinClaims, operateClaims, managerClaims]);
export type JoinClaims = z.infer<typeof joinClaims>;
export type OperateClaims = z.infer<typeof operateClaims>;
export type ManagerClaims = z.infer<typeof managerClaims>;
export type TokenClaims = z.infer<typeof tokenClaims>;
