import { describe, expect, test } from '@jest/globals';
import type { JsonValue } from '@raft-mesh/state-machine';
import type { HistoryOperation } from '@raft-mesh/simulator';
import * as fc from 'fast-check';
import { checkLinearizable } from '../../src/checkers/linearizability.ts';
import { isLinearizable } from './brute-force.ts';

type Change = Partial<Pick<HistoryOperation, 'outcome' | 'client' | 'key'>>;

function operation(op: HistoryOperation['op'], asked: JsonValue, out: JsonValue, start: number, end: number | null, change: Change = {}): HistoryOperation {
  return { client: 'client', op, key: 'k', in: asked, out, start, end, outcome: end === null ? 'unknown' : 'ok', ...change };
}
const put = (value: JsonValue, version: number, start: number, end: number, change: Change = {}) => operation('put', { value }, { version }, start, end, change);
const putUnknown = (value: JsonValue, start: number) => operation('put', { value }, null, start, null);
const refusedPut = (value: JsonValue, start: number, end: number) => operation('put', { value }, null, start, end, { outcome: 'refused' });
const swap = (expectedVersion: number, value: JsonValue, version: number, start: number, end: number) => operation('compareAndSet', { expectedVersion, value }, { version }, start, end);
const conflict = (expectedVersion: number, start: number, end: number) => operation('compareAndSet', { expectedVersion, value: 'x' }, { conflict: true }, start, end);
const get = (value: JsonValue, version: number, start: number, end: number, change: Change = {}) => operation('get', {}, { version, value }, start, end, change);
const absent = (start: number, end: number) => operation('get', {}, { version: 0, value: null }, start, end);
const remove = (version: number, start: number, end: number) => operation('delete', {}, { version }, start, end);
const removeUnknown = (start: number) => operation('delete', {}, null, start, null);

describe('accepts', () => {
  test.each<[string, readonly HistoryOperation[]]>([
    ['nothing', []],
    ['one thing after another', [absent(1, 2), put('a', 3, 3, 4), get('a', 3, 5, 6), swap(3, 'b', 5, 7, 8), get('b', 5, 9, 10), conflict(3, 11, 12), remove(5, 13, 14), absent(15, 16), remove(0, 17, 18)]],
    ['a read that overlaps a write, before and after it', [put('a', 1, 1, 2), put('b', 2, 3, 10), get('a', 1, 4, 5), get('b', 2, 6, 7)]],
    ['writes that overlap, in either order', [put('a', 2, 1, 10), put('b', 1, 2, 9), get('a', 2, 11, 12)]],
    ['a write of unknown outcome that is seen long after', [put('a', 1, 1, 2), putUnknown('b', 3), get('a', 1, 4, 5), get('b', 9, 100, 101)]],
    ['a write of unknown outcome that is never seen', [putUnknown('b', 1), absent(2, 3), put('a', 1, 4, 5)]],
    ['a delete of unknown outcome that is seen, and one that is not', [put('a', 1, 1, 2), removeUnknown(3), get('a', 1, 4, 5), absent(6, 7), put('b', 2, 8, 9), get('b', 2, 10, 11)]],
    ['a conflict with a write that nobody saw', [put('a', 1, 1, 2), putUnknown('b', 3), conflict(1, 4, 5), put('c', 3, 6, 7)]],
    ['a swap of a version that only its client knows of', [putUnknown('a', 1), swap(4, 'b', 6, 2, 3)]],
    ['a swap of unknown outcome over a version that nobody wrote down', [putUnknown('a', 1), operation('compareAndSet', { expectedVersion: 4, value: 'b' }, null, 2, null), get('b', 6, 3, 4)]],
    ['a refused write without effect', [put('a', 1, 1, 2), refusedPut('b', 3, 4), get('a', 1, 5, 6)]],
    ['keys apart from each other', [put('a', 5, 1, 2), put('b', 3, 3, 4, { key: 'other' }), get('a', 5, 5, 6), get('b', 3, 7, 8, { key: 'other' })]],
    ['two clients that know of an unknown write at once', [putUnknown({ deep: [1] }, 1), get({ deep: [1] }, 2, 2, 9), get({ deep: [1] }, 2, 3, 4)]],
  ])('%s', (_, history) => {
    expect(checkLinearizable(history)).toEqual({ ok: true });
  });
});

