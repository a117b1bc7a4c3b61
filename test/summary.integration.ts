import { afterAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Goal: `npm test` reads what Jest and Playwright really write, on small projects of their own.

const root = fileURLToPath(new URL('..', import.meta.url));
const folders: string[] = [];
afterAll(() => { for (const folder of folders) rmSync(folder, { recursive: true }); });

/** Runs the steps of `npm test` in a project with these tests; gives its exit code and what it printed after its last step. */
function npmTest(steps: readonly string[], tests: Readonly<Record<string, string>>): Promise<{ readonly code: number | null; readonly summary: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'raft-mesh-summary-'));
  folders.push(folder);
  mkdirSync(join(folder, 'e2e'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'jest.config.mjs'), "export default { projects: [{ displayName: 'unit', transform: {}, haste: { forceNodeFilesystemAPI: true }, testMatch: ['<rootDir>/*.test.mjs'] }] };");
  writeFileSync(join(folder, 'playwright.config.mjs'), "export default { testDir: 'e2e', testMatch: '*.e2e.mjs', reporter: [['json', { outputFile: process.env.PLAYWRIGHT_JSON }]] };");
  for (const [name, text] of Object.entries(tests)) writeFileSync(join(folder, name), name.startsWith('e2e/') ? `import { test } from 'playwright/test';\n${text}` : text);
  // Playwright refuses to run where Jest does.
  const { JEST_WORKER_ID: _, ...env } = process.env;
  return new Promise((resolve) => {
    execFile(process.execPath, [join(root, 'scripts/test.mjs'), ...steps], { cwd: folder, env, encoding: 'utf8', timeout: 50_000 }, (error, stdout) => {
      resolve({ code: error === null ? 0 : Number(error.code), summary: stdout.slice(stdout.lastIndexOf('\n── ')).split('\n').slice(2).join('\n').trim() });
    });
  });
}

const nothing = '() => {}';

test('what passed, what it ran against, what cannot run here, what failed, what could not run, and what was left out without a word', async () => {
  const { code, summary } = await npmTest(['unit', 'browser'], {
    'one.test.mjs': `test('ran against: a stand-in', ${nothing}); test('fails', () => { throw new Error('x'); });`,
    'two.test.mjs': "throw new Error('this file is broken');",
    'three.test.mjs': `test.only('alone', ${nothing}); test('forgotten', ${nothing}); test.todo('later');`,
    'four.test.mjs': `describe('a suite', () => { test.skip('needs a disk (not here: there is none)', ${nothing}); });`,
    'e2e/five.e2e.mjs': `test('a page', ${nothing}); test('a page fails', () => { throw new Error('x'); }); test.skip('left out', ${nothing}); test.describe('a suite', () => { test.skip('a camera (not here: there is none)', ${nothing}); });`,
  });
  const [ranAgainst, skipped, failed, totals] = summary.split('\n\n');
  expect(ranAgainst).toBe('Ran against:\n  - a stand-in');
  expect(skipped).toBe('Skipped, and why:\n  - a suite needs a disk (not here: there is none)   four.test.mjs\n  - a camera (not here: there is none)   e2e/five.e2e.mjs');
  expect(failed?.split('\n').slice(1).toSorted()).toEqual([
    '  - a page fails   e2e/five.e2e.mjs', '  - fails   one.test.mjs', expect.stringMatching(/^ {2}- forgotten {3}three\.test\.mjs: skipped, and/), expect.stringMatching(/^ {2}- later {3}three\.test\.mjs: skipped, and/),
    expect.stringMatching(/^ {2}- left out {3}e2e\/five\.e2e\.mjs: skipped, and/), '  - two.test.mjs: this file is broken',
  ]);
  expect(totals).toBe('3 passed, 6 failed, 2 skipped');
  expect(code).toBe(1);
});

test('Jest killed in the middle leaves no report, and that is a failure', async () => {
  const { code, summary } = await npmTest(['unit'], { 'one.test.mjs': "test('ends all', () => { process.kill(process.pid, 'SIGKILL'); });" });
  expect(summary).toBe('Failed:\n  - unit: there is no report, so what ran is not known\n\n0 passed, 1 failed, 0 skipped');
  expect(code).toBe(1);
});
