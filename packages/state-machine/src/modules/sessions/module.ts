import { defineModule } from '../../define.ts';
import { expiryKey, expiryTimeMs } from '../expiry-key.ts';
import { decodeSessions, encodeSessions } from './encoding.ts';
import { openCommand, withoutSession } from './open.ts';
import type { SessionsState } from './state.ts';
import { noSessions } from './state.ts';

const sessionsCheckedAtOnce = 256;

/** Which commands of which agent have ended, and how: what makes a command that is sent twice apply once. A session unused for `lifetimeMs` of log time is forgotten. */
export const sessionsModule = (lifetimeMs: number) => defineModule({
  name: 'sessions',
  version: 1,
  initial: (): SessionsState => noSessions,
  commands: { open: openCommand(lifetimeMs) },
  deadlineMs(state) {
    const first = state.expiries.firstKey();
    return first === undefined ? null : expiryTimeMs(first);
  },
  expire: (state, ctx) => expireSessions(state, ctx.logTimeMs, lifetimeMs),
  encode: encodeSessions,
  decode: decodeSessions,
});

// A session used since it was last looked at is looked at again later: so a command need not touch the order of expiries.
function expireSessions(state: SessionsState, logTimeMs: number, lifetimeMs: number): SessionsState {
  let next = state;
  let checked = 0;
  for (const [expiry, key] of state.expiries.entries()) {
    if (expiryTimeMs(expiry) > logTimeMs || checked === sessionsCheckedAtOnce) break;
    checked += 1;
    const session = next.sessions.get(key);
    if (session === undefined) throw new TypeError(`an expiry names the session ${key}, which is not there`);
    const expiresAtMs = Math.floor(session.lastUsedMs) + lifetimeMs;
    if (expiresAtMs <= logTimeMs) next = withoutSession(next, session);
    else {
      next = {
        sessions: next.sessions.with(key, { ...session, checkAtMs: expiresAtMs }),
        expiries: next.expiries.without(expiry).with(expiryKey(expiresAtMs, key), key),
      };
    }
  }
  return next;
}
