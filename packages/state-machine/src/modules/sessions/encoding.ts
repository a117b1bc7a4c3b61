import type { JsonValue } from '../../json.ts';
import { OrderedMap } from '../../ordered-map.ts';
import { fromPages, inPages } from '../../paging.ts';
import { expiryKey } from '../expiry-key.ts';
import { hasFields, isText, isWhole, wrongRow } from '../../snapshot-shape.ts';
import type { Outcome } from '../../outcome.ts';
import { CommandMark } from './command-mark.ts';
import type { RecordedAnswer } from './recorded-answers.ts';
import { RecordedAnswers } from './recorded-answers.ts';
import type { Session, SessionsState } from './state.ts';
import { sessionKey } from './state.ts';

type Row =
  | readonly ['session', Omit<Session, 'answers'>]
  /** Belongs to the session before it. */
  | readonly ['answer', AnswerRow];

/** The mark as its text. */
interface AnswerRow { readonly commandDigest: string; readonly outcome: Outcome }

export function encodeSessions(state: SessionsState): Iterable<JsonValue> {
  return inPages(rows(state));
}

function* rows(state: SessionsState): Generator<JsonValue> {
  for (const [, { answers, ...session }] of state.sessions.entries()) {
    yield ['session', session];
    for (const { mark, outcome } of answers) yield ['answer', { commandDigest: mark.text, outcome: outcome as unknown as JsonValue }];
  }
}

export function decodeSessions(parts: Iterable<JsonValue>): SessionsState {
  const read: { readonly session: Omit<Session, 'answers'>; readonly answers: RecordedAnswer[] }[] = [];
  for (const row of fromPages(parts) as Iterable<unknown>) {
    if (!isRow(row)) throw wrongRow('sessions');
    switch (row[0]) {
      case 'session': read.push({ session: row[1], answers: [] }); break;
      case 'answer': {
        const last = read.at(-1);
        if (last === undefined) throw wrongRow('sessions');
        last.answers.push({ mark: CommandMark.from(row[1].commandDigest), outcome: row[1].outcome });
        break;
      }
      default: row satisfies never;
    }
  }
  const sessions = read.map(({ session, answers }): Session => ({ ...session, answers: RecordedAnswers.of(answers) }));
  // What `recordedOutcome` counts on.
  if (sessions.some(({ acknowledgedThrough, nextSequence, answers }) => answers.length !== nextSequence - 1 - acknowledgedThrough)) throw wrongRow('sessions');
  const keyed = sessions.map((session) => [sessionKey(session.agent, session.session), session] as const);
  return {
    sessions: OrderedMap.from<string, Session>(keyed),
    expiries: OrderedMap.from(keyed.map(([key, { checkAtMs }]) => [expiryKey(checkAtMs, key), key] as const)),
  };
}

const isSession = (value: unknown): boolean => hasFields<Omit<Session, 'answers'>>(value, { agent: isText, session: isText, lastUsedMs: isWhole, checkAtMs: isWhole, acknowledgedThrough: isWhole, nextSequence: isWhole });
const isOutcome = (value: unknown): boolean => hasFields<Pick<Outcome, 'status' | 'index'>>(value, { status: (status) => status === 'committed' || status === 'refused', index: isWhole });

function isRow(value: unknown): value is Row {
  if (!Array.isArray(value)) return false;
  const [kind, first]: readonly unknown[] = value;
  switch (kind) {
    case 'session': return isSession(first);
    case 'answer': return hasFields<AnswerRow>(first, { commandDigest: isText, outcome: isOutcome });
    default: return false;
  }
}
