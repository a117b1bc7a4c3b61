import type { LogRecord } from '@raft-mesh/state-machine';
import * as z from 'zod/mini';
import { agentId, bytes, json, positiveInteger, sessionId, shortText, wholeNumber } from './primitives.ts';

/** What a Raft command entry holds (state-machine's `LogRecord`), as bytes on disk and on the wire. */
export const logRecord = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('command'), agent: agentId, session: sessionId, sequence: positiveInteger, acknowledgedThrough: wholeNumber,
    module: shortText, command: shortText, arguments: json, random: z.nullable(bytes),
  }),
  z.object({ kind: z.literal('runtime'), module: shortText, command: shortText, arguments: json }),
  z.object({ kind: z.literal('time'), random: bytes }),
]);

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
true satisfies Same<z.infer<typeof logRecord>, LogRecord>;
