import * as z from 'zod/mini';
import { agentId, agentKind, json, logTimeMs, managerId, positiveInteger, sessionId, shortText, url, wholeNumber } from '../primitives.ts';
import { protocolErrorFields } from '../errors.ts';

// ---- worker → manager ------------------------------------------------------------------------------------------

/** First message on a link. A join token is spent once; the resume secret (32 random bytes, base64url) is the worker's own and proves it ever after. */
export const hello = z.object({
  type: z.literal('hello'),
  protocolVersion: wholeNumber,
  agentKind,
  credential: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('join'), token: z.string().check(z.maxLength(4096)), name: shortText, resumeSecret: shortText }),
    z.object({ kind: z.literal('resume'), agent: agentId, resumeSecret: shortText }),
  ]),
  /** Chosen by the worker, durable before it is sent. `opened`: a manager has welcomed it before, so it must exist or has expired. */
  session: z.object({ id: sessionId, opened: z.boolean() }),
  /** Which hello it is of this life of the worker (`life` is drawn at random): of two links, the one that arrives later need not be the newer. */
  link: z.optional(z.object({ life: shortText, number: positiveInteger })),
});

/** `roundTripMs`: how long the last answered beat on this link took; managers only measure with it. */
export const heartbeat = z.object({ type: z.literal('heartbeat'), beat: wholeNumber, roundTripMs: z.optional(wholeNumber) });

export const command = z.object({
  type: z.literal('command'),
  sequence: positiveInteger,
  acknowledgedThrough: wholeNumber,
  module: shortText,
  command: shortText,
  arguments: json,
});

/** `stale: false` is linearizable (ReadIndex); `true` answers from whatever this manager has. */
export const query = z.object({ type: z.literal('query'), request: positiveInteger, module: shortText, query: shortText, arguments: json, stale: z.boolean() });

/** Asks for a module's view, now and on every change. `knownVersion`: the version this worker holds, 0 for none. */
export const watch = z.object({ type: z.literal('watch'), watch: positiveInteger, module: shortText, parameters: json, knownVersion: wholeNumber });
export const unwatch = z.object({ type: z.literal('unwatch'), watch: positiveInteger });
/** The worker is about to close the link on purpose. */
export const goodbye = z.object({ type: z.literal('goodbye') });

// ---- manager → worker ------------------------------------------------------------------------------------------

export const managerAddress = z.object({ id: managerId, url });

export const welcome = z.object({
  type: z.literal('welcome'),
  agent: agentId,
  name: shortText,
  session: sessionId,
  manager: managerId,
  bootId: shortText,
  managers: z.array(managerAddress).check(z.maxLength(15)),
  leader: z.nullable(managerId),
  logTimeMs,
  heartbeatIntervalMs: positiveInteger,
});

export const heartbeatAck = z.object({ type: z.literal('heartbeatAck'), beat: wholeNumber, leader: z.nullable(managerId), term: wholeNumber, logTimeMs });

export const refusal = z.object({ code: shortText, message: z.string().check(z.maxLength(1024)) });

/** Final: the same on every replica, and the answer to every retry. */
export const commandOutcome = z.object({
  type: z.literal('commandOutcome'),
  sequence: positiveInteger,
  outcome: z.discriminatedUnion('status', [
    z.object({ status: z.literal('committed'), index: positiveInteger, answer: json }),
    z.object({ status: z.literal('refused'), index: positiveInteger, refusal }),
  ]),
});

/** Not final: nothing is known to have happened. Send the same sequence number again, here or elsewhere, after `retryAfterMs`. `nextSequence` is set for `sequenceGap`: resend from there. */
export const commandRetry = z.object({ type: z.literal('commandRetry'), sequence: positiveInteger, refusal, retryAfterMs: wholeNumber, nextSequence: z.nullable(positiveInteger) });

export const queryAnswer = z.object({
  type: z.literal('queryAnswer'),
  request: positiveInteger,
  result: z.discriminatedUnion('status', [
    z.object({ status: z.literal('answered'), index: wholeNumber, answer: json }),
    z.object({ status: z.literal('refused'), refusal }),
  ]),
});

/** The whole view at `version` (an applied index). */
export const viewWhole = z.object({ type: z.literal('viewWhole'), watch: positiveInteger, version: wholeNumber, value: json });
/** The difference from the last view sent on this link: JSON Patch (RFC 6902) operations from `baseVersion` to `version`. */
export const viewPatch = z.object({ type: z.literal('viewPatch'), watch: positiveInteger, baseVersion: wholeNumber, version: wholeNumber, operations: json });
/** The view held at `knownVersion` is still right, now at `version`. */
export const viewCurrent = z.object({ type: z.literal('viewCurrent'), watch: positiveInteger, version: wholeNumber });
export const watchRefused = z.object({ type: z.literal('watchRefused'), watch: positiveInteger, refusal });

export const event = z.object({ type: z.literal('event'), module: shortText, index: positiveInteger, event: json });

/** Pushed when the leader known here changes; `leader: null` means that views from here are stale for now. */
export const leaderChanged = z.object({ type: z.literal('leaderChanged'), leader: z.nullable(managerId), term: wholeNumber });
export const managersChanged = z.object({ type: z.literal('managersChanged'), managers: z.array(managerAddress).check(z.maxLength(15)) });

/** Something was wrong with what came in. `fatal`: the link closes after this. */
export const error = z.object({ type: z.literal('error'), ...protocolErrorFields, fatal: z.boolean() });

export const workerToManager = [hello, heartbeat, command, query, watch, unwatch, goodbye] as const;
export const managerToWorker = [welcome, heartbeatAck, commandOutcome, commandRetry, queryAnswer, viewWhole, viewPatch, viewCurrent, watchRefused, event, leaderChanged, managersChanged, error] as const;

export type WorkerToManager = z.infer<(typeof workerToManager)[number]>;
export type ManagerToWorker = z.infer<(typeof managerToWorker)[number]>;
export type Hello = z.infer<typeof hello>;
export type Welcome = z.infer<typeof welcome>;
export type ManagerAddress = z.infer<typeof managerAddress>;
export type ProtocolErrorMessage = z.infer<typeof error>;
