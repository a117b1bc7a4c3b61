import { afterAll, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openFileStore } from '@raft-mesh/control-plane';
import { controlStoreSuite } from './control-store-suite.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'raft-mesh-file-store-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

controlStoreSuite('the store on files', () => openFileStore(path.join(directory, 'suite')));

test('its files are for their owner only, and none is left half-written', async () => {
  const place = path.join(directory, 'modes');
  const store = await openFileStore(place);
  await store.create('meshes', 'one', { value: 'secret', bytes: null });
  const names = readdirSync(path.join(place, 'meshes'));
  expect(names).toEqual(['one.record']);
  expect(statSync(path.join(place, 'meshes', 'one.record')).mode & 0o777).toBe(0o600);
  expect(statSync(place + '/meshes').mode & 0o777).toBe(0o700);
});

test('a file that lost its end is reported, not read', async () => {
  const place = path.join(directory, 'damaged');
  const store = await openFileStore(place);
  await store.create('chunks', 'one', { value: null, bytes: new Uint8Array(100) });
  const file = path.join(place, 'chunks', 'one.record');
  writeFileSync(file, readFileSync(file).subarray(0, -10));
  await expect(store.read('chunks', 'one')).rejects.toThrow('damaged');
});
