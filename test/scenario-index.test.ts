import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

// docs/scenarios.md says for each numbered scenario which tests carry its number. Here the numbers are looked up in the names of the tests.
const root = fileURLToPath(new URL('..', import.meta.url));
const page = join(root, 'docs', 'scenarios.md');
const numbers = Array.from({ length: 60 }, (_, offset) => offset + 1);

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !['node_modules', 'dist', 'build', 'src'].includes(name))
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]));
}

/** The numbers that names of tests in this file begin with. */
function numbersIn(file: string): readonly number[] {
  const text = readFileSync(file, 'utf8');
  if (file.endsWith('.txt')) return [Number.parseInt(text, 10)];
  return text.split('\n').filter((line) => /\b(?:test|describe)\b/.test(line)).flatMap((line) => {
    const name = /\(['"`](\d{1,2})\. \S/.exec(line);
    return name === null ? [] : [Number(name[1])];
  });
}

const files = ['packages', 'test'].flatMap((folder) => filesBelow(join(root, folder)))
  .filter((file) => /\/test\/.*\.(?:test|integration)\.ts$/.test(file) || /\/test\/scripts\/[^/]+\.txt$/.test(file))
  .map((file) => ({ file, numbers: numbersIn(file) }))
  .sort((left, right) => (left.file < right.file ? -1 : 1));

const testsOf = (number: number): readonly string[] => files.filter((candidate) => candidate.numbers.includes(number)).map(({ file }) => file);

/** `[01a](…)` for a golden script, `[raft/election](…)` for a test of a package. */
function linkTo(file: string): string {
  const path = relative(root, file);
  const name = file.endsWith('.txt') ? basename(file).split('-')[0] ?? '' : path.replace('packages/', '').replace('test/', '').replace(/\.(?:test|integration)\.ts$/, '');
  return `[${name}](../${path})`;
}

/** The files that a row of the page names. */
function namedBy(row: string): readonly string[] {
  return [...row.matchAll(/\]\(\.\.\/([^)]+)\)/g)].map(([, path = '']) => join(root, path));
}

/** The page with its last column as the tests are. */
function withTests(text: string): string {
  return text.split('\n').map((line) => {
    const row = /^\| (\d+) \| (.+?) \| .*\|$/.exec(line);
    return row === null ? line : `| ${row[1] ?? ''} | ${row[2] ?? ''} | ${testsOf(Number(row[1])).map(linkTo).join(', ')} |`;
  }).join('\n');
}

test('every numbered scenario has a test that carries its number', () => {
  expect(numbers.filter((number) => testsOf(number).length === 0)).toEqual([]);
  expect(files.flatMap(({ file, numbers: found }) => found.filter((number) => !numbers.includes(number)).map((number) => `${number} in ${relative(root, file)}`))).toEqual([]);
});

test('docs/scenarios.md has a sentence for each, and names tests of it (UPDATE_SCRIPTS=1 writes down all there are)', () => {
  if (process.env['UPDATE_SCRIPTS'] === '1') writeFileSync(page, withTests(readFileSync(page, 'utf8')));
  const rows = readFileSync(page, 'utf8').split('\n').flatMap((line) => {
    const number = /^\| (\d+) \| .{20,}? \|/.exec(line)?.[1];
    return number === undefined ? [] : [{ number: Number(number), named: namedBy(line) }];
  });
  expect(rows.map(({ number }) => number)).toEqual(numbers);
  for (const { number, named } of rows) {
    expect([number, named.length]).not.toEqual([number, 0]);
    for (const file of named) expect([number, relative(root, file), testsOf(number).includes(file)]).toEqual([number, relative(root, file), true]);
  }
});
