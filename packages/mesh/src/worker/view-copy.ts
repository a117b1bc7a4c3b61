import { applyPatch, type Operation } from 'rfc6902';
import type { JsonValue } from '@raft-mesh/state-machine';
import { copyJson } from './json-value.ts';

/** What a manager last sent of a view: patches build on it, whether or not it was newer than what is shown. */
export interface ViewCopy {
  readonly version: number;
  readonly value: JsonValue;
}

/** The view after a JSON Patch (RFC 6902); `undefined` when the patch does not fit, or is none. The view given in is not changed. */
export function patched(value: JsonValue, operations: JsonValue): JsonValue | undefined {
  if (!Array.isArray(operations)) return undefined;
  // One level up, so that an operation may also replace the whole view.
  const holder: { view: JsonValue } = { view: copyJson(value) };
  try {
    const failures = applyPatch(holder, (operations as Operation[]).map(oneLevelDown));
    return failures.every((failure) => failure === null) ? holder.view : undefined;
  } catch {
    return undefined;
  }
}

function oneLevelDown(operation: Operation): Operation {
  const moved = { ...operation, path: `/view${operation.path}` };
  return 'from' in moved ? { ...moved, from: `/view${moved.from}` } : moved;
}
