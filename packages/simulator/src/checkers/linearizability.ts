import type { DocumentHistory, KnownOperation } from './document-operation.ts';
import { describe, readDocumentHistory } from './document-operation.ts';
import type { HistoryOperation } from './history.ts';
import { OrderSearch } from './order-search.ts';

export type LinearizabilityResult =
  | { readonly ok: true }
  /** `undecided`: no order was found within the steps allowed, nor shown to be impossible. */
  | { readonly ok: false; readonly verdict: 'violated' | 'undecided'; readonly key: string; readonly explanation: string };

/** Steps of the search for one key. Histories as clients write them take about one a write. */
const stepsMaxDefault = 200_000;
/** Steps of each search that only makes the explanation shorter. */
const explainingStepsMax = 20_000;

/**
 * Whether the operations on each document can be put in an order that keeps to real time (one that ended before another began comes
 * first), in which each answers as a document would that begins absent (Herlihy and Wing 1990; keys are judged apart, as linearizability
 * is local). Operations of unknown outcome take effect at any time after their start, or never; refused ones must have none.
 * Throws `TypeError` on an operation that the format does not allow.
 */
export function checkLinearizable(history: readonly HistoryOperation[], stepsMax = stepsMaxDefault): LinearizabilityResult {
  for (const [key, operations] of byKey(history)) {
    const document = readDocumentHistory(operations);
    switch (new OrderSearch(document).run(stepsMax)) {
      case 'ordered': break;
      case 'undecided': return { ok: false, verdict: 'undecided', key, explanation: `${operations.length} operations on ${key} were not put in order within ${stepsMax} steps; ${document.unknown.length} of them have an unknown outcome` };
      case 'unordered': return { ok: false, verdict: 'violated', key, explanation: explain(key, document) };
    }
  }
  return { ok: true };
}

function byKey(history: readonly HistoryOperation[]): ReadonlyMap<string, readonly HistoryOperation[]> {
  const keys = new Map<string, HistoryOperation[]>();
  for (const operation of history) {
    const operations = keys.get(operation.key);
    if (operations === undefined) keys.set(operation.key, [operation]);
    else operations.push(operation);
  }
  return keys;
}

/** Names few operations that have no order by themselves. */
function explain(key: string, { known, unknown }: DocumentHistory): string {
  const fails = (candidates: readonly KnownOperation[]): boolean => new OrderSearch({ known: candidates, unknown }).run(explainingStepsMax) === 'unordered';
  const few = withoutNeedless(shortestFailing(known, unknown, fails), fails);
  const lines = few.sort((left, right) => left.start - right.start).map(({ source }) => `  ${describe(source)}`);
  const others = unknown.length === 0 ? '' : `; none of the ${unknown.length} operations of unknown outcome can explain it`;
  return `these operations on ${key} have no order${others}:\n${lines.join('\n')}`;
}

/** Of what can be ordered every beginning can be: the first end at which it no longer can is found by halving. */
function shortestFailing(known: readonly KnownOperation[], unknown: DocumentHistory['unknown'], fails: (candidates: readonly KnownOperation[]) => boolean): KnownOperation[] {
  const byEnd = [...known].sort((left, right) => left.end - right.end);
  let ordered = 0;
  let failing = byEnd.length;
  while (failing - ordered > 1) {
    const middle = Math.floor((ordered + failing) / 2);
    // What has not ended by then may have taken effect, like all that is unknown.
    if (failsAsBeginning(byEnd, middle, unknown)) failing = middle;
    else ordered = middle;
  }
  const end = byEnd[failing - 1]?.end ?? Infinity;
  const begun = byEnd.filter(({ start }) => start <= end);
  const seen = new Set(begun.map(({ effect }) => refersTo(effect)));
  const beginning = byEnd.filter(({ start, effect }) => start <= end || (effect.kind === 'write' && seen.has(effect.version)));
  return fails(beginning) ? beginning : byEnd;
}

function failsAsBeginning(byEnd: readonly KnownOperation[], count: number, unknown: DocumentHistory['unknown']): boolean {
  const end = byEnd[count - 1]?.end ?? -Infinity;
  const known = byEnd.slice(0, count);
  const pending = byEnd.slice(count).filter(({ start, effect }) => start <= end && (effect.kind === 'write' || effect.kind === 'delete'));
  const asUnknown = pending.map(({ source }) => ({ ...source, end: null, outcome: 'unknown' as const, out: null }));
  return new OrderSearch({ known, unknown: [...unknown, ...readDocumentHistory(asUnknown).unknown] }).run(explainingStepsMax) === 'unordered';
}

/** Drops one after another whatever is not needed to fail. */
function withoutNeedless(operations: readonly KnownOperation[], fails: (candidates: readonly KnownOperation[]) => boolean): KnownOperation[] {
  let left = [...operations];
  for (const operation of operations.toReversed()) {
    const without = left.filter((other) => other !== operation);
    if (isDroppable(operation, without) && fails(without)) left = without;
  }
  return left;
}

/**
 * Whether the rest has an order if all have one. A look changes nothing. A write may go when nobody saw its version, and nobody found a
 * version missing, which may have been for this write.
 */
function isDroppable({ effect }: KnownOperation, others: readonly KnownOperation[]): boolean {
  switch (effect.kind) {
    case 'saw': case 'sawAbsent': case 'sawOther': return true;
    case 'delete': return false;
    case 'write': return !others.some(({ effect: other }) => other.kind === 'sawOther' || refersTo(other) === effect.version);
    default: return effect satisfies never;
  }
}

function refersTo(effect: KnownOperation['effect']): number | null {
  switch (effect.kind) {
    case 'saw': case 'delete': return effect.version;
    case 'write': return effect.expectedVersion;
    case 'sawAbsent': case 'sawOther': return null;
    default: return effect satisfies never;
  }
}
