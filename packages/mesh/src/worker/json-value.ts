import type { JsonValue } from '@raft-mesh/state-machine';

/** A copy that shares nothing with the original. */
export function copyJson(value: JsonValue): JsonValue {
  if (value === null || typeof value !== 'object') return value;
  if (isArray(value)) return value.map(copyJson);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyJson(item)]));
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Size as JSON text in UTF-8, in bytes. */
export function jsonBytes(value: JsonValue): number {
  const text = JSON.stringify(value);
  let bytes = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    // Half of a surrogate pair makes two of the pair's four bytes.
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
