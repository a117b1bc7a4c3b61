import type { AgentId, SessionId } from '../../agent.ts';
import { OrderedMap } from '../../ordered-map.ts';
import type { RecordedAnswers } from './recorded-answers.ts';

/** One run of commands of one agent. Invariant: `answers` are those of `acknowledgedThrough + 1` to `nextSequence - 1`. */
export interface Session {
  readonly agent: AgentId;
  readonly session: SessionId;
  /** Log time in ms of the last command, or of the opening. */
  readonly lastUsedMs: number;
  /** Log time in ms under which the session stands in `expiries`; when it comes, the last use decides. */
  readonly checkAtMs: number;
  readonly acknowledgedThrough: number;
  readonly nextSequence: number;
  readonly answers: RecordedAnswers;
}

export interface SessionsState {
  /** By `<agent>/<session>`. */
  readonly sessions: OrderedMap<string, Session>;
  /** `<checkAtMs, 16 digits>/<agent>/<session>` → key in `sessions`. */
  readonly expiries: OrderedMap<string, string>;
}

/** A session nobody used for this long, in log time, is forgotten. */
export const sessionLifetimeMs = 24 * 3600 * 1000;
/** Commands whose answers the agent has not acknowledged. */
export const openCommandsMax = 1024;
export const sessionsMax = 100_000;
export const sessionsPerAgentMax = 8;

export const noSessions: SessionsState = { sessions: OrderedMap.empty(), expiries: OrderedMap.empty() };

// Identifiers hold no slash, so that no two pairs share a key.
export function sessionKey(agent: AgentId, session: SessionId): string {
  return `${agent}/${session}`;
}

export function sessionOf(state: SessionsState, agent: AgentId, session: SessionId): Session | null {
  return state.sessions.get(sessionKey(agent, session)) ?? null;
}
