import type { JsonValue } from '@raft-mesh/state-machine';

/** A copy that shares nothing with the original. */
export function copyJson(value: JsonValue): JsonValue {
  if (value === null || typeof value !== 'object') return value;
  if (isArray(value)) return value.map(copyJson);
  const copy: Record<string, JsonValue> = {};
  for (const [key, item] of Object.entries(value)) {
    // An assignment under this name would set the prototype.
    if (key === '__proto__') Object.defineProperty(copy, key, { value: copyJson(item), enumerable: true, configurable: true, writable: true });
    else copy[key] = copyJson(item);
  }
  return copy;
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
