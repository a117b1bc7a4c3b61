import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decoders, decodes } from '../fuzz/decoders.ts';
import { runTarget } from '../fuzz/run-target.ts';
import { controlPlaneRoutes, serveControlPlane } from '../fuzz/targets/control-plane-http.ts';
import { targets } from '../fuzz/targets/index.ts';
import { managerRoutes, serveManager } from '../fuzz/targets/manager-http.ts';
import { messageSamples } from '../fuzz/samples/messages.ts';
import { registry } from '../packages/protocol/src/codec/registry.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const corpus = join(root, 'fuzz/corpus');
const names = targets.map(({ name }) => name);

function sources(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name)).map((name) => join(folder, name)) : [];
}

describe('every way in for bytes and text has a target', () => {
  test('each source file that decodes something is in the table, and nothing else is', () => {
    // What tests alone use reads only what tests made.
    const folders = ['packages', 'apps', 'examples'].flatMap((parent) => readdirSync(join(root, parent)).filter((name) => name !== 'testkit').map((name) => join(root, parent, name, 'src')));
    const decoding = folders.flatMap(sources).filter((file) => readFileSync(file, 'utf8').split('\n').some((line) => decodes.test(line.replace(/^\s*(\/\/|\/?\*).*/, '')))).map((file) => relative(root, file));
    expect(Object.keys(decoders).toSorted()).toEqual(decoding.toSorted());
  });
  test('each target that the table names is there', () => {
    const named = Object.values(decoders).flatMap((row) => ('targets' in row ? row.targets : []));
    expect(named.filter((target) => !names.some((name) => name === target || name.startsWith(`${target} `)))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });
  test('each message type has a sample', () => expect(new Set(messageSamples.map(({ type }) => type))).toEqual(new Set(registry.map(({ type }) => type))));
  test('each folder of the corpus belongs to a target', () => expect(readdirSync(corpus).filter((folder) => !names.includes(folder))).toEqual([]));
});

describe('every route has a target', () => {
  test('of a manager', async () => {
    const served = await serveManager();
    await served.close();
    expect(Object.keys(managerRoutes).toSorted()).toEqual(served.routes);
  });
  test('of the control plane', async () => {
    const served = await serveControlPlane();
    await served.close();
    expect(Object.keys(controlPlaneRoutes).toSorted()).toEqual(served.routes);
  });
});

test('an input that breaks a decoder is found, with what it takes to have it again', async () => {
  const parsing = (input: Uint8Array): 'accepted' => { JSON.parse(new TextDecoder().decode(input)); return 'accepted'; };
  const broken = { name: 'broken', weight: 1, valid: () => [], generate: () => new TextEncoder().encode('{'), open: () => ({ run: parsing, close() {} }) };
  const { failure } = await runTarget({ target: broken, inputs: 10, seed: 1, corpus, onInput() {}, onWarm() {} });
  expect(failure).toMatchObject({ target: 'broken', seed: 1, number: 0, error: expect.stringContaining('SyntaxError') as unknown });
});
