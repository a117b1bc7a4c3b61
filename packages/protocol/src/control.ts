import * as z from 'zod/mini';
import { agentId, hostId, managerId, meshId, positiveInteger, shortText, url, wholeNumber } from './primitives.ts';
import { agentSummary, meshStatus } from './status.ts';

export * from './control-hosts.ts';
export * from './control-keys.ts';

// Bodies of the control plane's REST API (under /api/v1). Errors are problem+json: { type, title, status, code, detail, next }.

/** A manager as the control plane knows it. `publicKey` is null until the manager has enrolled (`mesh manager init`). `joined`: came to a mesh that ran already, so it starts as a learner. `host`: which host runs it, where the control plane has placed it. */
export const managerDescription = z.object({ id: managerId, managerIncarnation: positiveInteger, url, publicKey: z.nullable(shortText), joined: z.optional(z.literal(true)), host: z.optional(hostId),
  /** Whose place it is to take, once it has a vote: that one is then put out. */
  succeeds: z.optional(z.object({ id: managerId, managerIncarnation: positiveInteger })),
});
export type ManagerDescription = z.infer<typeof managerDescription>;

/** A mesh: who its managers are, which app it runs, and the public key (Ed25519, JWK `x`) that its tokens are verified with. */
export const meshDescription = z.object({
  mesh: meshId, incarnation: positiveInteger, app: shortText, publicKey: shortText, createdAt: shortText, managers: z.array(managerDescription),
});
export type MeshDescription = z.infer<typeof meshDescription>;

/** Whom signing in lets into a mesh, and as what. `anonymous`: also players without an account. */
export const meshSignIn = z.object({ accessRole: z.enum(['worker', 'spectator']), anonymous: z.boolean() });
/**
 * POST /api/v1/meshes → createdMesh. `signIn`: left out, only tokens and invitations let agents in. Either `managers` says where they will be, and whoever runs them enrols them; or `placed`
 * says how many, and the control plane has its hosts run them.
 */
export const createMesh = z.object({
  mesh: z.optional(meshId), app: shortText, signIn: z.optional(meshSignIn),
  managers: z.optional(z.array(z.object({ id: managerId, url })).check(z.minLength(1), z.maxLength(7))), placed: z.optional(positiveInteger),
});
export type CreateMesh = z.infer<typeof createMesh>;
/** Answers the making and the restoring of a mesh. Each setup token enrols its manager once; it is shown here and never again. */
export const createdMesh = z.object({ mesh: meshDescription, setupTokens: z.array(z.object({ manager: managerId, setupToken: shortText })) });
export type CreatedMesh = z.infer<typeof createdMesh>;
/** A list too long for one answer goes on at `next`: the same address with `?cursor=`. `null`: that was all. */
const next = z.nullable(shortText);
/** GET /api/v1/meshes?limit=&cursor=, in the order of their names. `unreadable`: records that are damaged, or written by a newer control plane; the others are served all the same. */
export const meshList = z.object({ meshes: z.array(meshDescription), next, unreadable: z.array(z.object({ mesh: shortText, code: shortText, detail: z.string() })) });
export type MeshList = z.infer<typeof meshList>;
/** GET /api/v1/meshes/{mesh}/agents?limit=&cursor=, in the order of their ids: what the mesh itself says. */
export const agent = agentSummary;
export const agentList = z.object({ agents: z.array(agentSummary), next });
export type AgentList = z.infer<typeof agentList>;
/**
 * POST /api/v1/meshes/{mesh}/managers → registeredManager: a manager that is to join. `id`: default the next free one; one that enrolled before gets a new incarnation
 * (its disk is gone), one that has not yet is answered as before. Its setup token enrols it once. The mesh itself takes it in by `changeMembership`.
 */
export const registerManager = z.object({ id: z.optional(managerId), url });
export const registeredManager = z.object({ manager: managerDescription, setupToken: shortText, mesh: meshDescription });
export type RegisteredManager = z.infer<typeof registeredManager>;
/** DELETE /api/v1/meshes/{mesh}/managers/{manager}?incarnation=N → meshDescription: forgets a manager that has left the mesh, unless a later incarnation of it is there. */
/** POST /api/v1/meshes/{mesh}/managers/{manager}/enrol → { credential, mesh: meshDescription } */
export const enrolManager = z.object({ publicKey: shortText });
export const enrolledManager = z.object({ credential: z.string().check(z.minLength(1), z.maxLength(4096)), mesh: meshDescription });
/** POST /api/v1/meshes/{mesh}/join-tokens → { token, agent, mesh: meshDescription } */
export const createJoinToken = z.object({
  agent: z.optional(agentId), name: z.optional(shortText), accessRole: z.enum(['admin', 'worker', 'spectator']),
  permissions: z.array(shortText).check(z.maxLength(64)), expiresInSeconds: z.optional(positiveInteger),
});
/** GET /api/v1/sign-in: how players sign in here; `null`, they come by invitation. `apiKey`: the project's web API key, which is public. `emulatorUrl`: of an Auth emulator, where one stands in. */
export const signInDescription = z.object({ firebase: z.nullable(z.object({ projectId: shortText, apiKey: shortText, emulatorUrl: z.nullable(url) })) });
export type SignInDescription = z.infer<typeof signInDescription>;
export const joinToken = z.object({ token: z.string(), agent: agentId, mesh: meshDescription });
/** POST /api/v1/meshes/{mesh}/operate-tokens → { token } */
export const createOperateToken = z.object({ accessRole: z.enum(['admin', 'worker', 'spectator']), expiresInSeconds: z.optional(positiveInteger) });
export const operateToken = z.object({ token: z.string() });
/** POST /api/v1/meshes/{mesh}/restore: a new incarnation of the mesh from its last snapshot → createdMesh */
export const restoreMesh = z.object({ managers: z.optional(z.array(z.object({ id: managerId, url })).check(z.maxLength(7))) });
/** What is known of a kept snapshot: GET /api/v1/meshes/{mesh}/snapshots/latest/meta; the bytes are at …/snapshots/latest. */
export const snapshotDescription = z.object({ incarnation: positiveInteger, term: wholeNumber, index: wholeNumber, logTimeMs: wholeNumber, sizeBytes: wholeNumber, sha256: shortText, takenAt: shortText });
export type SnapshotDescription = z.infer<typeof snapshotDescription>;
/**
 * What a manager signs with its own key (JWT, EdDSA, alive for a minute) to prove who it is for one request. `putSnapshot` binds the
 * body by its hash: PUT /api/v1/meshes/{mesh}/snapshots, body application/octet-stream → snapshotDescription. `credential` goes along
 * where the receiver does not know the manager's public key.
 */
