import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { configuredAppName, loadApp, loadAppEntry } from '@raft-mesh/mesh-node';

const root = mkdtempSync(path.join(tmpdir(), 'raft-mesh-apps-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

beforeAll(() => {
  const files: Record<string, string> = {
    'mesh.config.json': '{"app":"my-app"}',
    'single.mjs': 'export const app = { name: "single", version: 1, modules: [] };',
    'no-app.mjs': 'export const application = 1;',
    'node_modules/my-app/package.json': '{"name":"my-app","type":"module","exports":{".":"./index.js","./bots":"./bots.js"}}',
    'node_modules/my-app/index.js': 'export const app = { name: "mine", version: 2, modules: [] };',
    'node_modules/my-app/bots.js': 'export const botNames = ["Ada"];',
    'node_modules/@raft-mesh/ours/package.json': '{"name":"@raft-mesh/ours","type":"module","exports":{".":"./index.js","./cli":"./index.js"}}',
    'node_modules/@raft-mesh/ours/index.js': 'export const app = { name: "ours", version: 4, modules: [] };',
    'local/package.json': '{"name":"local-app","type":"module","exports":{".":"./index.js"}}',
    'local/index.js': 'export const app = { name: "local", version: 3, modules: [] };',
  };
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  }
});

const codeOf = async (loading: Promise<{ readonly ok: true } | { readonly ok: false; readonly problem: { readonly code: string } }>) => {
  const result = await loading;
  return result.ok ? null : result.problem.code;
};

test('an app is found as a package, as a directory and as a file', async () => {
  expect(await loadApp('my-app', root)).toMatchObject({ ok: true, value: { name: 'mine', version: 2 } });
  expect(await loadApp('./local', root)).toMatchObject({ ok: true, value: { name: 'local' } });
  expect(await loadApp('./single.mjs', root)).toMatchObject({ ok: true, value: { name: 'single' } });
  expect(await loadApp(path.join(root, 'local'))).toMatchObject({ ok: true, value: { name: 'local' } });
});

test('one of our own is found without its scope', async () => {
  expect(await loadApp('ours', root)).toMatchObject({ ok: true, value: { name: 'ours' } });
  expect(await loadAppEntry('ours', 'cli', root)).toMatchObject({ ok: true });
  expect(await codeOf(loadAppEntry('ours', 'bots', root))).toBe('appEntryMissing');
});

test('what is missing or no app is told apart', async () => {
  expect(await codeOf(loadApp('not-there', root))).toBe('appNotFound');
  expect(await codeOf(loadApp('./not-there', root))).toBe('appNotFound');
  expect(await codeOf(loadApp('./no-app.mjs', root))).toBe('appInvalid');
});

test('optional entries are loaded where there are any', async () => {
  expect(await loadAppEntry('my-app', 'bots', root)).toMatchObject({ ok: true, value: { botNames: ['Ada'] } });
  expect(await codeOf(loadAppEntry('my-app', 'page', root))).toBe('appEntryMissing');
  expect(await codeOf(loadAppEntry('./single.mjs', 'bots', root))).toBe('appEntryMissing');
  expect(await codeOf(loadAppEntry('not-there', 'bots', root))).toBe('appNotFound');
});

test('the usual app is named in mesh.config.json', () => {
  expect(configuredAppName(root)).toBe('my-app');
  expect(configuredAppName(path.join(root, 'local'))).toBeNull();
});
