// What `npm test` says at its end: the reports of its steps in, one text and the totals out. A report that is missing is a failure.
import { stripVTControlCharacters } from 'node:util';

/** How the title of a test that cannot run on this machine ends. */
const reason = /\(not here: .+\)/;
const against = 'ran against: ';

/** @param steps see `Step` in summary.d.mts */
export function summarise(steps) {
  const read = steps.map((step) => ({ step, tests: testsOf(step) }));
  const tests = read.flatMap(({ step, tests }) => [...tests, ...faultsOf(step, tests)]);
  const named = (status) => tests.filter((test) => test.status === status).map(({ name }) => name);
  const [passed, failed, skipped] = [named('passed'), named('failed'), named('skipped')];
  const ranAgainst = tests.filter(({ status, title }) => status === 'passed' && title.startsWith(against)).map(({ title }) => title.slice(against.length));
  return {
    passed: passed.length, failed: failed.length, skipped: skipped.length,
    text: [
      ...listOf('Ran against:', ranAgainst), ...listOf('Skipped, and why:', skipped), ...listOf('Failed:', failed),
      `${passed.length} passed, ${failed.length} failed, ${skipped.length} skipped`,
    ].join('\n\n'),
  };
}

const listOf = (title, lines) => (lines.length === 0 ? [] : [[title, ...lines.map((line) => `  - ${line}`)].join('\n')]);
const failure = (name) => ({ status: 'failed', title: '', name });

/** What is wrong with a step beyond its tests. */
function faultsOf({ title, ok, report }, tests) {
  if (report !== undefined && tests.length === 0) return [failure(`${title}: there is ${report.text === null ? 'no report' : 'no test in its report'}, so what ran is not known`)];
  return ok || tests.some(({ status }) => status === 'failed') ? [] : [failure(`${title}: ended badly`)];
}

function testsOf({ title, report }) {
  if (report === undefined || report.text === null) return [];
  try {
    const read = JSON.parse(report.text);
    return (report.by === 'jest' ? testsOfJest(read) : testsOfPlaywright(read)).map(withReason);
  } catch (error) {
    return [failure(`${title}: its report cannot be read (${error.message})`)];
  }
}

/** Whoever skips a test says why; a forgotten `only` skips all others. */
function withReason(test) {
  return test.status === 'skipped' && !reason.test(test.name) ? failure(`${test.name}: skipped, and its title does not say why, as "(not here: …)"`) : test;
}

function testsOfJest({ testResults }) {
  const statusOf = { passed: 'passed', failed: 'failed' };
  return testResults.flatMap(({ name: file, status: ofFile, message, assertionResults }) => {
    const tests = assertionResults.map(({ status, title, fullName }) => ({ status: statusOf[status] ?? 'skipped', title, name: `${fullName}   ${placeOf(file)}` }));
    // It could not be loaded, or failed outside of its tests.
    const fileFailed = ofFile === 'failed' && !tests.some(({ status }) => status === 'failed');
    return fileFailed ? [...tests, failure(`${placeOf(file)}: ${firstLineOf(message)}`)] : tests;
  });
}

function testsOfPlaywright({ suites, errors }) {
  const statusOf = { expected: 'passed', skipped: 'skipped' };
  const specsOf = (suite) => [...(suite.specs ?? []), ...(suite.suites ?? []).flatMap(specsOf)];
  const specs = suites.flatMap(specsOf);
  return [
    // A test that passes only when it is repeated has failed.
    ...specs.flatMap(({ title, file, tests }) => tests.map(({ status }) => ({ status: statusOf[status] ?? 'failed', title, name: `${title}   e2e/${file}` }))),
    ...(errors ?? []).map(({ message }) => failure(firstLineOf(message ?? 'an error outside of tests'))),
  ];
}

const placeOf = (file) => (file.startsWith(`${process.cwd()}/`) ? file.slice(process.cwd().length + 1) : file);
const firstLineOf = (message) => stripVTControlCharacters(message).split('\n').map((line) => line.trim()).find((line) => line !== '' && !line.startsWith('●')) ?? 'could not run';
