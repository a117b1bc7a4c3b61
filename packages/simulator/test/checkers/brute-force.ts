import type { HistoryOperation } from '@raft-mesh/simulator';
import { isSameJson } from '@raft-mesh/state-machine';

interface Document { readonly version: number; readonly value: HistoryOperation['out']; readonly highest: number }

/** Tries every order, and for what is unknown every version it could have got: slow, and too simple to be wrong. One key. */
export function isLinearizable(history: readonly HistoryOperation[]): boolean {
  const operations = history.filter(({ outcome }) => outcome !== 'refused');
  const numbers = operations.flatMap(({ in: asked, out }) => [field(asked, 'expectedVersion'), field(out, 'version')]).filter((value): value is number => typeof value === 'number');
  const versionMax = Math.max(0, ...numbers) + operations.length;
  return extend(operations, { version: 0, value: null, highest: 0 }, versionMax);
}

function extend(left: readonly HistoryOperation[], document: Document, versionMax: number): boolean {
  if (left.every(({ outcome }) => outcome === 'unknown')) return true;
  return left.some((operation) => {
    const others = left.filter((other) => other !== operation);
    if (others.some(({ end, outcome }) => outcome === 'ok' && end !== null && end < operation.start)) return false;
    return afterwards(operation, document, versionMax).some((next) => extend(others, next, versionMax));
  });
}

/** Every document that there may be after the operation; none when it cannot come now. */
function afterwards({ op, in: asked, out, outcome }: HistoryOperation, document: Document, versionMax: number): readonly Document[] {
  const { version, value, highest } = document;
  const isKnown = outcome === 'ok';
  const expected = field(asked, 'expectedVersion');
  const answered = field(out, 'version');
  const isConflict = field(out, 'conflict') === true;
  const written = field(asked, 'value') ?? null;
  const versions = isKnown ? [answered] : Array.from({ length: versionMax }, (_, offset) => offset + 1);
  const writes = versions.flatMap((next) => (typeof next === 'number' && next > highest ? [{ version: next, value: written, highest: next }] : []));
  switch (op) {
    case 'get': return !isKnown || (answered === version && (version === 0 || isSameJson(field(out, 'value') ?? null, value))) ? [document] : [];
    case 'put': return writes;
    case 'compareAndSet':
      if (isKnown && isConflict) return expected === version ? [] : [document];
      return expected === version ? writes : [];
    case 'delete':
      if (isKnown) return answered !== version ? [] : version === 0 ? [document] : [{ version: 0, value: null, highest }];
      return version === 0 ? [document] : [{ version: 0, value: null, highest }];
    default: return op satisfies never;
  }
}

function field(value: HistoryOperation['out'], name: string): HistoryOperation['out'] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return (value as { readonly [field: string]: HistoryOperation['out'] })[name];
}
