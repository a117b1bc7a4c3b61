import * as z from 'zod/mini';

/** Why something that came in was not accepted. Stable: programs decide by these. */
export const protocolErrorCodes = [
  'malformedFrame', 'frameTooLarge', 'unknownMessage', 'invalidMessage', 'versionUnsupported',
  'notAuthenticated', 'alreadyAuthenticated', 'tokenInvalid', 'tokenExpired', 'tokenSpent', 'tokenForeign', 'credentialRevoked', 'resumeRefused',
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
};

export interface ProtocolError {
  readonly code: ProtocolErrorCode;
  readonly message: string;
  readonly next: string;
}
