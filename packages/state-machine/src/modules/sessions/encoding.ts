import type { JsonValue } from '../../json.ts';
import { OrderedMap } from '../../ordered-map.ts';
import { fromPages, inPages } from '../../paging.ts';
import { expiryKey } from '../expiry-key.ts';
import type { RecordedAnswer, Session, SessionsState } from './state.ts';
import { sessionKey } from './state.ts';

type Row =
  | readonly ['session', Omit<Session, 'answers'>]
  /** Belongs to the session before it. */
  | readonly ['answer', RecordedAnswer];

export function encodeSessions(state: SessionsState): Iterable<JsonValue> {
  return inPages(rows(state));
}

function* rows(state: SessionsState): Generator<JsonValue> {
  for (const [, { answers, ...session }] of state.sessions.entries()) {
    yield ['session', session];
    for (const { commandDigest, outcome } of answers) yield ['answer', { commandDigest, outcome: outcome as unknown as JsonValue }];
  }
}

export function decodeSessions(parts: Iterable<JsonValue>): SessionsState {
  const sessions: (Session & { answers: RecordedAnswer[] })[] = [];
  for (const row of fromPages(parts) as Iterable<Row>) {
    switch (row[0]) {
      case 'session': sessions.push({ ...row[1], answers: [] }); break;
      case 'answer': {
        const session = sessions.at(-1);
        if (session === undefined) throw new TypeError('an answer in a snapshot belongs to no session');
        session.answers.push(row[1]);
        break;
      }
      default: row satisfies never; throw new TypeError('a row of sessions in a snapshot is of no known kind');
    }
  }
  const keyed = sessions.map((session) => [sessionKey(session.agent, session.session), session] as const);
  return {
    sessions: OrderedMap.from<string, Session>(keyed),
    expiries: OrderedMap.from(keyed.map(([key, { checkAtMs }]) => [expiryKey(checkAtMs, key), key] as const)),
  };
}
