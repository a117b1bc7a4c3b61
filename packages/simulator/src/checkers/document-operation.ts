import type { JsonObject, JsonValue } from '@raft-mesh/state-machine';
import type { HistoryOperation } from './history.ts';

/** What an operation of known outcome did to its document, or saw. Versions are log indexes; absent is 0. */
export type Effect =
  | { readonly kind: 'write'; readonly version: number; readonly value: JsonValue; /** `null`: whatever was there. */ readonly expectedVersion: number | null }
  | { readonly kind: 'delete'; readonly version: number }
  | { readonly kind: 'saw'; readonly version: number; readonly value: JsonValue }
  | { readonly kind: 'sawAbsent' }
  | { readonly kind: 'sawOther'; readonly thanVersion: number };

/** What an operation of unknown outcome may have done, at any time after its start, or not. */
export type Possibility =
  | { readonly kind: 'write'; readonly value: JsonValue; readonly expectedVersion: number | null }
  | { readonly kind: 'delete'; readonly expectedVersion: number | null };

export interface KnownOperation { readonly start: number; readonly end: number; readonly effect: Effect; readonly source: HistoryOperation }
export interface UnknownOperation { readonly start: number; readonly possibility: Possibility; readonly source: HistoryOperation }

/** The operations on one document: those that ended well, and those that may have had an effect. Refused ones had none. */
export interface DocumentHistory { readonly known: readonly KnownOperation[]; readonly unknown: readonly UnknownOperation[] }

/** Throws `TypeError` on an operation that is not what the format says: such a history judges nothing. */
export function readDocumentHistory(operations: readonly HistoryOperation[]): DocumentHistory {
  const known: KnownOperation[] = [];
  const unknown: UnknownOperation[] = [];
  for (const operation of operations) {
    if (operation.outcome === 'refused') continue;
    if (operation.outcome === 'unknown') {
      const possibility = possibilityOf(operation);
      if (possibility !== null) unknown.push({ start: operation.start, possibility, source: operation });
      continue;
    }
    if (operation.end === null || operation.end < operation.start) throw new TypeError(`${describe(operation)}: an operation that ended well has an end, after its start`);
    known.push({ start: operation.start, end: operation.end, effect: effectOf(operation), source: operation });
  }
  return { known, unknown };
}

/** One operation in words, for an explanation. */
export function describe({ client, op, key, in: asked, out, start, end, outcome }: HistoryOperation): string {
  const answer = outcome === 'ok' ? JSON.stringify(out) : outcome;
  return `${client} ${op} ${key} ${JSON.stringify(asked)} → ${answer} [${start}, ${end ?? '…'}]`;
}

/** Throws `TypeError` like `readDocumentHistory`. */
export function effectOf(operation: HistoryOperation): Effect {
  const { op } = operation;
  const asked = objectOf(operation.in);
  const out = objectOf(operation.out);
  switch (op) {
    case 'get': return isAbsent(out) ? { kind: 'sawAbsent' } : { kind: 'saw', version: versionIn(operation, out, 'version'), value: out?.['value'] ?? null };
    case 'put': return { kind: 'write', version: newVersionIn(operation, out), value: asked?.['value'] ?? null, expectedVersion: null };
    case 'compareAndSet': {
      const expectedVersion = versionIn(operation, asked, 'expectedVersion');
      if (out?.['conflict'] === true) return { kind: 'sawOther', thanVersion: expectedVersion };
      return { kind: 'write', version: newVersionIn(operation, out), value: asked?.['value'] ?? null, expectedVersion };
    }
    case 'delete':
      if (out?.['conflict'] === true) return { kind: 'sawOther', thanVersion: versionIn(operation, asked, 'expectedVersion') };
      return isAbsent(out) ? { kind: 'sawAbsent' } : { kind: 'delete', version: versionIn(operation, out, 'version') };
    default: return op satisfies never;
  }
}

function possibilityOf(operation: HistoryOperation): Possibility | null {
  const { op } = operation;
  const asked = objectOf(operation.in);
  const expected = asked?.['expectedVersion'];
  switch (op) {
    case 'get': return null;
    case 'put': return { kind: 'write', value: asked?.['value'] ?? null, expectedVersion: null };
    case 'compareAndSet': return { kind: 'write', value: asked?.['value'] ?? null, expectedVersion: versionIn(operation, asked, 'expectedVersion') };
    case 'delete': return { kind: 'delete', expectedVersion: typeof expected === 'number' ? expected : null };
    default: return op satisfies never;
  }
}

function isAbsent(out: JsonObject | null): boolean {
  return out === null || out['version'] === 0 || out['notFound'] === true;
}

function newVersionIn(operation: HistoryOperation, out: JsonObject | null): number {
  const version = versionIn(operation, out, 'version');
  if (version === 0) throw new TypeError(`${describe(operation)}: what was written has a version above 0`);
  return version;
}

function versionIn(operation: HistoryOperation, object: JsonObject | null, field: string): number {
  const value = object?.[field];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new TypeError(`${describe(operation)}: ${field} must be a version`);
  return value;
}

function objectOf(value: JsonValue): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}
