import type { JsonValue } from '@raft-mesh/state-machine';
import { jsonDepthMax } from './limits.ts';

/** Plain JSON all the way down: no dates, maps, undefined, big integers or functions, finite numbers, at most `jsonDepthMax` levels, no key `__proto__`. */
export function isJsonValue(value: unknown, depthLeft: number = jsonDepthMax): value is JsonValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depthLeft === 0) return false;
  if (Array.isArray(value)) return value.every((item) => isJsonValue(item, depthLeft - 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return false;
  return !Object.hasOwn(value, '__proto__') && Object.values(value).every((item) => isJsonValue(item, depthLeft - 1));
}
