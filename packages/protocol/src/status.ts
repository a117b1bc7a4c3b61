import * as z from 'zod/mini';
import { agentId, agentKind, managerId, meshId, positiveInteger, shortText, url, wholeNumber } from './primitives.ts';

const role = z.enum(['follower', 'preCandidate', 'candidate', 'leader']);

/** One row of `agents` in the status of a mesh. */
export const agentSummary = z.object({ id: agentId, name: shortText, kind: agentKind, status: z.enum(['alive', 'suspect', 'dead']), lastSeenMs: z.nullable(wholeNumber) });

/** What one manager says of itself: `GET /api/v1/meshes/{mesh}/status` on that manager. */
export const managerStatus = z.object({
  mesh: meshId, incarnation: positiveInteger, id: managerId, managerIncarnation: positiveInteger, url, pid: wholeNumber, bootId: shortText,
  role, term: wholeNumber, leader: z.nullable(managerId), commitIndex: wholeNumber, appliedIndex: wholeNumber, lastIndex: wholeNumber, firstIndex: wholeNumber,
  logTimeMs: wholeNumber, runningDigest: shortText, stateDigest: shortText,
  /** Everyone in the configuration in force here. `leaving`: a voter of the old half of a joint configuration only. Messages are counted over this life of the link's owner. */
  managers: z.array(z.object({
    id: managerId, managerIncarnation: positiveInteger, url, membership: z.enum(['voter', 'learner', 'leaving']), lastContactMs: z.nullable(wholeNumber),
    messagesSent: wholeNumber, messagesReceived: wholeNumber,
  })),
  /** Where that configuration stands in the log. */
  configurationIndex: wholeNumber,
  /** The group rests: no heartbeats, no writes, until something happens. */
  quiescent: z.boolean(),
  agents: z.array(agentSummary), app: shortText,
});
export type ManagerStatus = z.infer<typeof managerStatus>;
export type AgentSummary = z.infer<typeof agentSummary>;

/** What `mesh status --json` prints: the managers asked one by one, put together. */
export const meshStatus = z.object({
  mesh: meshId, term: wholeNumber, leader: z.nullable(managerId), commitIndex: wholeNumber,
  managers: z.array(z.object({
    /** `learner`: receives everything and does not vote (yet). */
    id: managerId, url, pid: z.nullable(wholeNumber), role: z.enum(['follower', 'learner', 'preCandidate', 'candidate', 'leader', 'unreachable']),
    term: z.nullable(wholeNumber), commitIndex: z.nullable(wholeNumber), appliedIndex: z.nullable(wholeNumber), lastContactMs: z.nullable(wholeNumber),
  })),
  agents: z.array(agentSummary),
});
export type MeshStatus = z.infer<typeof meshStatus>;
