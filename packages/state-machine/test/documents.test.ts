import { expect, test } from '@jest/globals';
import type { JsonValue } from '@raft-mesh/state-machine';
import { StateMachine } from '@raft-mesh/state-machine';
import { admitted, agent, Driver, emptyApp } from './support/driver.ts';

const viewer = { agent: agent('root'), accessRole: 'admin' } as const;
function rootDriver(): Driver {
  const driver = new Driver(new StateMachine(emptyApp));
  admitted(driver, 'root', { accessRole: 'admin' });
  return driver;
}
const valueOf = (driver: Driver, key: string) => driver.machine.query('documents', 'get', { key }, viewer);
const versionAfter = (driver: Driver) => driver.machine.appliedIndex;

test('a version is the index of the last change, and is never used again', () => {
  const driver = rootDriver();
  expect(driver.send('root', 'documents', 'put', { key: 'a', value: 1 })).toMatchObject({ answer: { version: 2 } });
  expect(driver.send('root', 'documents', 'compareAndSet', { key: 'a', expectedVersion: 2, value: 2 })).toMatchObject({ answer: { version: 3 } });
  expect(driver.send('root', 'documents', 'delete', { key: 'a', expectedVersion: 3 })).toMatchObject({ answer: { version: 3 } });
  driver.send('root', 'documents', 'put', { key: 'a', value: 1 });
  expect(driver.send('root', 'documents', 'compareAndSet', { key: 'a', expectedVersion: 2, value: 9 })).toMatchObject({ refusal: { code: 'versionConflict' } });
  expect(valueOf(driver, 'a')).toEqual({ found: true, value: { key: 'a', version: 5, value: 1 } });
});

test('compare-and-set with 0 writes only what is not there', () => {
  const driver = rootDriver();
  expect(driver.send('root', 'documents', 'compareAndSet', { key: 'a', expectedVersion: 0, value: 1 })).toMatchObject({ status: 'committed' });
  expect(driver.send('root', 'documents', 'compareAndSet', { key: 'a', expectedVersion: 0, value: 2 })).toMatchObject({ refusal: { code: 'versionConflict' } });
  expect(driver.send('root', 'documents', 'compareAndSet', { key: 'b', expectedVersion: 7, value: 2 })).toMatchObject({ refusal: { code: 'versionConflict' } });
  expect(driver.send('root', 'documents', 'delete', { key: 'b' })).toMatchObject({ refusal: { code: 'notFound' } });
});

// The table of RFC 7396, appendix A.
test.each<[JsonValue, JsonValue, JsonValue]>([
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }], [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }], [{ a: 'b' }, { a: null }, {}], [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }], [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }], [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }], [['a', 'b'], ['c', 'd'], ['c', 'd']], [{ a: 'b' }, ['c'], ['c']], [{ a: 'foo' }, null, null], [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }], [[1, 2], { a: 'b', c: null }, { a: 'b' }], [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])('%j merged with %j is %j', (target, patch, expected) => {
  const driver = rootDriver();
  driver.send('root', 'documents', 'put', { key: 'a', value: target });
  driver.send('root', 'documents', 'mergePatch', { key: 'a', patch });
  expect(valueOf(driver, 'a')).toEqual({ found: true, value: { key: 'a', version: versionAfter(driver), value: expected } });
});

test('a value too large or too deep is refused', () => {
  const driver = rootDriver();
  const put = (value: JsonValue) => driver.send('root', 'documents', 'put', { key: 'a', value });
  let deep: JsonValue = 1;
  for (let level = 0; level < 25; level += 1) deep = [deep];
  expect(put('x'.repeat(65 * 1024))).toMatchObject({ refusal: { code: 'tooLarge' } });
  expect(put('é'.repeat(33 * 1024))).toMatchObject({ refusal: { code: 'tooLarge' } });
  expect(put(deep)).toMatchObject({ refusal: { code: 'tooDeep' } });
  expect(valueOf(driver, 'a')).toMatchObject({ found: false, refusal: { code: 'notFound' } });
});

test.each(['', '/a', 'a/', 'a//b', 'a\u0000b', 'x'.repeat(257)])('the key %p is refused', (key) => {
  expect(rootDriver().send('root', 'documents', 'put', { key, value: 1 })).toMatchObject({ refusal: { code: 'invalidArguments' } });
});

test('a list goes on from its cursor, in order, within its prefix', () => {
  const driver = rootDriver();
  for (const key of ['b/2', 'b/1', 'a', 'b/3', 'c', 'b']) driver.send('root', 'documents', 'put', { key, value: key });
  const pages: string[][] = [];
  let cursor: string | null = null;
  do {
    const page = driver.machine.query('documents', 'list', { prefix: 'b/', limit: 2, cursor }, viewer);
    if (!page.found) throw new Error(page.refusal.message);
    const value = page.value as unknown as { documents: { key: string }[]; cursor: string | null };
    pages.push(value.documents.map(({ key }) => key));
    ({ cursor } = value);
  } while (cursor !== null);
  expect(pages).toEqual([['b/1', 'b/2'], ['b/3']]);
});

test('a view says when it does not show all', () => {
  const driver = rootDriver();
  for (let at = 0; at < 12; at += 1) driver.send('root', 'documents', 'put', { key: `k${at}`, value: 'x'.repeat(60 * 1024) });
  const whole = driver.machine.view('documents', viewer, null);
  const part = driver.machine.view('documents', viewer, { prefix: 'k1' });
  expect(whole).toMatchObject({ found: true, value: { complete: false } });
  expect(part).toMatchObject({ found: true, value: { complete: true, documents: [{ key: 'k1' }, { key: 'k10' }, { key: 'k11' }] } });
});
