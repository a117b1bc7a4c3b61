import { jsonBytes } from '../../canonical-json.ts';
import { defineModule } from '../../define.ts';
import type { JsonValue } from '../../json.ts';
import { OrderedMap } from '../../ordered-map.ts';
import { fromPages, inPages } from '../../paging.ts';
import { isText, isWhole, wrongRow } from '../../snapshot-shape.ts';
import { compareAndSet, deleteDocument, mergePatch, put } from './commands.ts';
import { get, list, viewDocuments } from './queries.ts';
import type { Document, DocumentsState } from './state.ts';
import { noDocuments } from './state.ts';

/** JSON values by key, with versions. What is under `agents/<agent id>/` is that agent's own state. */
export const documents = defineModule({
  name: 'documents',
  version: 1,
  initial: (): DocumentsState => noDocuments,
  commands: { put, compareAndSet, mergePatch, delete: deleteDocument },
  queries: { get, list },
  view: viewDocuments,
  encode: (state) => inPages(rows(state)),
  decode: decodeDocuments,
});

function* rows(state: DocumentsState): Generator<JsonValue> {
  for (const [key, { version, value }] of state.documents.entries()) yield [key, version, value];
}

function decodeDocuments(parts: Iterable<JsonValue>): DocumentsState {
  let totalBytes = 0;
  const entries: [string, Document][] = [];
  for (const row of fromPages(parts)) {
    if (!isRow(row)) throw wrongRow('documents');
    const [key, version, value] = row;
    const bytes = jsonBytes(value);
    totalBytes += bytes;
    entries.push([key, { version, value, bytes }]);
  }
  return { documents: OrderedMap.from(entries), totalBytes };
}

function isRow(value: unknown): value is readonly [key: string, version: number, value: JsonValue] {
  return Array.isArray(value) && value.length === 3 && isText(value[0]) && isWhole(value[1]);
}
