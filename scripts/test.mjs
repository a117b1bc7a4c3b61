// `npm test`: types and lint, unit tests, tests on real processes, tests in Chromium. One summary at the end.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { summarise } from './summary.mjs';

/** Far more than any step takes: what hangs must not hang for ever. */
const stepTimeoutMs = 20 * 60_000;
const folder = mkdtempSync(join(tmpdir(), 'raft-mesh-test-'));

function step(title, command, args, environment = {}) {
  const startedAtMs = Date.now();
  console.log(`\n── ${title}`);
  const { status, signal } = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ...environment }, timeout: stepTimeoutMs, killSignal: 'SIGKILL' });
  if (signal !== null) console.log(`── ${title}: ended by ${signal} after ${stepTimeoutMs / 60_000} minutes`);
  console.log(`── ${title}: ${status === 0 ? 'ok' : 'FAILED'} in ${((Date.now() - startedAtMs) / 1000).toFixed(1)} s`);
  return { title, ok: status === 0 };
}

const reportOf = (by, file) => ({ by, text: existsSync(file) ? readFileSync(file, 'utf8') : null });

function jest(project, title, ...options) {
  const file = join(folder, `${project}.json`);
  const done = step(title, process.execPath, ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js', '--selectProjects', project, '--maxWorkers', '2', ...options, '--silent', '--json', '--outputFile', file]);
  return { ...done, report: reportOf('jest', file) };
}

function browser(title, environment = {}) {
  const file = join(folder, `${title.replaceAll(/\W/g, '')}.json`);
  const done = step(title, process.execPath, ['node_modules/playwright/cli.js', 'test'], { PLAYWRIGHT_JSON: file, ...environment });
  return { ...done, report: reportOf('playwright', file) };
}

// A failed test may leave a worker that tries to reconnect for ever; hence --forceExit. Processes are ended by the fixtures.
const steps = [
  ['types and lint', () => [step('types and lint', 'npm', ['run', '--silent', 'check'])]],
  ['unit', () => [jest('unit', 'unit')]],
  ['integration', () => [jest('integration', 'integration: real processes, sockets, files, emulator', '--forceExit')]],
  ['full', () => [jest('full', 'full: what takes minutes', '--forceExit'), browser('full, in Chromium', { PLAYWRIGHT_FULL: '1' })]],
  ['browser', () => [browser('browser: Chromium')]],
];
const only = process.argv.slice(2);
const unknown = only.filter((name) => !steps.some(([known]) => known === name));
if (unknown.length > 0) throw new Error(`there is no step ${unknown.join(', ')}; there are: ${steps.map(([name]) => name).join(', ')}`);
const done = steps.flatMap(([name, run]) => ((only.length === 0 ? name !== 'full' : only.includes(name)) ? run() : []));

rmSync(folder, { recursive: true, force: true });
const { text, failed } = summarise(done);
console.log(`\n${text}`);
process.exitCode = failed > 0 ? 1 : 0;
