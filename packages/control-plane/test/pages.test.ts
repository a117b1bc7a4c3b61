import { expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createPages } from '../src/api-gateway/pages.ts';

test('a page is compressed for whoever takes that, and the same for everyone else', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'raft-mesh-pages-'));
  try {
    const script = `export const words = ${JSON.stringify('night and day '.repeat(500))};`;
    await mkdir(join(directory, 'assets'));
    await writeFile(join(directory, 'index.html'), '<!doctype html><title>Mafia</title>');
    await writeFile(join(directory, 'assets', 'page-1a2b.js'), script);
    const pages = createPages(directory);
    const plain = await pages.request('/assets/page-1a2b.js');
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await plain.text()).toBe(script);
    const compressed = await pages.request('/assets/page-1a2b.js', { headers: { 'accept-encoding': 'gzip' } });
    expect(compressed.headers.get('content-encoding')).toBe('gzip');
    const bytes = Buffer.from(await compressed.arrayBuffer());
    expect(bytes.length).toBeLessThan(script.length / 10);
    expect(gunzipSync(bytes).toString()).toBe(script);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
