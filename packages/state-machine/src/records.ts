import type { RuntimeRecord } from './log-record.ts';
import type { AdmitArguments } from './modules/members/admit.ts';
import type { SetStatusArguments } from './modules/members/commands.ts';
import type { MoveArguments } from './modules/members/moves.ts';
import type { OpenSessionArguments } from './modules/sessions/open.ts';

/** Takes an agent in by its join token and opens its session. Committed: answer `{agent, name}`. Refused: `tokenSpent`, `revoked`, `tooManyMembers`, `tooManyTokens`, `tooManySessions`. */
export function admitRecord(args: AdmitArguments): RuntimeRecord {
  const { tokenLifetimeMs, ...rest } = args;
  return { kind: 'runtime', module: 'members', command: 'admit', arguments: tokenLifetimeMs === undefined ? rest : { ...rest, tokenLifetimeMs } };
}

/** Gives an agent to the device that knows the code of its private link, opens that one's session and closes all others. Committed: answer `{agent, name}`. Refused: `tokenInvalid`, `tokenExpired`, `tokenSpent`, `revoked`, `tooManySessions`. */
export function moveRecord(args: MoveArguments): RuntimeRecord {
  return { kind: 'runtime', module: 'members', command: 'move', arguments: { ...args } };
}

/** Opens a session, or marks one as used. Committed: answer `{nextSequence}`. Refused: `tooManySessions`. Never for a session that was open before and is gone: it has expired. */
export function openSessionRecord(args: OpenSessionArguments): RuntimeRecord {
  return { kind: 'runtime', module: 'sessions', command: 'open', arguments: { ...args } };
}

/** Writes down who is alive, at most 20,000 at once. Committed: answer `{changed}`. */
export function setStatusRecord(changes: SetStatusArguments['changes']): RuntimeRecord {
  return { kind: 'runtime', module: 'members', command: 'setStatus', arguments: { changes } };
}