export const managerProof = z.object({
  use: z.literal('managerProof'), mesh: meshId, incarnation: positiveInteger, manager: managerId, managerIncarnation: positiveInteger,
  purpose: z.enum(['status', 'readSnapshot', 'putSnapshot']), exp: positiveInteger, credential: z.optional(z.string().check(z.maxLength(4096))),
  snapshot: z.optional(z.object({ term: wholeNumber, index: wholeNumber, logTimeMs: wholeNumber, sha256: shortText })),
});
export type ManagerProof = z.infer<typeof managerProof>;
/**
 * POST /api/v1/meshes/{mesh}/membership on a manager, with an operate token of an admin → changedMembership, once it is committed. Asking again for what is so already is fine.
 * `join`: comes in as a learner that becomes a voter by itself; earlier incarnations of it leave. `remove`: leaves, whatever it was; a leader hands over first, so that its answer is `notLeader`.
 */
export const changeMembership = z.discriminatedUnion('change', [
  z.object({ change: z.literal('join'), id: managerId, managerIncarnation: positiveInteger, url }),
  z.object({ change: z.literal('remove'), id: managerId, managerIncarnation: z.optional(positiveInteger) }),
]);
export type ChangeMembership = z.infer<typeof changeMembership>;
const configuredManager = z.object({ id: managerId, managerIncarnation: positiveInteger, url });
export const changedMembership = z.object({ index: wholeNumber, voters: z.array(configuredManager), learners: z.array(configuredManager) });
export type ChangedMembership = z.infer<typeof changedMembership>;
/** POST /api/v1/meshes/{mesh}/leadership on a manager, as above → transferredLeadership. `to`: default whoever is best placed. */
export const transferLeadership = z.object({ to: z.optional(managerId) });
export const transferredLeadership = z.object({ from: managerId, to: managerId, tookMs: wholeNumber });
export type TransferredLeadership = z.infer<typeof transferredLeadership>;
/** POST /api/v1/meshes/{mesh}/invitations → invitation */
export const createInvitation = z.object({
  accessRole: z.enum(['worker', 'spectator']), permissions: z.array(shortText).check(z.maxLength(64)),
  expiresInSeconds: z.optional(positiveInteger), usesMax: z.optional(positiveInteger),
});
/** `url` carries the code in its fragment, which browsers do not send. It admits agents until it expires or is used up. */
export const invitation = z.object({ code: shortText, url, expiresAt: shortText, usesMax: positiveInteger });
export type Invitation = z.infer<typeof invitation>;
/** POST /api/v1/invitations/redeem: the code from a link's fragment (in the body: addresses get logged) buys a join token → joinToken */
export const redeemInvitation = z.object({ code: shortText, name: shortText });
const managerOfStatus = meshStatus.shape.managers.def.element;
/** WebSocket /api/v1/meshes/{mesh}/events: one JSON value a message. First `status`, then what changes. */
export const meshEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('status'), status: meshStatus }),
  z.object({ event: z.literal('leaderChanged'), leader: z.nullable(managerId), term: wholeNumber }),
  z.object({ event: z.literal('managerChanged'), manager: managerOfStatus }),
  z.object({ event: z.literal('managerLeft'), manager: managerId }),
  z.object({ event: z.literal('agentJoined'), agent: agentSummary }),
  z.object({ event: z.literal('agentChanged'), agent: agentSummary }),
  z.object({ event: z.literal('agentLeft'), agent: agentId }),
  z.object({ event: z.literal('meshDeleted') }),
]);
export type MeshEvent = z.infer<typeof meshEvent>;
/** POST /api/v1/meshes/{mesh}/join with a player's ID token as the bearer token → joinToken */
export const joinMesh = z.object({ name: shortText });
/** Every error: application/problem+json (RFC 9457) with a stable `code` and what to do `next`. `incarnation`: as in `ProtocolError`. `leader`: with `notLeader`, where to ask instead, as far as known. */
export const problem = z.object({
  type: z.string(), title: z.string(), status: positiveInteger, code: shortText, detail: z.string(), next: z.string(),
  incarnation: z.optional(positiveInteger), leader: z.optional(z.object({ id: managerId, url })),
});
export type ControlProblem = z.infer<typeof problem>;
