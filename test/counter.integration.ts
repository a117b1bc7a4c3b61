import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withDevMesh } from './support/dev-mesh.ts';

const example = (file: string) => fileURLToPath(new URL(`../examples/counter/${file}`, import.meta.url));

/** Runs the example's worker as its reader would, in an empty folder. */
async function runWorker(link: string, directory: string): Promise<string> {
  const child = spawn(process.execPath, [example('dist/worker.js')], { cwd: directory, env: { ...process.env, MESH_LINK: link }, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (data: Buffer) => { output += data.toString(); });
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
  return output;
}

test('the counter: an own app in at most 40 lines runs on a real mesh', async () => {
  await withDevMesh({ app: './examples/counter' }, async (mesh) => {
    const directory = await mkdtemp(join(tmpdir(), 'raft-mesh-counter-'));
    const link = await mesh.invitation();
    expect(await runWorker(link, directory)).toMatch(/status: 'committed'[\s\S]*answer: 1/);
    // The same identity again: its next command counts on.
    expect(await runWorker(link, directory)).toMatch(/status: 'committed'[\s\S]*answer: 2/);
    await rm(directory, { recursive: true, force: true });
  });
}, 60_000);

test('the README shows the example as it is', async () => {
  const readme = await readFile(fileURLToPath(new URL('../README.md', import.meta.url)), 'utf8');
  let lines = 0;
  for (const file of ['index.ts', 'worker.ts']) {
    const source = await readFile(example(`src/${file}`), 'utf8');
    lines += source.trimEnd().split('\n').length;
    expect(readme).toContain(`<!-- counter:${file} -->\n\n\`\`\`ts\n${source}\`\`\`\n`);
  }
  expect(lines).toBeLessThanOrEqual(40);
});
