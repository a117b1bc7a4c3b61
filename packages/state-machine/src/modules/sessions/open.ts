import * as z from 'zod/mini';
import { applied, defineCommand, refused } from '../../define.ts';
import type { AgentId, SessionId } from '../../agent.ts';
import { expiryKey } from '../expiry-key.ts';
import { agentId, sessionId } from '../identifiers.ts';
import { RecordedAnswers } from './recorded-answers.ts';
import type { Session, SessionsState } from './state.ts';
import { sessionKey, sessionsMax, sessionsPerAgentMax } from './state.ts';

export const openSchema = z.object({ agent: agentId, session: sessionId });
export type OpenSessionArguments = z.infer<typeof openSchema>;

/**
 * Opens a session; one that is open stays as it is, but counts as used now. An agent keeps its eight last used sessions: an
 * older one ends as if it had expired. Answers the next sequence number.
 */
export const openCommand = (lifetimeMs: number) => defineCommand<SessionsState, OpenSessionArguments>({
  schema: openSchema,
  permission: 'runtime',
  apply(state, { agent, session }, ctx) {
    const key = sessionKey(agent, session);
    const known = state.sessions.get(key);
    if (known !== undefined) return applied({ ...state, sessions: state.sessions.with(key, { ...known, lastUsedMs: ctx.logTimeMs }) }, { nextSequence: known.nextSequence });
    const roomy = withoutOldest(state, agent);
    if (roomy.sessions.size >= sessionsMax) return refused('tooManySessions', `The mesh keeps ${sessionsMax} sessions. Wait until some have expired.`);
    const checkAtMs = Math.floor(ctx.logTimeMs) + lifetimeMs;
    const opened: Session = { agent, session, lastUsedMs: ctx.logTimeMs, checkAtMs, acknowledgedThrough: 0, nextSequence: 1, answers: RecordedAnswers.of([]) };
    return applied({ sessions: roomy.sessions.with(key, opened), expiries: roomy.expiries.with(expiryKey(checkAtMs, key), key) }, { nextSequence: 1 });
  },
});

function withoutOldest(state: SessionsState, agent: AgentId): SessionsState {
  const own: Session[] = [];
  for (const [, session] of state.sessions.entries(`${agent}/`)) {
    if (session.agent !== agent) break;
    own.push(session);
  }
  if (own.length < sessionsPerAgentMax) return state;
  const oldest = own.reduce((oldestSoFar, session) => (session.lastUsedMs < oldestSoFar.lastUsedMs ? session : oldestSoFar));
  return withoutSession(state, oldest);
}

/** Only this one of an agent's sessions goes on. */
export function withoutOthers(state: SessionsState, agent: AgentId, kept: SessionId): SessionsState {
  let next = state;
  for (const [, session] of state.sessions.entries(`${agent}/`)) {
    if (session.agent !== agent) break;
    if (session.session !== kept) next = withoutSession(next, session);
  }
  return next;
}

export function withoutSession(state: SessionsState, session: Session): SessionsState {
  const key = sessionKey(session.agent, session.session);
  return { sessions: state.sessions.without(key), expiries: state.expiries.without(expiryKey(session.checkAtMs, key)) };
}
