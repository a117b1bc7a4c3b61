import { describe, expect, test } from '@jest/globals';
import { pageDirectory } from '@raft-mesh/mafia/page';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

// What `npm run build` made. The budget is DESIGN §9's.
const gzipBytesMax = 80_000;

function builtFiles(): readonly string[] {
  if (!existsSync(path.join(pageDirectory, 'index.html'))) throw new Error('the page is not built: npm run build');
  return [...readdirSync(pageDirectory), ...readdirSync(path.join(pageDirectory, 'assets')).map((file) => `assets/${file}`)].filter((file) => /\.(html|js|css|svg)$/u.test(file));
}
const read = (file: string): string => readFileSync(path.join(pageDirectory, file), 'utf8');

describe('the built page', () => {
  test('is at most 80 kB, gzipped, with everything', () => {
    const sizes = Object.fromEntries(builtFiles().map((file) => [file, gzipSync(read(file), { level: 9 }).length]));
    expect([Object.values(sizes).reduce((sum, size) => sum + size, 0) <= gzipBytesMax, sizes]).toEqual([true, sizes]);
  });

  test('carries no whole zod, in itself or in its worker', () => {
    for (const file of builtFiles().filter((name) => name.endsWith('.js'))) expect([file, read(file).includes('ZodMini') || read(file).includes('$ZodType')]).toEqual([file, false]);
  });

  test('needs nothing inline and nothing from elsewhere, as its content security policy asks', () => {
    const html = read('index.html');
    expect(html).not.toMatch(/<style|style=|<script(?![^>]*\ssrc="\.\/)[^>]*>|\son\w+=/u);
    for (const file of builtFiles().filter((name) => !name.startsWith('assets/worker'))) expect([file, /(?:src|href)="https?:|@import\s+url\(|url\(['"]?https?:/u.test(read(file))]).toEqual([file, false]);
  });

  test('is kept whole by its service worker', () => {
    const serviceWorker = read('sw.js');
    for (const file of builtFiles().filter((name) => name !== 'sw.js' && name !== 'index.html')) expect([file, serviceWorker.includes(`"${file}"`)]).toEqual([file, true]);
    expect(serviceWorker).not.toContain('__FILES__');
    expect(serviceWorker).not.toContain('__CACHE_NAME__');
  });
});
