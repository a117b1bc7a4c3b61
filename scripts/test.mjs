// `npm test`: types and lint, unit tests, tests on real processes, tests in Chromium. One summary at the end.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Far more than any step takes: what hangs must not hang for ever. */
const stepTimeoutMs = 10 * 60_000;
const folder = mkdtempSync(join(tmpdir(), 'raft-mesh-test-'));
const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
const totals = { passed: 0, failed: 0, skipped: 0 };
const skipped = [];
/** What outer parts the tests ran against, as tests titled `ran against: …` say. */
const ranAgainst = [];
let broken = false;

function step(title, command, args, environment = {}) {
  const startedAtMs = Date.now();
  console.log(`\n── ${title}`);
  const { status, signal } = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ...environment }, timeout: stepTimeoutMs, killSignal: 'SIGKILL' });
  if (signal !== null) console.log(`── ${title}: ended by ${signal} after ${stepTimeoutMs / 60_000} minutes`);
  console.log(`── ${title}: ${status === 0 ? 'ok' : 'FAILED'} in ${((Date.now() - startedAtMs) / 1000).toFixed(1)} s`);
  if (status !== 0) broken = true;
  return status === 0;
}

function addJest(file) {
  if (!existsSync(file)) return;
  const report = JSON.parse(readFileSync(file, 'utf8'));
  totals.passed += report.numPassedTests;
  totals.failed += report.numFailedTests + report.numRuntimeErrorTestSuites;
  totals.skipped += report.numPendingTests;
  for (const suite of report.testResults) for (const test of suite.assertionResults) {
    if (test.status === 'pending') skipped.push(test.fullName);
    if (test.status === 'passed' && test.title.startsWith('ran against: ')) ranAgainst.push(test.title.slice('ran against: '.length));
  }
}

function addPlaywright(file) {
  if (!existsSync(file)) return;
  const { stats } = JSON.parse(readFileSync(file, 'utf8'));
  totals.passed += stats.expected;
  totals.failed += stats.unexpected + stats.flaky;
  totals.skipped += stats.skipped;
}

function browser(title, environment = {}) {
  const file = join(folder, 'playwright.json');
  const ok = step(title, process.execPath, ['node_modules/playwright/cli.js', 'test'], { PLAYWRIGHT_JSON: file, ...environment });
  addPlaywright(file);
  return ok;
}

// A failed test may leave a worker that tries to reconnect for ever; hence --forceExit. Processes are ended by the fixtures.
const steps = [
  ['types and lint', () => step('types and lint', 'npm', ['run', '--silent', 'check'])],
  ['unit', () => { const file = join(folder, 'unit.json'); const ok = step('unit', process.execPath, [...jest, '--selectProjects', 'unit', '--maxWorkers', '2', '--silent', '--json', '--outputFile', file]); addJest(file); return ok; }],
  ['integration', () => { const file = join(folder, 'integration.json'); const ok = step('integration: real processes, sockets, files, emulator', process.execPath, [...jest, '--selectProjects', 'integration', '--maxWorkers', '2', '--forceExit', '--silent', '--json', '--outputFile', file]); addJest(file); return ok; }],
  ['full', () => { const file = join(folder, 'full.json'); const ok = step('full: what takes minutes', process.execPath, [...jest, '--selectProjects', 'full', '--maxWorkers', '2', '--forceExit', '--silent', '--json', '--outputFile', file]); addJest(file); return browser('full, in Chromium', { PLAYWRIGHT_FULL: '1' }) && ok; }],
  ['browser', () => browser('browser: Chromium')],
];
const only = process.argv.slice(2);
for (const [name, run] of steps) if (only.length === 0 ? name !== 'full' : only.includes(name)) run();

rmSync(folder, { recursive: true, force: true });
if (ranAgainst.length > 0) console.log(`\nRan against:\n${ranAgainst.map((what) => `  - ${what}`).join('\n')}`);
if (skipped.length > 0) console.log(`\nSkipped, and why:\n${skipped.map((name) => `  - ${name}`).join('\n')}`);
if (broken && totals.failed === 0) totals.failed = 1;
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = broken ? 1 : 0;