describe('rejects', () => {
  test.each<[string, readonly HistoryOperation[], readonly string[]]>([
    ['a stale read', [put('a', 1, 1, 2), put('b', 2, 3, 4), get('a', 1, 5, 6)], ['get k']],
    ['a read that finds nothing after a write', [put('a', 1, 1, 2), absent(3, 4)], ['put k', 'get k']],
    ['a read that goes back', [put('a', 1, 1, 2), put('b', 2, 3, 10), get('b', 2, 4, 5), get('a', 1, 6, 7)], ['get k']],
    ['a lost update: two swaps of one version', [put('a', 1, 1, 2), swap(1, 'b', 2, 3, 6), swap(1, 'c', 3, 3, 6)], ['compareAndSet k']],
    ['a write that took effect twice', [put('a', 1, 1, 2), put('b', 2, 3, 4), get('a', 3, 5, 6)], ['get k']],
    ['an unknown write that took effect twice', [putUnknown('a', 1), get('a', 1, 2, 3), put('b', 2, 4, 5), get('a', 3, 6, 7)], ['get k']],
    ['a read from the future', [get('a', 1, 1, 2), put('a', 1, 3, 4)], ['get k', 'put k']],
    ['an unknown write seen before it began', [get('a', 1, 1, 2), putUnknown('a', 3)], ['get k']],
    ['a write that took effect after it was refused', [refusedPut('a', 1, 2), get('a', 1, 3, 4)], ['get k']],
    ['a value that is not the one of its version', [put('a', 1, 1, 2), get('b', 1, 3, 4)], ['get k']],
    ['one version for two writes', [put('a', 1, 1, 2), put('b', 1, 3, 4)], ['put k']],
    ['a later write with an earlier version', [put('a', 2, 1, 2), put('b', 1, 3, 4)], ['put k']],
    ['a conflict with nothing', [put('a', 1, 1, 2), conflict(1, 3, 4)], ['compareAndSet k']],
    ['a document that vanishes with no delete', [put('a', 1, 1, 2), get('a', 1, 3, 4), remove(0, 5, 6)], ['delete k']],
    ['a document deleted twice', [put('a', 1, 1, 2), remove(1, 3, 4), remove(1, 5, 6)], ['delete k']],
    ['a document that comes back', [put('a', 1, 1, 2), remove(1, 3, 4), get('a', 1, 5, 6)], ['delete k', 'get k']],
  ])('%s', (_, history, mentioned) => {
    const result = checkLinearizable(history);
    expect(result).toMatchObject({ ok: false, verdict: 'violated', key: 'k' });
    for (const text of mentioned) expect(result).toMatchObject({ explanation: expect.stringContaining(text) });
  });

  test('names the few operations that matter among many', () => {
    const history: HistoryOperation[] = [];
    for (let round = 1; round <= 100; round++) {
      history.push(put(`v${round}`, round * 2, round * 10, round * 10 + 1));
      history.push(get(`v${round}`, round * 2, round * 10 + 2, round * 10 + 3));
    }
    history.push(get('v50', 100, 805, 806, { client: 'reader' }));
    const result = checkLinearizable(history);
    expect(result).toMatchObject({ ok: false, explanation: expect.stringContaining('reader get k {} → {"version":100,"value":"v50"} [805, 806]') });
    if (!result.ok) expect(result.explanation.split('\n').length).toBeLessThanOrEqual(5);
  });
});

test('throws on a history that is not in the format', () => {
  expect(() => checkLinearizable([operation('put', { value: 1 }, {}, 1, 2)])).toThrow(TypeError);
  expect(() => checkLinearizable([operation('get', {}, { version: 0 }, 2, 1)])).toThrow(TypeError);
});

test('says so when it was not allowed enough steps', () => {
  const history = [put('a', 1, 1, 2), put('b', 2, 3, 4), put('c', 3, 5, 6)];
  expect(checkLinearizable(history, 1)).toMatchObject({ ok: false, verdict: 'undecided', key: 'k' });
});

/** Random operations on one key, few enough for all orders to be tried, with so few versions, values and moments that they meet. */
const anyOperation: fc.Arbitrary<HistoryOperation> = fc.record({
  op: fc.constantFrom('get', 'put', 'compareAndSet', 'delete'), version: fc.integer({ min: 0, max: 4 }), expectedVersion: fc.integer({ min: 0, max: 4 }), value: fc.constantFrom('a', 'b'),
  start: fc.integer({ min: 0, max: 12 }), length: fc.integer({ min: 0, max: 12 }), isConflict: fc.boolean(), outcome: fc.constantFrom('ok', 'ok', 'ok', 'unknown', 'refused'),
}).map(({ op, version, expectedVersion, value, start, length, isConflict, outcome }): HistoryOperation => {
  const asked = { get: {}, put: { value }, compareAndSet: { expectedVersion, value }, delete: {} }[op];
  const written = Math.max(1, version);
  const out = { get: { version, value: version === 0 ? null : value }, put: { version: written }, compareAndSet: isConflict ? { conflict: true } : { version: written }, delete: { version } }[op];
  return { client: 'client', op, key: 'k', in: asked, out: outcome === 'ok' ? out : null, start, end: outcome === 'unknown' ? null : start + length, outcome };
});

