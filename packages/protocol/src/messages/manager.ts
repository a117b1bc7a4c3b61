import * as z from 'zod/mini';
import { agentId, bytes, managerId, positiveInteger, shortText, wholeNumber } from '../primitives.ts';
import { query, queryAnswer, refusal } from './worker.ts';

// Managers authenticate each other with their own keys: each side signs the other's nonce, so that nothing
// that crosses the wire lets a listener pass for the dialer elsewhere.

export const managerHello = z.object({
  type: z.literal('managerHello'),
  protocolVersion: wholeNumber,
  manager: managerId,
  managerIncarnation: positiveInteger,
  bootId: shortText,
  /** A token of the control plane that binds this manager's identity to its public key. */
  credential: z.string().check(z.maxLength(4096)),
  nonce: bytes,
});
/** The listener's answer: its own identity, and its signature over the dialer's nonce. */
export const managerChallenge = z.object({
  type: z.literal('managerChallenge'),
  manager: managerId,
  managerIncarnation: positiveInteger,
  bootId: shortText,
  credential: z.string().check(z.maxLength(4096)),
  nonce: bytes,
  signature: bytes,
});
/** The dialer's signature over the listener's nonce. After it, Raft messages may flow both ways. */
export const managerProof = z.object({ type: z.literal('managerProof'), signature: bytes });
/** The listener has accepted the proof. */
export const managerReady = z.object({ type: z.literal('managerReady') });

/** A record to propose on behalf of a worker linked here (bytes as in a log entry). Never forwarded a second time. */
export const forwardProposal = z.object({ type: z.literal('forwardProposal'), forward: positiveInteger, record: bytes });
/** Where the leader appended it; the forwarding manager answers its worker when it applies that entry. */
export const forwardResult = z.object({
  type: z.literal('forwardResult'),
  forward: positiveInteger,
  result: z.discriminatedUnion('status', [
    z.object({ status: z.literal('appended'), term: positiveInteger, index: positiveInteger }),
    z.object({ status: z.literal('refused'), refusal, nextSequence: z.nullable(positiveInteger) }),
  ]),
});

/** A linearizable query of a worker linked here, for the leader to answer: the asking manager is far behind. Never forwarded a second time. */
export const forwardQuery = z.object({ type: z.literal('forwardQuery'), forward: positiveInteger, agent: agentId, module: query.shape.module, query: query.shape.query, arguments: query.shape.arguments });
export const forwardAnswer = z.object({ type: z.literal('forwardAnswer'), forward: positiveInteger, result: queryAnswer.shape.result });

/** A follower tells the leader whom it hears. */
export const livenessReport = z.object({ type: z.literal('livenessReport'), agents: z.array(z.object({ agent: agentId, heardAgoMs: wholeNumber })).check(z.maxLength(20_000)) });

/** Sent once a second over a link with nothing else to say: it stands in for the heartbeats of groups at rest. */
export const linkPing = z.object({ type: z.literal('linkPing') });

export const managerToManager = [managerHello, managerChallenge, managerProof, managerReady, forwardProposal, forwardResult, livenessReport, linkPing, forwardQuery, forwardAnswer] as const;
export type ManagerToManager = z.infer<(typeof managerToManager)[number]>;
