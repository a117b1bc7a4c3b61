import type { Message } from '@raft-mesh/raft';
import * as z from 'zod/mini';
import { bytes, logTimeMs, nodeId, positiveInteger, url, wholeNumber } from '../primitives.ts';

// The shapes of packages/raft's messages. `satisfies` below fails to compile when the two drift apart.

const member = z.object({ id: nodeId, address: url });
const members = z.array(member).check(z.maxLength(15));
const learners = z.array(z.object({ id: nodeId, address: url, promotable: z.boolean() })).check(z.maxLength(15));
export const configuration = z.object({ voters: members, votersOutgoing: members, learners });
const header = { term: wholeNumber, index: positiveInteger, logTimeMs };
export const entry = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('noop'), ...header }),
  z.object({ kind: z.literal('command'), ...header, data: bytes }),
  z.object({ kind: z.literal('configuration'), ...header, configuration }),
]);
export const snapshotMeta = z.object({ lastIndex: wholeNumber, lastTerm: wholeNumber, logTimeMs, configuration, sizeBytes: wholeNumber });

export const preVoteRequest = z.object({ type: z.literal('preVoteRequest'), term: wholeNumber, round: wholeNumber, lastIndex: wholeNumber, lastTerm: wholeNumber });
export const preVoteResponse = z.object({ type: z.literal('preVoteResponse'), term: wholeNumber, round: wholeNumber, granted: z.boolean() });
export const voteRequest = z.object({ type: z.literal('voteRequest'), term: wholeNumber, lastIndex: wholeNumber, lastTerm: wholeNumber, transfer: z.boolean() });
export const voteResponse = z.object({ type: z.literal('voteResponse'), term: wholeNumber, granted: z.boolean() });
export const appendRequest = z.object({
  type: z.literal('appendRequest'), term: wholeNumber, previousIndex: wholeNumber, previousTerm: wholeNumber,
  entries: z.array(entry).check(z.maxLength(65_536)), commitIndex: wholeNumber, logTimeMs, readContext: wholeNumber,
});
export const appendAccepted = z.object({ type: z.literal('appendAccepted'), term: wholeNumber, matchIndex: wholeNumber, readContext: wholeNumber });
export const appendRejected = z.object({ type: z.literal('appendRejected'), term: wholeNumber, previousIndex: wholeNumber, hintIndex: wholeNumber, hintTerm: wholeNumber, readContext: wholeNumber });
export const snapshotChunk = z.object({ type: z.literal('snapshotChunk'), term: wholeNumber, snapshot: snapshotMeta, offsetBytes: wholeNumber, data: bytes, done: z.boolean() });
export const snapshotChunkResponse = z.object({ type: z.literal('snapshotChunkResponse'), term: wholeNumber, lastIndex: wholeNumber, nextOffsetBytes: wholeNumber, installed: z.boolean() });
export const readIndexRequest = z.object({ type: z.literal('readIndexRequest'), term: wholeNumber, readId: wholeNumber });
export const readIndexResponse = z.object({ type: z.literal('readIndexResponse'), term: wholeNumber, readId: wholeNumber, index: z.nullable(wholeNumber) });
export const timeoutNow = z.object({ type: z.literal('timeoutNow'), term: wholeNumber, lastIndex: wholeNumber, lastTerm: wholeNumber });
export const timeoutNowRefused = z.object({ type: z.literal('timeoutNowRefused'), term: wholeNumber, reason: z.enum(['notVoter', 'behind', 'notFlushed', 'installing']) });
export const quiesce = z.object({ type: z.literal('quiesce'), term: wholeNumber, lastIndex: wholeNumber, lastTerm: wholeNumber, logTimeMs });
export const quiesceAccepted = z.object({ type: z.literal('quiesceAccepted'), term: wholeNumber, lastIndex: wholeNumber });
export const wakeUp = z.object({ type: z.literal('wakeUp'), term: wholeNumber });

export const raftMessages = [
  preVoteRequest, preVoteResponse, voteRequest, voteResponse, appendRequest, appendAccepted, appendRejected,
  snapshotChunk, snapshotChunkResponse, readIndexRequest, readIndexResponse,
  timeoutNow, timeoutNowRefused, quiesce, quiesceAccepted, wakeUp,
] as const;

type RaftWireMessage = z.infer<(typeof raftMessages)[number]>;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
true satisfies Same<RaftWireMessage['type'], Message['type']>;