interface Drawn { readonly op: HistoryOperation['op']; readonly value: string; readonly isFresh: boolean; readonly before: number; readonly after: number; readonly ending: 'ok' | 'unknown' | 'lost' }
const drawn: fc.Arbitrary<Drawn> = fc.record({
  op: fc.constantFrom('get', 'put', 'compareAndSet', 'delete'), value: fc.constantFrom('a', 'b', 'c'), isFresh: fc.boolean(),
  before: fc.integer({ min: 0, max: 25 }), after: fc.integer({ min: 0, max: 25 }), ending: fc.constantFrom('ok', 'ok', 'ok', 'unknown', 'lost'),
});

/** What a right document answers when the operations take effect one after another at 10, 20, 30, … */
function histories(draws: readonly Drawn[]): HistoryOperation[] {
  let document: { version: number; value: JsonValue } = { version: 0, value: null };
  let remembered = 0;
  return draws.map(({ op, value, isFresh, before, after, ending }, position): HistoryOperation => {
    const atMs = (position + 1) * 10;
    const version = position * 2 + 1;
    const expectedVersion = isFresh ? document.version : remembered;
    remembered = document.version;
    const asked = { get: {}, put: { value }, compareAndSet: { expectedVersion, value }, delete: {} }[op];
    const isConflict = op === 'compareAndSet' && expectedVersion !== document.version;
    const out: JsonValue = op === 'get' ? { version: document.version, value: document.value } : op === 'delete' ? { version: document.version } : isConflict ? { conflict: true } : { version };
    if (ending !== 'lost') {
      if (op === 'delete') document = { version: 0, value: null };
      else if (op !== 'get' && !isConflict) document = { version, value };
    }
    const isKnown = ending === 'ok';
    return { client: 'client', op, key: 'k', in: asked, out: isKnown ? out : null, start: atMs - before, end: isKnown ? atMs + after : null, outcome: isKnown ? 'ok' : 'unknown' };
  });
}

describe('against every order there is', () => {
  test('of random operations', () => {
    let linearizable = 0;
    fc.assert(fc.property(fc.array(anyOperation, { minLength: 1, maxLength: 5 }), (history) => {
      const isRight = isLinearizable(history);
      if (isRight) linearizable++;
      expect(checkLinearizable(history).ok).toBe(isRight);
    }), { numRuns: 1500, seed: 1 });
    expect(linearizable).toBeGreaterThan(200);
  });

  test('of what a right document answers, which is always accepted', () => {
    fc.assert(fc.property(fc.array(drawn, { minLength: 1, maxLength: 40 }), (draws) => {
      expect(checkLinearizable(histories(draws))).toEqual({ ok: true });
    }), { numRuns: 500, seed: 2 });
  });

  test('of what a document answers that is a little wrong', () => {
    let wrong = 0;
    const flaw = fc.record({ place: fc.nat(), version: fc.integer({ min: 0, max: 12 }), shift: fc.integer({ min: -30, max: 30 }) });
    fc.assert(fc.property(fc.array(drawn, { minLength: 2, maxLength: 6 }), flaw, (draws, { place, version, shift }) => {
      const history = histories(draws).map((each, position): HistoryOperation => {
        if (position !== place % draws.length || each.end === null) return each;
        const moved = { ...each, start: each.start + shift, end: each.end + shift };
        if (each.op === 'get') return { ...moved, out: { version, value: version === 0 ? null : 'a' } };
        return each.op === 'delete' ? { ...moved, out: { version } } : moved;
      });
      const isRight = isLinearizable(history);
      if (!isRight) wrong++;
      expect(checkLinearizable(history).ok).toBe(isRight);
    }), { numRuns: 1000, seed: 3 });
    expect(wrong).toBeGreaterThan(200);
  });
});

test('orders three hundred operations, twenty of them unknown, and finds the one that is wrong, within few steps', () => {
  const draws = Array.from({ length: 320 }, (_, position): Drawn => ({
    op: (['put', 'get', 'compareAndSet', 'get', 'delete', 'put', 'get'] as const)[position % 7] ?? 'get', value: `v${position}`, isFresh: position % 3 !== 0,
    before: (position * 7) % 60, after: (position * 11) % 60, ending: position % 16 === 5 ? (position % 32 === 5 ? 'unknown' : 'lost') : 'ok',
  }));
  const history = histories(draws);
  expect(history.filter(({ outcome }) => outcome === 'unknown')).toHaveLength(20);
  expect(checkLinearizable(history, 5_000)).toEqual({ ok: true });
  const stale = history.map((each, position) => (position === 300 ? { ...each, op: 'get' as const, in: {}, out: { version: 1, value: 'v0' }, outcome: 'ok' as const, end: each.end ?? each.start } : each));
  expect(checkLinearizable(stale, 5_000)).toMatchObject({ ok: false, verdict: 'violated' });
});
