import { applyPatch, Pointer, type Operation } from 'rfc6902';
import type { JsonValue } from '@raft-mesh/state-machine';

/** What a manager last sent of a view: patches build on it, whether or not it was newer than what is shown. */
export interface ViewCopy {
  readonly version: number;
  readonly value: JsonValue;
}

/**
 * The view after a JSON Patch (RFC 6902); `undefined` when the patch does not fit, or is none. The view given in is not changed. Managers send
 * `add`, `remove` and `replace`, and no more is taken: twenty times `copy` would make a view a million times as large.
 */
export function patched(value: JsonValue, operations: JsonValue): JsonValue | undefined {
  if (!Array.isArray(operations) || !operations.every(isTaken)) return undefined;
  // One level up, so that an operation may also replace the whole view.
  const holder: { view: JsonValue } = { view: value };
  const own = new Set<object>([holder]);
  try {
    const failures = operations.map(oneLevelDown).flatMap((operation) => {
      ownAlong(holder, operation.path, own);
      return applyPatch(holder, [operation]);
    });
    return failures.every((failure) => failure === null) ? holder.view : undefined;
  } catch {
    return undefined;
  }
}

type TakenOperation = Extract<Operation, { readonly op: 'add' | 'remove' | 'replace' }>;

function isTaken(operation: unknown): operation is TakenOperation {
  if (typeof operation !== 'object' || operation === null || !('op' in operation) || !('path' in operation) || typeof operation.path !== 'string') return false;
  return operation.op === 'remove' || ((operation.op === 'add' || operation.op === 'replace') && 'value' in operation);
}

/** Everything that the path leads through becomes a copy of its own, one level deep, unless it is one already: the rest stays shared. */
function ownAlong(holder: object, path: string, own: Set<object>): void {
  let parent: object = holder;
  for (const token of Pointer.fromJSON(path).tokens.slice(1, -1)) {
    const child: unknown = Object.hasOwn(parent, token) ? Reflect.get(parent, token) : undefined;
    if (typeof child !== 'object' || child === null) return;
    const copy = own.has(child) ? child : Array.isArray(child) ? [...(child as readonly unknown[])] : { ...child };
    own.add(copy);
    Reflect.set(parent, token, copy);
    parent = copy;
  }
}

function oneLevelDown(operation: TakenOperation): Operation {
  return { ...operation, path: `/view${operation.path}` };
}
