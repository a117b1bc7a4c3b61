import { jsonBytes } from './canonical-json.ts';
import type { JsonValue } from './json.ts';

const rowsPerPageMax = 256;
const bytesPerPage = 64 * 1024;

/** Rows in pages small enough to encode one in a slice of the event loop: at most 256 rows, about 64 KiB unless one row is larger. */
export function* inPages(rows: Iterable<JsonValue>): Generator<JsonValue> {
  let page: JsonValue[] = [];
  let bytes = 0;
  for (const row of rows) {
    const rowBytes = jsonBytes(row);
    if (page.length > 0 && (page.length >= rowsPerPageMax || bytes + rowBytes > bytesPerPage)) {
      yield page;
      page = [];
      bytes = 0;
    }
    page.push(row);
    bytes += rowBytes;
  }
  if (page.length > 0) yield page;
}

/** The rows of pages that `inPages` made. */
export function* fromPages(pages: Iterable<JsonValue>): Generator<JsonValue> {
  for (const page of pages) {
    if (!Array.isArray(page)) throw new TypeError('a page of a snapshot must be a list of rows');
    yield* page as readonly JsonValue[];
  }
}
