import type { JsonValue } from '@raft-mesh/state-machine';
import { isSameJson } from '@raft-mesh/state-machine';
import { createPatch, type Operation, type Pointer } from 'rfc6902';
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

function operationsBetween(before: JsonValue, after: JsonValue): readonly Operation[] {
  const operations: Operation[] = [];
  collect(before, after, '', operations);
  return operations;
}

/** Walks down where the two differ; only where items of a list have moved does it ask for the shortest edit. */
function collect(before: JsonValue, after: JsonValue, path: string, into: Operation[]): void {
  if (before === after) return;
  if (isList(before) && isList(after)) return collectInList(before, after, path, into);
  if (!isObject(before) || !isObject(after)) { into.push({ op: 'replace', path, value: after }); return; }
  for (const name of Object.keys(before)) if (!Object.hasOwn(after, name)) into.push({ op: 'remove', path: below(path, name) });
  for (const [name, value] of Object.entries(after)) {
    const earlier = Object.hasOwn(before, name) ? before[name] : undefined;
    if (earlier === undefined) into.push({ op: 'add', path: below(path, name), value });
    else if (earlier !== value) collect(earlier, value, below(path, name), into);
  }
}

function collectInList(before: List, after: List, path: string, into: Operation[]): void {
  const changed = placesChanged(before, after);
  if (changed !== null) {
    for (const place of changed) collect(before[place] ?? null, after[place] ?? null, `${path}/${place}`, into);
    return;
  }
  const grown = isBeginningOf(before, after) ? after.slice(before.length) : null;
  if (grown !== null) for (const value of grown) into.push({ op: 'add', path: `${path}/-`, value });
  else if (before.length * after.length > listProductMax) into.push({ op: 'replace', path, value: after });
  else for (const operation of createPatch(before, after, collectInItems)) into.push({ ...operation, path: `${path}${operation.path}` });
}

/** For `createPatch`: what has become of an item is told as everywhere else. */
function collectInItems(before: unknown, after: unknown, pointer: Pointer): Operation[] | undefined {
  const path = pointer.toString();
  if (path === '') return undefined;
  const operations: Operation[] = [];
  collect(before as JsonValue, after as JsonValue, path, operations);
  return operations;
}

type List = readonly JsonValue[];

/** Where lists differ that otherwise hold the same items in the same places; `null` when items have moved, come or gone: then the shortest edit is worth its search. */
function placesChanged(before: List, after: List): readonly number[] | null {
  if (before.length !== after.length) return null;
  const changed: number[] = [];
  for (const [place, item] of before.entries()) if (!isSameJson(item, after[place] ?? null)) changed.push(place);
  return changed.length * 2 <= before.length || before.length <= shortList ? changed : null;
}

function isBeginningOf(before: List, after: List): boolean {
  return before.length <= after.length && before.every((item, place) => isSameJson(item, after[place] ?? null));
}

/** The JSON Pointer (RFC 6901) of a field. */
function below(path: string, name: string): string {
  return /[~/]/.test(name) ? `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}` : `${path}/${name}`;
}

function isList(value: JsonValue): value is List {
  return Array.isArray(value);
}

function isObject(value: JsonValue): value is Readonly<Record<string, JsonValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
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
