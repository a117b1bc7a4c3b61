import type { JsonValue } from '@raft-mesh/state-machine';
import { createPatch } from 'rfc6902';
import { utf8 } from './text-bytes.ts';

/** Longer lists are replaced whole: finding the shortest edit costs the product of the two lengths. */
const listProductMax = 2_500;
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
  const operations = createPatch(before, after, (input: unknown, output: unknown, pointer) => {
    if (!Array.isArray(input) || !Array.isArray(output) || input.length * output.length <= listProductMax) return undefined;
    return [{ op: 'replace', path: pointer.toString(), value: output }];
  });
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
