import type { JsonValue } from '../../json.ts';
import { OrderedMap } from '../../ordered-map.ts';

/** A JSON value under a key. */
export interface Document {
  /** The log index of its last change: grows with every change, and is never used again after a delete. */
  readonly version: number;
  readonly value: JsonValue;
  readonly bytes: number;
}

export interface DocumentsState {
  readonly documents: OrderedMap<string, Document>;
  readonly totalBytes: number;
}

/** A document as it is shown. */
export type ShownDocument = { readonly key: string; readonly version: number; readonly value: JsonValue };

export const documentsMax = 100_000;
export const valueBytesMax = 64 * 1024;
export const totalBytesMax = 256 * 1024 * 1024;
/** Leaves room for the levels that lists and views put around a value. */
export const valueDepthMax = 24;

export const noDocuments: DocumentsState = { documents: OrderedMap.empty(), totalBytes: 0 };

export function withDocument(state: DocumentsState, key: string, document: Document): DocumentsState {
  const replacedBytes = state.documents.get(key)?.bytes ?? 0;
  return { documents: state.documents.with(key, document), totalBytes: state.totalBytes - replacedBytes + document.bytes };
}

export function withoutDocument(state: DocumentsState, key: string): DocumentsState {
  const replacedBytes = state.documents.get(key)?.bytes ?? 0;
  return { documents: state.documents.without(key), totalBytes: state.totalBytes - replacedBytes };
}

/** What starts with the prefix, in order of keys. */
export function* documentsUnder(state: DocumentsState, prefix: string, afterKey: string | null): Generator<readonly [string, Document]> {
  const lowest = afterKey !== null && afterKey > prefix ? afterKey : prefix;
  for (const entry of state.documents.entries(lowest)) {
    if (!entry[0].startsWith(prefix)) return;
    if (entry[0] !== afterKey) yield entry;
  }
}
