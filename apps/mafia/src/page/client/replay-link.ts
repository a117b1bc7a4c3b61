import { replayPrefix } from './replay-fragment.ts';
import { recordBytesMax } from '../../game/limits.ts';

// A replay as a link: the whole record, packed, in the fragment, which no server sees. It needs no mesh, and outlives the one it came from.

/** Longer ones are cut off by what links are sent with. */
const linkCharactersMax = 32_000;
/** A record is text of ASCII but for the names. */
const unpackedBytesMax = 2 * recordBytesMax;

async function through(bytes: Uint8Array<ArrayBuffer>, pair: CompressionStream | DecompressionStream, bytesMax: number): Promise<Uint8Array<ArrayBuffer>> {
  const reader = new Blob([bytes]).stream().pipeThrough(pair).getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    length += next.value.byteLength;
    if (length > bytesMax) { await reader.cancel(); throw new RangeError(`it is longer than ${bytesMax} bytes`); }
    parts.push(next.value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** The link; `null` when the record is too long for one, or the browser cannot pack. */
export async function replayLink(record: unknown, page: string): Promise<string | null> {
  if (typeof CompressionStream === 'undefined') return null;
  const packed = await through(new TextEncoder().encode(JSON.stringify(record)), new CompressionStream('deflate-raw'), linkCharactersMax).catch(() => null);
  if (packed === null) return null;
  const text = btoa(String.fromCharCode(...packed)).replace(/\+/gu, '-').replace(/\//gu, '_').replace(/=+$/u, '');
  return text.length > linkCharactersMax ? null : `${page}${replayPrefix}${text}`;
}

/** What a link holds: anything at all, for anyone can make one. `null` when it cannot be unpacked. */
export async function unpackedReplay(packed: string): Promise<unknown> {
  if (packed.length > linkCharactersMax) return null;
  try {
    const bytes = Uint8Array.from(atob(packed.replace(/-/gu, '+').replace(/_/gu, '/')), (character) => character.charCodeAt(0));
    const text = await through(bytes, new DecompressionStream('deflate-raw'), unpackedBytesMax);
    return JSON.parse(new TextDecoder().decode(text)) as unknown;
  } catch {
    return null;
  }
}
