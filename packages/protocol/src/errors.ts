import * as z from 'zod/mini';
import { positiveInteger, wholeNumber } from './primitives.ts';

/** Why something that came in was not accepted. Stable: programs decide by these. */
export const protocolErrorCodes = [
  'malformedFrame', 'frameTooLarge', 'unknownMessage', 'invalidMessage', 'versionUnsupported',
  'notAuthenticated', 'alreadyAuthenticated', 'tokenInvalid', 'tokenExpired', 'tokenSpent', 'tokenForeign', 'credentialRevoked', 'resumeRefused', 'movedAway',
  'wrongMesh', 'wrongIncarnation', 'notAllowed', 'messageNotAllowed',
  'sessionExpired', 'overloaded', 'noLeader', 'tooManyWatches', 'slowConsumer', 'originRefused', 'stopping', 'replaced', 'internal',
] as const;
export type ProtocolErrorCode = (typeof protocolErrorCodes)[number];

export const protocolErrorFields = {
  code: z.enum(protocolErrorCodes),
  /** What happened. */
  message: z.string().check(z.maxLength(1024)),
  /** What to do next. */
  next: z.string().check(z.maxLength(1024)),
  /** With `wrongIncarnation` of a mesh: the one that it lives in here. Without, the incarnation of a token is wrong. */
  incarnation: z.optional(positiveInteger),
  /** With `credentialRevoked` to a manager: the committed configuration as of this log index does not have it. */
  configurationIndex: z.optional(wholeNumber),
};

export interface ProtocolError {
  readonly code: ProtocolErrorCode;
  readonly message: string;
  readonly next: string;
  /** Only with `wrongIncarnation` of a mesh: the one that it lives in there. A worker follows a higher one, and never a lower. */
  readonly incarnation?: number | undefined;
  /** Only with `credentialRevoked` to a manager: the committed configuration as of this log index does not have it. */
  readonly configurationIndex?: number | undefined;
}

/** The error that an `error` message carries. */
export function protocolErrorFrom({ code, message, next, incarnation, configurationIndex }: ProtocolError): ProtocolError {
  return { code, message, next, ...(incarnation === undefined ? {} : { incarnation }), ...(configurationIndex === undefined ? {} : { configurationIndex }) };
}
