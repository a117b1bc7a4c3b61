import type { JsonValue } from './json.ts';

/**
 * One text for each JSON value: keys sorted by UTF-16 code units, no white space (as RFC 8785, but for its number rules,
 * which `JSON.stringify` shares). Properties that are `undefined` are left out. Throws a `TypeError` on what is not JSON.
 */
export function canonicalJson(value: JsonValue): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('a number that is not finite is not JSON');
    return JSON.stringify(value);
  }
  if (typeof value !== 'object') throw new TypeError(`a ${typeof value} is not JSON`);
  let text = '';
  if (isArray(value)) {
    for (const item of value) text += text === '' ? canonicalJson(item) : `,${canonicalJson(item)}`;
    return `[${text}]`;
  }
  const keys = Object.keys(value);
  if (keys.length > 1) keys.sort();
  for (const key of keys) {
    const field = value[key];
    if (field !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(field)}`;
  }
  return `{${text}}`;
}

/** Bytes of a JSON value as UTF-8 text, without making the text; escapes are counted as one byte. */
export function jsonBytes(value: JsonValue): number {
  if (value === null || typeof value === 'boolean') return 5;
  if (typeof value === 'number') return 8;
  if (typeof value === 'string') return utf8Bytes(value) + 2;
  let bytes = 2;
  if (isArray(value)) {
    for (const item of value) bytes += jsonBytes(item) + 1;
    return bytes;
  }
  for (const key of Object.keys(value)) bytes += utf8Bytes(key) + 4 + jsonBytes(value[key] ?? null);
  return bytes;
}

function utf8Bytes(text: string): number {
  let bytes = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) bytes += 1;
    // Each half of a surrogate pair counts 2, so that the pair counts its 4 bytes.
    else if (unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff)) bytes += 2;
    else bytes += 3;
  }
  return bytes;
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
