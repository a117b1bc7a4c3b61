import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const folder = new URL('.', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, folder), 'utf8');

/** The test names in a file, in order. A test made by `test.each` or with a computed name is not found, and so the count fails. */
function testsIn(path: string): readonly string[] {
  const text = read(path);
  const names = [...text.matchAll(/^\s*test\('((?:[^'\\]|\\.)*)'/gm)].map(([, name = '']) => name.replaceAll("\\'", "'"));
  expect([path, names.length]).toEqual([path, [...text.matchAll(/\b(?:test|it)\b(?:\.\w+)*\(/g)].length]);
  return names;
}

/** What README.md lists under each file. */
function listed(): ReadonlyMap<string, readonly string[]> {
  const lists = new Map<string, string[]>();
  let list: string[] | null = null;
  for (const line of read('README.md').split('\n')) {
    const file = /^\[[^\]]+\]\((\S+\.test\.ts)\)$/.exec(line)?.[1];
    if (line.startsWith('## ')) list = null;
    else if (file !== undefined) lists.set(file, list = []);
    else if (line.startsWith('- ') && list !== null) list.push(line.slice(2));
  }
  return lists;
}

test('README.md lists every sentence that has a test, and only those, in the order of the tests', () => {
  for (const [file, sentences] of listed()) expect([file, sentences]).toEqual([file, testsIn(file)]);
});

test('README.md names every file of this folder that has sentences', () => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.test.ts') && file !== 'list.test.ts');
  expect([...listed().keys()].filter((file) => !file.startsWith('../')).sort()).toEqual(files.sort());
  expect(listed().has('../../../mesh/test/paper-section-8.test.ts')).toBe(true);
});

test('every sentence says where in the paper it stands, and no two are the same', () => {
  const sentences = [...listed().values()].flat();
  expect(sentences.filter((sentence) => !/^(?:Figure (?:2|3|13)(?:, [^:]+)?|§[5-8](?:\.\d)*(?: ¶\d+)): /u.test(sentence))).toEqual([]);
  expect(new Set(sentences).size).toBe(sentences.length);
});

test('what is left out has a place and a reason', () => {
  const leftOut = read('README.md').split('\n').filter((line) => line.startsWith('* '));
  expect(leftOut.length).toBeGreaterThan(10);
  expect(leftOut.filter((line) => !/^\* §[5-8][\d.]* ¶\d.*\. Why: .+\.$/u.test(line))).toEqual([]);
});
