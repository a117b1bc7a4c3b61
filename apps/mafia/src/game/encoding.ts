import { fromPages, inPages } from '@raft-mesh/state-machine';
import type { JsonValue } from '@raft-mesh/state-machine';
import { noBots } from './bots.ts';
import type { RecordEntry } from './proof/record.ts';
import type { MafiaState } from './state.ts';

/** Whose entry it is: of the last game's record, or of this game's. */
type Row = readonly [of: 'last' | 'own', entry: RecordEntry];

function* rowsOf(state: MafiaState): Generator<Row> {
  for (const entry of state.lastRecord?.entries ?? []) yield ['last', entry];
  if (state.phase === 'lobby') return;
  for (const entry of state.proof?.entries ?? []) yield ['own', entry];
}

/** The state with these entries in its records. */
function withEntries(state: MafiaState, last: readonly RecordEntry[], own: readonly RecordEntry[]): MafiaState {
  const lastRecord = state.lastRecord === null ? null : { ...state.lastRecord, entries: last };
  if (state.phase === 'lobby') return { ...state, lastRecord };
  return { ...state, lastRecord, proof: state.proof === null ? null : { ...state.proof, entries: own } };
}

/** The state without its records, then their entries in pages: a long game's record has hundreds of kilobytes. */
export function* encode(state: MafiaState): Generator<JsonValue> {
  // Plain JSON throughout.
  yield withEntries(state, [], []) as unknown as JsonValue;
  yield* inPages(rowsOf(state) as unknown as Iterable<JsonValue>);
}

const isRow = (row: JsonValue): boolean => Array.isArray(row) && (row[0] === 'last' || row[0] === 'own') && typeof row[1] === 'object' && row[1] !== null;

/** The inverse. Throws a `TypeError` on rows that `encode` would not make. */
export function decode(parts: Iterable<JsonValue>): MafiaState {
  const [state, ...pages] = parts;
  const entries: Record<Row[0], RecordEntry[]> = { last: [], own: [] };
  for (const row of fromPages(pages)) {
    if (!isRow(row)) throw new TypeError('a part of a snapshot of mafia must be an entry of a record');
    // What `encode` made.
    const [of, entry] = row as unknown as Row;
    entries[of].push(entry);
  }
  // A state of before there was such a thing has no word of bots.
  const found = state as unknown as Omit<MafiaState, 'bots'> & Partial<Pick<MafiaState, 'bots'>>;
  return withEntries({ ...found, bots: found.bots ?? noBots } as MafiaState, entries.last, entries.own);
}
