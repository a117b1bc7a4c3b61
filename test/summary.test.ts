import { expect, test } from '@jest/globals';
import { summarise, type Step } from '../scripts/summary.mjs';

// Goal: nothing that did not run is passed over in silence. Reports as Jest and Playwright really write them: summary.integration.ts.

type JestTest = readonly [status: string, title: string];
interface JestFile { readonly status?: string; readonly message?: string; readonly tests: readonly JestTest[] }
const file = ({ status = 'passed', message = '', tests }: JestFile) => ({
  name: `${process.cwd()}/test/some.test.ts`, status, message, assertionResults: tests.map(([of, title]) => ({ status: of, title, fullName: `a suite ${title}` })),
});
const jest = (files: readonly JestFile[], ok = true): Step => ({ title: 'unit', ok, report: { by: 'jest', text: JSON.stringify({ testResults: files.map(file) }) } });
const playwright = (tests: readonly JestTest[], ok = true, errors: readonly object[] = []): Step => {
  const specs = tests.map(([status, title]) => ({ title, file: 'game.e2e.ts', tests: [{ status }] }));
  // A suite of a `describe` lies within the one of its file.
  return { title: 'browser', ok, report: { by: 'playwright', text: JSON.stringify({ errors, suites: [{ specs: specs.slice(0, 1), suites: [{ specs: specs.slice(1) }] }] }) } };
};
const counts = (...steps: readonly Step[]) => {
  const { passed, failed, skipped } = summarise(steps);
  return [passed, failed, skipped];
};
const section = (text: string, title: string) => text.split('\n\n').find((part) => part.startsWith(title))?.split('\n').slice(1).map((line) => line.replace('  - ', '')) ?? null;

test('all passed: the totals of all steps in the last line, and nothing more', () => {
  const { text } = summarise([{ title: 'types and lint', ok: true }, jest([{ tests: [['passed', 'one'], ['passed', 'two']] }]), playwright([['expected', 'three'], ['expected', 'four']])]);
  expect(text).toBe('4 passed, 0 failed, 0 skipped');
});

test('what a test ran against is said, unless it failed', () => {
  const { text } = summarise([jest([{ tests: [['passed', 'ran against: a stand-in, because there is no other'], ['failed', 'ran against: nothing']] }], false)]);
  expect(section(text, 'Ran against')).toEqual(['a stand-in, because there is no other']);
});

test('what is skipped is named with its reason and its file', () => {
  const step = jest([{ status: 'pending', tests: [['pending', 'runs on a full disk (not here: needs root)']] }]);
  expect(counts(step, playwright([['skipped', 'the camera (not here: there is none)']]))).toEqual([0, 0, 2]);
  expect(section(summarise([step]).text, 'Skipped')).toEqual(['a suite runs on a full disk (not here: needs root)   test/some.test.ts']);
});

test.each([
  ['pending', 'someone forgot an only'], ['todo', 'to be written'], ['pending', 'no reason (not here: )'],
])('a test that is %s without a reason is a failure: %s', (status, title) => {
  const step = jest([{ tests: [['passed', 'one'], [status, title]] }]);
  expect(counts(step)).toEqual([1, 1, 0]);
  expect(section(summarise([step]).text, 'Failed')).toEqual([expect.stringContaining(`${title}   test/some.test.ts: skipped, and its title does not say why`)]);
  expect(counts(playwright([['skipped', 'a page']]))).toEqual([0, 1, 0]);
});

test('a test that failed is named; one that passed only when it was repeated has failed', () => {
  expect(section(summarise([jest([{ status: 'failed', tests: [['failed', 'one']] }], false)]).text, 'Failed')).toEqual(['a suite one   test/some.test.ts']);
  expect(counts(playwright([['expected', 'one'], ['flaky', 'two'], ['unexpected', 'three']], false))).toEqual([1, 2, 0]);
});

test('a file that could not run counts, and is named with what it said', () => {
  const step = jest([{ status: 'failed', message: '\u001B[1m  ● Test suite failed to run\u001B[22m\n\n    Cannot find module x\n', tests: [] }, { tests: [['passed', 'one']] }], false);
  expect(counts(step)).toEqual([1, 1, 0]);
  expect(section(summarise([step]).text, 'Failed')).toEqual(['test/some.test.ts: Cannot find module x']);
  expect(section(summarise([playwright([['expected', 'one']], false, [{ message: 'SyntaxError: x\nat y' }])]).text, 'Failed')).toEqual(['SyntaxError: x']);
});

test('a file whose tests passed and that failed afterwards counts', () => {
  expect(counts(jest([{ status: 'failed', message: 'afterAll threw', tests: [['passed', 'one']] }], false))).toEqual([1, 1, 0]);
});

test.each([
  ['is missing', null, 'no report'], ['is cut off', '{"testResults": [', 'cannot be read'], ['is of another shape', '{}', 'cannot be read'], ['has no test', '{"testResults": []}', 'no test in its report'],
])('a report that %s is a failure, even where the step ended well', (_what, text, said) => {
  for (const ok of [true, false]) {
    const step: Step = { title: 'integration', ok, report: { by: 'jest', text } };
    expect(counts(jest([{ tests: [['passed', 'one']] }]), step)).toEqual([1, 1, 0]);
    expect(section(summarise([step]).text, 'Failed')).toEqual([expect.stringMatching(new RegExp(`^integration: .*${said}`))]);
  }
});

test('a step that ended badly counts once, and not again when its tests say so', () => {
  expect(counts({ title: 'types and lint', ok: false }, jest([{ tests: [['passed', 'one']] }], false))).toEqual([1, 2, 0]);
  expect(counts(jest([{ status: 'failed', tests: [['failed', 'one']] }], false))).toEqual([0, 1, 0]);
});
