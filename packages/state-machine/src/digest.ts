import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { canonicalJson } from './canonical-json.ts';
import type { JsonValue } from './json.ts';

/** The digest of a machine that has applied nothing. */
export const emptyDigest = '0'.repeat(64);

/** SHA-256 of the canonical text of a value. Hex, 64 digits. */
export function digestOf(value: JsonValue): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(value))));
}

/** The next link of a hash chain: differs for ever after once one link differed. Hex, 64 digits. */
export function chainDigest(previous: string, link: string): string {
  return bytesToHex(sha256(utf8ToBytes(previous + link)));
}

/** SHA-256 over many values, one after another, without holding them all. Hex, 64 digits. */
export function digestOfAll(values: Iterable<JsonValue>): string {
  const hash = sha256.create();
  // A canonical text never holds a raw line break, so that the pieces cannot be cut in another way.
  for (const value of values) hash.update(utf8ToBytes(`${canonicalJson(value)}\n`));
  return bytesToHex(hash.digest());
}
