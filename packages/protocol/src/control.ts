import * as z from 'zod/mini';
import { agentId, managerId, meshId, positiveInteger, shortText, url, wholeNumber } from './primitives.ts';

// Bodies of the control plane's REST API (under /api/v1). Errors are problem+json: { type, title, status, code, detail, next }.

/** A manager as the control plane knows it. `publicKey` is null until the manager has enrolled (`mesh manager init`). */
export const managerDescription = z.object({ id: managerId, managerIncarnation: positiveInteger, url, publicKey: z.nullable(shortText) });
export type ManagerDescription = z.infer<typeof managerDescription>;

/** A mesh: who its managers are, which app it runs, and the public key (Ed25519, JWK `x`) that its tokens are verified with. */
export const meshDescription = z.object({
  mesh: meshId, incarnation: positiveInteger, app: shortText, publicKey: shortText, createdAt: shortText, managers: z.array(managerDescription),
});
export type MeshDescription = z.infer<typeof meshDescription>;

/** POST /api/v1/meshes */
export const createMesh = z.object({ mesh: z.optional(meshId), app: shortText, managers: z.array(z.object({ id: managerId, url })).check(z.minLength(1), z.maxLength(7)) });
/** POST /api/v1/meshes/{mesh}/managers/{manager}/enrol → { credential, mesh: meshDescription } */
export const enrolManager = z.object({ publicKey: shortText });
export const enrolledManager = z.object({ credential: shortText.check(z.maxLength(4096)), mesh: meshDescription });
/** POST /api/v1/meshes/{mesh}/join-tokens → { token, agent, mesh: meshDescription } */
export const createJoinToken = z.object({
  agent: z.optional(agentId), name: z.optional(shortText), accessRole: z.enum(['admin', 'worker', 'spectator']),
  permissions: z.array(shortText), expiresInSeconds: z.optional(positiveInteger),
});
export const joinToken = z.object({ token: z.string(), agent: agentId, mesh: meshDescription });
/** POST /api/v1/meshes/{mesh}/operate-tokens → { token } */
export const createOperateToken = z.object({ accessRole: z.enum(['admin', 'worker', 'spectator']), expiresInSeconds: z.optional(positiveInteger) });
/** POST /api/v1/meshes/{mesh}/restore: a new incarnation of the mesh from its last snapshot → meshDescription */
export const restoreMesh = z.object({ managers: z.optional(z.array(z.object({ id: managerId, url }))) });
/** What is known of a kept snapshot: GET /api/v1/meshes/{mesh}/snapshots/latest/meta; the bytes are at …/snapshots/latest. */
export const snapshotDescription = z.object({ incarnation: positiveInteger, term: wholeNumber, index: wholeNumber, logTimeMs: wholeNumber, sizeBytes: wholeNumber, sha256: shortText, takenAt: shortText });
export type SnapshotDescription = z.infer<typeof snapshotDescription>;
/** POST /api/v1/invitations/{code}/redeem: a one-time code from a link's fragment buys a join token. */
export const redeemInvitation = z.object({ name: shortText });
