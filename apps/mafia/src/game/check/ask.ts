import type { JsonValue } from '@raft-mesh/state-machine';
import type { GameRecord, RecordEntry } from '../proof/record.ts';

/** A worker of the mesh, as far as it is needed here. */
export interface AsksForRecord {
  query(module: string, query: string, args: JsonValue): Promise<{ readonly status: 'answered'; readonly answer: JsonValue } | { readonly status: 'refused'; readonly refusal: { readonly code: string; readonly message: string } }>;
}

/** The record of a game that has ended, whole; without a game, of the last one. It is as the managers give it: `verifyRecord` says whether it is true. */
export async function askForRecord(worker: AsksForRecord, game?: number): Promise<{ readonly found: true; readonly record: GameRecord } | { readonly found: false; readonly code: string; readonly message: string }> {
  const entries: RecordEntry[] = [];
  let of = game;
  for (;;) {
    const result = await worker.query('mafia', 'record', { ...(of === undefined ? {} : { game: of }), from: entries.length });
    if (result.status === 'refused') return { found: false, ...result.refusal };
    // As the module's own query makes it.
    const page = result.answer as unknown as { readonly record: GameRecord; readonly entries: number };
    entries.push(...page.record.entries);
    if (entries.length >= page.entries || page.record.entries.length === 0) return { found: true, record: { ...page.record, entries } };
    of = page.record.game;
  }
}
