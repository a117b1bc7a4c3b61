import { Packr } from 'msgpackr/pack';
import { Unpackr } from 'msgpackr/unpack';

// Bare MessagePack: no records, no extension types. What arrives is scanned first (message-pack-scan.ts), so msgpackr only
// ever sees bytes whose every length, depth and type is already known to be harmless.
const packr = new Packr({ useRecords: false, variableMapSize: true });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });

/** The result is a slice of msgpackr's pool, never written to again. */
export function packValue(value: unknown): Uint8Array {
  return packr.pack(value);
}

/** `data` must have passed `scanValue`. Byte fields of the result are views of `data`. */
export function unpackValue(data: Uint8Array): unknown {
  const value: unknown = unpackr.unpack(data);
  return value;
}
