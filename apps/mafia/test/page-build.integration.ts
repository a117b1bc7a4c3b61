import { describe, expect, test } from '@jest/globals';
import { pageDirectory } from '@raft-mesh/mafia/page';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

// What `npm run build` made. The budget is DESIGN §9's.
const gzipBytesMax = 80_000;
/** Of one file that comes later. */
const laterGzipBytesMax = 15_000;
/** With the SDK of Firebase, for those alone who come by a link to sign in with. */
const isSignIn = (file: string): boolean => /^assets\/(sign-in|account)-/u.test(file);
const signInGzipBytesMax = 45_000;

function builtFiles(): readonly string[] {
  if (!existsSync(path.join(pageDirectory, 'index.html'))) throw new Error('the page is not built: npm run build');
  return [...readdirSync(pageDirectory), ...readdirSync(path.join(pageDirectory, 'assets')).map((file) => `assets/${file}`)].filter((file) => /\.(html|js|json|css|svg)$/u.test(file));
}
const read = (file: string): string => readFileSync(path.join(pageDirectory, file), 'utf8');
const gzipBytes = (file: string): number => gzipSync(read(file), { level: 9 }).length;

/** What comes with a first visit: the page, all that it names, what that imports or starts, and what the service worker keeps. */
function firstFiles(): ReadonlySet<string> {
  const first = new Set<string>();
  const add = (file: string): void => {
    if (first.has(file) || !builtFiles().includes(file)) return;
    first.add(file);
    if (file.endsWith('.html')) for (const [, named] of read(file).matchAll(/(?:src|href)="\.\/([^"]+)"/gu)) add(named ?? '');
    if (file.startsWith('assets/') && file.endsWith('.js')) for (const [, named] of read(file).matchAll(/(?:from|import)\s*["'`]\.\/([^"'`]+)["'`]|new URL\([^)]*?([\w-]+\.js)/gu)) { const imported = named ?? ''; add(`assets/${imported}`); }
  };
  add('index.html');
  add('sw.js');
  for (const file of builtFiles()) if (file.startsWith('assets/worker-')) add(file);
  for (const file of JSON.parse(/\[("[^\]]*index-[^\]]*)\]/u.exec(read('sw.js'))?.[0] ?? '[]') as string[]) add(file);
  return first;
}

describe('the built page', () => {
  test('is at most 80 kB at a first visit, gzipped, with everything', () => {
    const sizes = Object.fromEntries([...firstFiles()].map((file) => [file, gzipBytes(file)]));
    expect(Object.keys(sizes).filter((file) => /index-|worker-|\.css$|manifest|sw\.js/u.test(file)).length).toBeGreaterThanOrEqual(5);
    expect([Object.values(sizes).reduce((sum, size) => sum + size, 0) <= gzipBytesMax, sizes]).toEqual([true, sizes]);
  });

  test('leaves for later what is not needed at first sight', () => {
    const first = firstFiles();
    const later = builtFiles().filter((file) => !first.has(file));
    for (const part of ['german', 'invite-dialog', 'settings-dialog', 'sign-in']) expect([part, later.some((file) => file.includes(part))]).toEqual([part, true]);
    for (const file of later) expect([file, gzipBytes(file) <= (isSignIn(file) ? signInGzipBytesMax : laterGzipBytesMax)]).toEqual([file, true]);
  });

  test('carries no whole zod, in itself or in its worker', () => {
    for (const file of builtFiles().filter((name) => name.endsWith('.js'))) expect([file, read(file).includes('ZodMini') || read(file).includes('msgpackr')]).toEqual([file, false]);
  });

  test('needs nothing inline and nothing from elsewhere, as its content security policy asks', () => {
    const html = read('index.html');
    expect(html).not.toMatch(/<style|style=|<script(?![^>]*\ssrc="\.\/)[^>]*>|\son\w+=/u);
    for (const file of builtFiles().filter((name) => !name.startsWith('assets/worker'))) expect([file, /(?:src|href)="https?:|@import\s+url\(|url\(['"]?https?:/u.test(read(file))]).toEqual([file, false]);
  });

  test('is kept whole by its service worker', () => {
    const serviceWorker = read('sw.js');
    for (const file of builtFiles().filter((name) => name !== 'sw.js' && name !== 'index.html')) expect([file, serviceWorker.includes(`"${file}"`)]).toEqual([file, !isSignIn(file)]);
    expect(serviceWorker).not.toMatch(/__(LATER_)?FILES__/u);
    expect(serviceWorker).not.toContain('__CACHE_NAME__');
  });
});
