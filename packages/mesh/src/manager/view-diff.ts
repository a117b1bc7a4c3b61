import type { JsonValue } from '@raft-mesh/state-machine';
import { isSameJson } from '@raft-mesh/state-machine';
import { createPatch, type Operation } from 'rfc6902';
import { utf8 } from './text-bytes.ts';

/** Longer lists are replaced whole: finding the shortest edit costs the product of the two lengths. */
const listProductMax = 2_500;
/** In lists as short as this, what has moved is as well sent anew. */
const shortList = 2;
/** Names that appliers of JSON Patch pass over, because they would reach into prototypes. */
const unsafeName = /\/(?:__proto__|constructor|prototype)(?:\/|$)/;

/** How one view becomes the next: nothing to do, an RFC 6902 patch, or no patch worth sending. */
export type ViewDifference =
  | { readonly kind: 'same' }
  | { readonly kind: 'patch'; readonly operations: JsonValue }
  | { readonly kind: 'whole' };

/** Compares two views. A patch is never much larger than the view it leads to. */
export function diffViews(before: JsonValue, after: JsonValue): ViewDifference {
  if (before === after) return { kind: 'same' };
  const operations = operationsBetween(before, after);
  if (operations.length === 0) return { kind: 'same' };
  const patch: JsonValue[] = [];
  for (const operation of operations) {
    if (unsafeName.test(operation.path)) return { kind: 'whole' };
    switch (operation.op) {
      case 'add': case 'replace': {
        const value: JsonValue = operation.value;
        if (operation.path === '') return { kind: 'whole' };
        patch.push({ op: operation.op, path: operation.path, value });
        break;
      }
      case 'remove': patch.push({ op: 'remove', path: operation.path }); break;
      case 'move': case 'copy': case 'test': return { kind: 'whole' };
      default: operation satisfies never;
    }
  }
  return { kind: 'patch', operations: patch };
}

function operationsBetween(before: JsonValue, after: JsonValue): Operation[] {
  return createPatch(before, after, (input: unknown, output: unknown, pointer) => {
    if (!Array.isArray(input) || !Array.isArray(output)) return undefined;
    const changed = placesChanged(input as readonly JsonValue[], output as readonly JsonValue[]);
    if (changed !== null) return changed.flatMap((place) => inside(pointer.add(String(place)).toString(), operationsBetween(input[place] as JsonValue, output[place] as JsonValue)));
    return input.length * output.length <= listProductMax ? undefined : [{ op: 'replace', path: pointer.toString(), value: output }];
  });
}

/** Where lists differ that otherwise hold the same items in the same places; `null` when items have moved, come or gone: then the shortest edit is worth its search. */
function placesChanged(before: readonly JsonValue[], after: readonly JsonValue[]): readonly number[] | null {
  if (before.length !== after.length) return null;
  const changed: number[] = [];
  for (const [place, item] of before.entries()) if (!isSameJson(item, after[place] ?? null)) changed.push(place);
  return changed.length * 2 <= before.length || before.length <= shortList ? changed : null;
}

function inside(path: string, operations: readonly Operation[]): Operation[] {
  return operations.map((operation) => ({ ...operation, path: `${path}${operation.path}` }));
}

/** True when a value, as MessagePack or JSON, certainly fits into this many bytes. */
export function fitsInto(value: JsonValue, limitBytes: number): boolean {
  // A character takes at most 3 bytes a UTF-16 unit; most values are far below the limit and need no closer look.
  if (sizeAtMost(value, limitBytes, 3) <= limitBytes) return true;
  return sizeAtMost(value, limitBytes, 1) <= limitBytes && utf8(JSON.stringify(value)).length <= limitBytes;
}

/** An upper bound of the encoded size when every UTF-16 unit takes `unitBytes`; counted no further than the limit. */
function sizeAtMost(value: JsonValue, limitBytes: number, unitBytes: number): number {
  let bytes = 0;
  const left: JsonValue[] = [value];
  while (left.length > 0 && bytes <= limitBytes) {
    const next = left.pop();
    if (next === undefined) break;
    if (typeof next === 'string') bytes += next.length * unitBytes + 5;
    else if (typeof next !== 'object' || next === null) bytes += 9;
    else if (Array.isArray(next)) { bytes += 5; for (const item of next) left.push(item); }
    else { bytes += 5; for (const [name, item] of Object.entries(next)) { bytes += name.length * unitBytes + 5; left.push(item); } }
  }
  return bytes;
}
