import { control, protocolErrorCodes, protocolErrorFrom } from '@raft-mesh/protocol';
import type { ProtocolError, ProtocolErrorCode } from '@raft-mesh/protocol';

/** The HTTP status that fits a protocol error. */
export function statusOf(code: ProtocolErrorCode): number {
  switch (code) {
    case 'malformedFrame': case 'unknownMessage': case 'invalidMessage': case 'versionUnsupported': return 400;
    case 'notAuthenticated': case 'tokenInvalid': case 'tokenExpired': case 'resumeRefused': return 401;
    case 'tokenForeign': case 'credentialRevoked': case 'notAllowed': case 'messageNotAllowed': case 'originRefused': return 403;
    case 'wrongMesh': return 404;
    case 'wrongIncarnation': case 'alreadyAuthenticated': case 'tokenSpent': case 'replaced': case 'movedAway': return 409;
    case 'sessionExpired': return 410;
    case 'frameTooLarge': return 413;
    case 'tooManyWatches': case 'slowConsumer': return 429;
    case 'overloaded': case 'noLeader': case 'stopping': return 503;
    case 'internal': return 500;
    default: return code satisfies never;
  }
}

/** RFC 9457, with our stable `code` and what to do `next`. */
export function problemResponse(error: ProtocolError, status: number = statusOf(error.code)): Response {
  const body = { type: 'about:blank', title: titleOf(error.code), status, code: error.code, detail: error.message, next: error.next, incarnation: error.incarnation };
  const headers: Record<string, string> = { 'content-type': 'application/problem+json', 'cache-control': 'no-store' };
  if (status === 401) headers['www-authenticate'] = 'Bearer';
  return new Response(JSON.stringify(body), { status, headers });
}

/** What a response that is no success says, as far as it can be read. */
export function errorFrom(status: number, body: unknown): ProtocolError {
  const problem = control.problem.safeParse(body);
  const code = problem.success ? protocolErrorCodes.find((known) => known === problem.data.code) : undefined;
  if (!problem.success || code === undefined) return { code: 'internal', message: `The manager answered with status ${status} and no error that can be read.`, next: 'Check that the address is a manager\'s and that nothing stands between.' };
  const { detail, next, incarnation } = problem.data;
  return protocolErrorFrom({ code, message: detail, next, incarnation });
}

/** `tokenSpent` → `Token spent`. */
function titleOf(code: string): string {
  const words = code.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
