import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FinalDocument, HistoryOperation } from '@raft-mesh/simulator';
import { judgeHistory } from '../src/judge/judge-history.ts';

let directory: string;
beforeEach(async () => { directory = await mkdtemp(join(tmpdir(), 'raft-mesh-judge-')); });
afterEach(() => rm(directory, { recursive: true, force: true }));

const judge = async (operations: readonly HistoryOperation[], final: Readonly<Record<string, FinalDocument>>, bytesAtOnce?: number) => {
  const path = join(directory, 'history.jsonl');
  await writeFile(path, operations.map((operation) => `${JSON.stringify(operation)}\n`).join(''));
  return judgeHistory(path, new Map(Object.entries(final)), bytesAtOnce);
};
const operation = (op: HistoryOperation['op'], key: string, asked: HistoryOperation['in'], out: HistoryOperation['out'], start: number, end: number | null = start + 5): HistoryOperation =>
  ({ client: 'c', op, key, in: asked, out, start, end, outcome: end === null ? 'unknown' : 'ok' });
const put = (key: string, value: HistoryOperation['in'], version: number, start: number) => operation('put', key, { value }, { version }, start);
const get = (key: string, version: number, value: HistoryOperation['in'], start: number) => operation('get', key, {}, { version, value }, start);
const swap = (key: string, expectedVersion: number, value: HistoryOperation['in'], version: number, start: number) => operation('compareAndSet', key, { expectedVersion, value }, { version }, start);

const good: readonly HistoryOperation[] = [
  put('a', 'one', 5, 0), get('a', 5, 'one', 10), swap('a', 5, 'two', 9, 20), operation('put', 'a', { value: 'perhaps' }, null, 30, null),
  swap('list', 0, ['x'], 6, 0), swap('list', 6, ['x', 'y'], 7, 10), operation('compareAndSet', 'list', { expectedVersion: 6, value: ['x', 'z'] }, { conflict: true }, 20),
  { client: 'c', op: 'put', key: 'b', in: { value: 1 }, out: null, start: 0, end: 5, outcome: 'refused' },
];
const end = { a: { version: 9, value: 'two' }, list: { version: 7, value: ['x', 'y'] } };

describe('A history that can be explained', () => {
  test('is accepted, and counted', async () => {
    expect(await judge(good, end)).toEqual({ operations: 8, acknowledged: 6, lost: 0, linearizable: true, problems: [] });
  });

  test('is judged alike when it is read in many parts', async () => {
    expect(await judge(good, end, 100)).toEqual({ operations: 8, acknowledged: 6, lost: 0, linearizable: true, problems: [] });
  });

  test('a write of unknown outcome may be there at the end', async () => {
    expect(await judge(good, { ...end, a: { version: 11, value: 'perhaps' } })).toMatchObject({ lost: 0, linearizable: true });
  });
});

describe('A history of a mesh that broke its word', () => {
  test('a write that is older at the end than acknowledged is lost', async () => {
    expect(await judge(good, { ...end, a: { version: 5, value: 'one' } })).toMatchObject({ lost: 1, linearizable: false });
  });

  test('a document that is not there is lost, with every write to it', async () => {
    expect(await judge(good, { a: end.a })).toMatchObject({ lost: 2, linearizable: false });
  });

  test('an item that is not in the list at the end is lost', async () => {
    const judged = await judge(good, { ...end, list: { version: 12, value: ['x'] } });
    expect(judged.lost).toBe(1);
    expect(judged.problems.join('\n')).toContain('appended "y"');
  });

  test('a log index that was acknowledged twice, on whatever keys, is a write that another took the place of', async () => {
    expect(await judge([put('a', 'one', 5, 0), put('b', 'two', 5, 10)], { a: { version: 5, value: 'one' }, b: { version: 5, value: 'two' } })).toMatchObject({ lost: 1 });
    expect(await judge([put('a', 'one', 5, 0), put('b', 'two', 5, 10)], { a: { version: 5, value: 'one' }, b: { version: 5, value: 'two' } }, 50)).toMatchObject({ lost: 1 });
  });

  test('a stale read is not linearizable', async () => {
    const stale = [put('a', 'one', 5, 0), { ...put('a', 'two', 9, 10), client: 'd' }, { ...get('a', 5, 'one', 20), client: 'e' }];
    const judged = await judge(stale, { a: { version: 9, value: 'two' } });
    expect(judged).toMatchObject({ lost: 0, linearizable: false });
    expect(judged.problems.join('\n')).toContain('not linearizable');
  });
});
