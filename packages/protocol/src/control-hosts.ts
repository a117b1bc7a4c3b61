import * as z from 'zod/mini';
import { hostId, managerId, meshId, positiveInteger, shortText, url, wholeNumber } from './primitives.ts';

// Hosts: processes that run managers of many meshes for the control plane (`mesh host start`).

/** POST /api/v1/hosts → hostDescription. `url`: where its port is reached; each of its managers is at `<url>/managers/<manager>`. `apps`: what its own configuration lets it load. The same key again is the same host. */
export const registerHost = z.object({ host: hostId, url, publicKey: shortText, apps: z.array(shortText).check(z.minLength(1), z.maxLength(64)), managersMax: positiveInteger });
export type RegisterHost = z.infer<typeof registerHost>;
/**
 * `managers`: how many it said that it holds. `gone`: it has not been heard for so long that its managers are placed elsewhere. `draining`: nothing is placed on it any
 * more, and what it holds moves to other hosts; `drained`: it holds nothing, and may be stopped.
 */
export const hostDescription = z.object({
  host: hostId, url, apps: z.array(shortText), managersMax: positiveInteger, managers: wholeNumber, state: z.enum(['alive', 'draining', 'drained', 'gone']), registeredAt: shortText, lastSeenAt: shortText,
});
export type HostDescription = z.infer<typeof hostDescription>;
/** GET /api/v1/hosts?limit=&cursor= */
export const hostList = z.object({ hosts: z.array(hostDescription), next: z.nullable(shortText) });
export type HostList = z.infer<typeof hostList>;

/** What a host signs with its own key (JWT, EdDSA, alive for a minute) to prove who it is. */
export const hostProof = z.object({ use: z.literal('hostProof'), host: hostId, exp: positiveInteger });
export type HostProof = z.infer<typeof hostProof>;

/** One thing for a host to do, once: to run a manager, or to stop it and to delete what it holds. Numbers count from 1 for each host, without gaps. `publicKey`: the mesh's, for another mesh may come under the same name. */
export const hostOrder = z.object({
  number: positiveInteger, order: z.enum(['place', 'remove']), mesh: meshId, incarnation: positiveInteger, publicKey: shortText, manager: managerId, managerIncarnation: positiveInteger,
});
export type HostOrder = z.infer<typeof hostOrder>;
/** POST /api/v1/hosts/{host}/beats → hostBeat: the host lives, has done all orders up to `acknowledged`, and holds so many managers. What is there to do comes back. */
export const beatHost = z.object({ acknowledged: wholeNumber, managers: wholeNumber });
export type BeatHost = z.infer<typeof beatHost>;
export const hostBeat = z.object({ orders: z.array(hostOrder), beatAgainAfterMs: positiveInteger });
export type HostBeat = z.infer<typeof hostBeat>;
/** POST /api/v1/hosts/{host}/meshes/{mesh}/managers/{manager}/enrol, as `enrolManager`, by a host for a manager that is placed on it; then …/admit: the mesh that runs takes it in. */
export const admitManager = z.object({ managerIncarnation: positiveInteger });
/** POST /api/v1/hosts/{host}/meshes/{mesh}/managers/{manager}/lost → meshDescription: what this manager knew is lost on its host; it is placed anew, under its next incarnation. */
export const lostManager = admitManager;
