import type { JsonValue } from '@raft-mesh/state-machine';
import { isSameJson } from '@raft-mesh/state-machine';
import type { Effect } from './document-operation.ts';
import { describe, effectOf } from './document-operation.ts';
import type { HistoryOperation } from './history.ts';

/** A document as it is at the end, when nothing is under way any more. */
export interface FinalDocument { readonly version: number; readonly value: JsonValue }

export type SessionOrderResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly promise: 'monotoneReads' | 'readYourWrites' | 'acknowledgedWritesPresent'; readonly key: string; readonly explanation: string };

interface Ended { readonly operation: HistoryOperation; readonly effect: Effect; readonly end: number }
type Failure = Extract<SessionOrderResult, { readonly ok: false }>;

/**
 * What clients can see by themselves: on no key does one of them go back behind what it read or wrote before, and every acknowledged
 * write is there at the end, or something later took its place. Less than linearizability, but for histories of any length, and the
 * end is judged too. `final` holds every document that exists at the end. Throws `TypeError` on an operation that the format does not allow.
 */
export function checkSessionOrder(history: readonly HistoryOperation[], final: ReadonlyMap<string, FinalDocument>): SessionOrderResult {
  for (const [key, operations] of grouped(history, ({ key: of }) => of)) {
    const ended = operations.flatMap((operation): Ended[] => (operation.outcome === 'ok' && operation.end !== null ? [{ operation, effect: effectOf(operation), end: operation.end }] : []));
    const deletes = operations.filter(({ op, outcome }) => op === 'delete' && outcome !== 'refused');
    const failure = checkClients(key, ended, deletes) ?? checkFinal(key, operations, ended, deletes, final.get(key) ?? null);
    if (failure !== null) return failure;
  }
  return { ok: true };
}

function checkClients(key: string, ended: readonly Ended[], deletes: readonly HistoryOperation[]): Failure | null {
  for (const own of grouped(ended, ({ operation }) => operation.client).values()) {
    const byStart = own.toSorted((left, right) => left.operation.start - right.operation.start);
    const byEnd = own.toSorted((left, right) => left.end - right.end);
    let behind = 0;
    /** The newest that this client knew before an operation began. */
    let newest: Ended | null = null;
    for (const later of byStart) {
      for (let earlier = byEnd[behind]; earlier !== undefined && earlier.end < later.operation.start; earlier = byEnd[++behind]) {
        if (isNewer(earlier.effect, newest?.effect ?? null)) newest = earlier;
      }
      const why = newest === null ? null : goesBack(newest, later, deletes);
      if (newest !== null && why !== null) {
        const promise = newest.operation.op === 'get' ? 'monotoneReads' : 'readYourWrites';
        return { ok: false, promise, key, explanation: `${why}:\n  ${describe(newest.operation)}\n  ${describe(later.operation)}` };
      }
    }
  }
  return null;
}

/** Of one version, its delete is the last that can be known. */
function isNewer(effect: Effect, than: Effect | null): boolean {
  const version = knownVersion(effect);
  const before = than === null ? 0 : knownVersion(than);
  return version > before || (version === before && version > 0 && effect.kind === 'delete');
}

function goesBack(newest: Ended, later: Ended, deletes: readonly HistoryOperation[]): string | null {
  const version = knownVersion(newest.effect);
  const { effect } = later;
  switch (effect.kind) {
    case 'saw': case 'delete': {
      if (effect.version < version) return `version ${effect.version} is found after version ${version}`;
      return newest.effect.kind === 'delete' && effect.version === version ? `version ${version} is found after it was deleted` : null;
    }
    case 'write':
      if (effect.version <= version) return `version ${effect.version} is written after version ${version}`;
      return effect.expectedVersion !== null && effect.expectedVersion !== 0 && effect.expectedVersion < version ? `version ${effect.expectedVersion} is replaced after version ${version}` : null;
    case 'sawAbsent': return version === 0 || deletes.some((operation) => mayDelete(operation, version, later.end)) ? null : `no document is found after version ${version}, and nobody deleted it`;
    case 'sawOther': return null;
    default: return effect satisfies never;
  }
}

function checkFinal(key: string, operations: readonly HistoryOperation[], ended: readonly Ended[], deletes: readonly HistoryOperation[], final: FinalDocument | null): Failure | null {
  const fail = (explanation: string): Failure => ({ ok: false, promise: 'acknowledgedWritesPresent', key, explanation });
  let newest: Ended | null = null;
  for (const candidate of ended) if (isNewer(candidate.effect, newest?.effect ?? null)) newest = candidate;
  const version = newest === null ? 0 : knownVersion(newest.effect);
  if (final === null) {
    if (newest === null || version === 0 || deletes.some((operation) => mayDelete(operation, version, Infinity))) return null;
    return fail(`there is no document at the end, and nobody deleted version ${version}:\n  ${describe(newest.operation)}`);
  }
  const found = `at the end there is version ${final.version} with ${JSON.stringify(final.value)}`;
  if (newest !== null && (final.version < version || (final.version === version && newest.effect.kind === 'delete'))) return fail(`${found}, which is behind:\n  ${describe(newest.operation)}`);
  const seen = ended.find(({ effect }) => (effect.kind === 'write' || effect.kind === 'saw') && effect.version === final.version);
  if (seen !== undefined) {
    const { effect } = seen;
    if ((effect.kind === 'write' || effect.kind === 'saw') && !isSameJson(effect.value, final.value)) return fail(`${found}, which was another value:\n  ${describe(seen.operation)}`);
    return null;
  }
  return operations.some((operation) => operation.outcome === 'unknown' && mayHaveWritten(operation, final.value)) ? null : fail(`${found}, which nobody can have written`);
}

/** The version that whoever made the operation knows to have been there; 0 when none. */
function knownVersion(effect: Effect): number {
  switch (effect.kind) {
    case 'write': case 'delete': case 'saw': return effect.version;
    case 'sawAbsent': case 'sawOther': return 0;
    default: return effect satisfies never;
  }
}

/** Whether it may have taken away this version, or a later one, before the time given. */
function mayDelete(operation: HistoryOperation, version: number, before: number): boolean {
  if (operation.start > before) return false;
  if (operation.outcome === 'unknown') return true;
  const effect = effectOf(operation);
  return effect.kind === 'delete' && effect.version >= version;
}

function mayHaveWritten({ op, in: asked }: HistoryOperation, value: JsonValue): boolean {
  if (op !== 'put' && op !== 'compareAndSet') return false;
  if (typeof asked !== 'object' || asked === null || Array.isArray(asked)) return false;
  const written = (asked as { readonly [field: string]: JsonValue })['value'];
  return written !== undefined && isSameJson(written, value);
}

function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => string): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
