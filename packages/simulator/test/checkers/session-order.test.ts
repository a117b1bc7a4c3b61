import { describe, expect, test } from '@jest/globals';
import type { JsonValue } from '@raft-mesh/state-machine';
import type { HistoryOperation } from '@raft-mesh/simulator';
import { checkSessionOrder } from '../../src/checkers/session-order.ts';

function operation(op: HistoryOperation['op'], asked: JsonValue, out: JsonValue, start: number, end: number | null, client = 'one'): HistoryOperation {
  return { client, op, key: 'k', in: asked, out, start, end, outcome: end === null ? 'unknown' : 'ok' };
}
const put = (value: string, version: number, start: number, end: number, client?: string) => operation('put', { value }, { version }, start, end, client);
const putUnknown = (value: string, start: number) => operation('put', { value }, null, start, null);
const get = (value: string, version: number, start: number, end: number, client?: string) => operation('get', {}, { version, value }, start, end, client);
const absent = (start: number, end: number, client?: string) => operation('get', {}, { version: 0, value: null }, start, end, client);
const remove = (version: number, start: number, end: number, client?: string) => operation('delete', {}, { version }, start, end, client);
const removeUnknown = (start: number) => operation('delete', {}, null, start, null, 'two');
const final = (version: number, value: JsonValue) => new Map([['k', { version, value }]]);
const nothing = new Map<string, { version: number; value: JsonValue }>();

describe('accepts', () => {
  test.each<[string, readonly HistoryOperation[], typeof nothing]>([
    ['reads that rise and the last write at the end', [put('a', 1, 1, 2), get('a', 1, 3, 4), put('b', 2, 5, 6, 'two'), get('b', 2, 7, 8)], final(2, 'b')],
    ['reads of one client that overlap', [put('a', 1, 1, 2), put('b', 2, 3, 4, 'two'), get('b', 2, 5, 9), get('a', 1, 6, 7)], final(2, 'b')],
    ['what other clients see later', [put('a', 1, 1, 2), put('b', 2, 3, 4), get('a', 1, 5, 6, 'two')], final(2, 'b')],
    ['a document that another deleted', [put('a', 1, 1, 2), remove(1, 3, 4, 'two'), absent(5, 6)], nothing],
    ['a document that somebody may have deleted', [put('a', 1, 1, 2), removeUnknown(3), absent(5, 6)], nothing],
    ['an end that somebody may have written', [put('a', 1, 1, 2), putUnknown('b', 3)], final(7, 'b')],
    ['an unknown write that never came', [putUnknown('b', 3)], nothing],
  ])('%s', (_, history, end) => {
    expect(checkSessionOrder(history, end)).toEqual({ ok: true });
  });
});

describe('catches', () => {
  test.each<[string, string, readonly HistoryOperation[], typeof nothing]>([
    ['a read behind an earlier read', 'monotoneReads', [put('a', 1, 1, 2, 'two'), put('b', 2, 3, 4, 'two'), get('b', 2, 5, 6), get('a', 1, 7, 8)], final(2, 'b')],
    ['a read behind an own write', 'readYourWrites', [put('a', 1, 1, 2, 'two'), put('b', 2, 3, 4), get('a', 1, 7, 8)], final(2, 'b')],
    ['an own write that is gone', 'readYourWrites', [put('b', 2, 3, 4), absent(7, 8)], final(2, 'b')],
    ['a delete that began too late to explain it', 'readYourWrites', [put('b', 2, 3, 4), absent(7, 8), removeUnknown(9)], nothing],
    ['a document that comes back after its own delete', 'readYourWrites', [put('b', 2, 3, 4), remove(2, 5, 6), get('b', 2, 7, 8)], nothing],
    ['a write with a version of the past', 'readYourWrites', [put('b', 2, 3, 4), put('c', 1, 5, 6)], final(2, 'b')],
    ['an acknowledged write that is lost at the end', 'acknowledgedWritesPresent', [put('a', 1, 1, 2)], nothing],
    ['an end behind an acknowledged write', 'acknowledgedWritesPresent', [put('a', 1, 1, 2), put('b', 2, 3, 4)], final(1, 'a')],
    ['an acknowledged delete that is lost at the end', 'acknowledgedWritesPresent', [put('a', 1, 1, 2), remove(1, 3, 4)], final(1, 'a')],
    ['another value than was written', 'acknowledgedWritesPresent', [put('a', 1, 1, 2)], final(1, 'b')],
    ['an end that nobody wrote', 'acknowledgedWritesPresent', [put('a', 1, 1, 2), putUnknown('b', 3)], final(5, 'c')],
  ])('%s', (_, promise, history, end) => {
    expect(checkSessionOrder(history, end)).toMatchObject({ ok: false, promise, key: 'k' });
  });
});
