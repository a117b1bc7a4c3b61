import type { JsonValue } from './json.ts';

/** Whether two JSON values are equal, whatever the order of their fields. */
export function isSameJson(left: JsonValue, right: JsonValue): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (isList(left) || isList(right)) {
    return isList(left) && isList(right) && left.length === right.length && left.every((item, position) => isSameJson(item, right[position] ?? null));
  }
  const fields = Object.keys(left);
  return fields.length === Object.keys(right).length && fields.every((field) => {
    const one = left[field];
    const other = right[field];
    return one !== undefined && other !== undefined && isSameJson(one, other);
  });
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
