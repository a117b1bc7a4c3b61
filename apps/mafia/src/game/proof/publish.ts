import type { JsonValue, Query } from '@raft-mesh/state-machine';
import type { RecordArguments } from '../arguments.ts';
import { recordAnswerBytes } from '../limits.ts';
import type { Ended, MafiaState } from '../state.ts';
import { rulesVersion } from './record.ts';
import type { GameRecord, RecordEntry } from './record.ts';

/** The record of a game that has ended; `null` where none was kept. */
export function recordOf({ game, proof }: Pick<Ended, 'game' | 'proof'>): GameRecord | null {
  return proof === null ? null : { format: 'mafia-record', rules: rulesVersion, game, secret: proof.secret, isCut: proof.isCut, entries: proof.entries };
}

/** The games whose records may be asked for: the one that has ended, and the one before. */
export function publishedRecords(state: MafiaState): readonly GameRecord[] {
  const own = state.phase === 'ended' ? recordOf(state) : null;
  return [...(state.lastRecord === null ? [] : [state.lastRecord]), ...(own === null ? [] : [own])];
}

/** As many entries as one answer may have, and at least one. */
function somePage(entries: readonly RecordEntry[], from: number): readonly RecordEntry[] {
  const page: RecordEntry[] = [];
  let bytes = 0;
  for (const entry of entries.slice(from)) {
    bytes += JSON.stringify(entry).length;
    if (page.length > 0 && bytes > recordAnswerBytes) break;
    page.push(entry);
  }
  return page;
}

/**
 * The query `record`: `{game, from}` gives the record of a game that has ended, with its entries from the one after `from` on, and how many there
 * are in all; ask again from where it broke off. Refused as `noRecord` while the game is going on, and when it is forgotten.
 */
export const answerRecord: Query<MafiaState, RecordArguments>['answer'] = (state, { game, from }) => {
  const records = publishedRecords(state);
  const record = game === undefined ? records.at(-1) : records.find((kept) => kept.game === game);
  if (record === undefined) return { found: false, refusal: { code: 'noRecord', message: 'there is a record of the last game that has ended, and of none else' } };
  const entries = somePage(record.entries, from ?? 0);
  // Plain JSON throughout.
  return { found: true, value: { record: { ...record, entries }, entries: record.entries.length } as unknown as JsonValue };
};
