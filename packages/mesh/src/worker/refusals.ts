import type { ProtocolErrorCode } from '@raft-mesh/protocol';
import type { Refusal } from '@raft-mesh/state-machine';

/**
 * One manager's word is enough: it comes from a signature, a clock with tolerance, or replicated state that never turns back. `replaced`
 * on a link that this worker still holds means that another one runs on the same identity: the newer goes on, for two would mix up
 * their sequence numbers.
 */
export function isFinal(code: ProtocolErrorCode): boolean {
  return code === 'replaced' || isAboutToken(code) || code === 'credentialRevoked' || code === 'versionUnsupported';
}

/** The token that is offered lets nobody in. */
export function isAboutToken(code: ProtocolErrorCode): boolean {
  return code === 'tokenInvalid' || code === 'tokenExpired' || code === 'tokenSpent' || code === 'tokenForeign';
}

/** A manager that lags behind, or belongs to an earlier life of the mesh, may say these wrongly: a majority must. */
export function isFinalByMajority(code: ProtocolErrorCode): boolean {
  return code === 'resumeRefused' || code === 'wrongMesh' || code === 'wrongIncarnation' || code === 'notAllowed';
}

const passing = new Set(['noLeader', 'notLeader', 'leadershipLost', 'overloaded', 'backlogFull', 'tooManyReads', 'stopping', 'stopped', 'notReady', 'retry']);

/** Refusals of the runtime that say "not now"; asked again, a query may be answered. */
export function isPassing(refusal: Refusal): boolean {
  return passing.has(refusal.code);
}
