import type { App, JsonValue, StateSnapshot } from '@raft-mesh/state-machine';
import { utf8 } from './text-bytes.ts';

// A snapshot is UTF-8 text, one JSON value a line: a header, then the state machine's parts in order. The mesh's name and
// incarnation are not in it, because a restore gives the same state to a mesh in a new life.

/** In neither the ES library nor any platform's alone: a WHATWG global of browsers and Node alike. */
declare const TextDecoder: new (label: string, options: { readonly fatal: boolean }) => { decode(bytes: Uint8Array): string };

const formatName = 'raft-mesh-snapshot';
const formatVersion = 1;
/** How much text is gathered before it is handed on as one piece. */
const pieceLengthMin = 64 * 1024;

/** What the first line of a snapshot says. */
export interface SnapshotHeader {
  readonly app: string;
  readonly appVersion: number;
  /** The last entry that the state has in it. */
  readonly index: number;
  readonly logTimeMs: number;
}

/** The text of a snapshot as UTF-8 pieces of about 64 KiB; the caller may pause between any two. */
export function* encodeSnapshot(app: App, snapshot: StateSnapshot): Generator<Uint8Array, void, undefined> {
  let text = `${JSON.stringify({ format: formatName, formatVersion, app: app.name, appVersion: app.version, index: snapshot.index, logTimeMs: snapshot.logTimeMs })}\n`;
  for (const part of snapshot.parts()) {
    text += `${JSON.stringify(part)}\n`;
    if (text.length >= pieceLengthMin) {
      yield utf8(text);
      text = '';
    }
  }
  if (text !== '') yield utf8(text);
}

/**
 * Takes a whole snapshot apart. `parts` is lazy and may be gone through once.
 * Throws when the bytes are no snapshot of this format: they come from a store that checks its own sums.
 */
export function decodeSnapshot(data: Uint8Array): { readonly header: SnapshotHeader; readonly parts: Iterable<JsonValue> } {
  const lines = linesOf(data);
  const first = lines.next();
  if (first.done === true) throw new Error('this is no snapshot: it is empty');
  return { header: headerFrom(JSON.parse(first.value)), parts: values(lines) };
}

function headerFrom(value: unknown): SnapshotHeader {
  if (typeof value !== 'object' || value === null) throw new Error('this is no snapshot: its first line is no header');
  const header: Readonly<Record<string, unknown>> = { ...value };
  if (header['format'] !== formatName) throw new Error('this is no snapshot: its first line is no header');
  if (header['formatVersion'] !== formatVersion) throw new Error(`this snapshot has format version ${typeof header['formatVersion'] === 'number' ? header['formatVersion'] : 'unknown'}; this program reads version ${formatVersion}: use the release that wrote it`);
  const { app, appVersion, index, logTimeMs } = header;
  if (typeof app !== 'string' || typeof appVersion !== 'number' || typeof index !== 'number' || typeof logTimeMs !== 'number') throw new Error('this snapshot has a damaged header');
  return { app, appVersion, index, logTimeMs };
}

function* values(lines: Iterator<string>): Generator<JsonValue, void, undefined> {
  for (let line = lines.next(); line.done !== true; line = lines.next()) {
    const value: JsonValue = JSON.parse(line.value);
    yield value;
  }
}

function* linesOf(data: Uint8Array): Generator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const lineFeed = 10;
  let start = 0;
  while (start < data.length) {
    const end = data.indexOf(lineFeed, start);
    if (end === -1) throw new Error('this snapshot is cut off: its last line has no end');
    yield decoder.decode(data.subarray(start, end));
    start = end + 1;
  }
}
