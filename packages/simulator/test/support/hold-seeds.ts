import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const run = promisify(execFile);

/**
 * Makes a test that runs these seeds, with documents and the game of rounds, and demands that every promise holds and that enough goes on.
 * They run in a process of their own, as one program made from the sources: the contexts of the test runner cost several times the time.
 */
export function holdSeeds(from: number, to: number): void {
  let folder = '';
  beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'raft-mesh-seeds-')); });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test(`seeds ${from} to ${to}`, async () => {
    const program = join(folder, 'run-seeds.mjs');
    await build({
      entryPoints: [fileURLToPath(new URL('run-seeds.ts', import.meta.url))], outfile: program, bundle: true, platform: 'node', format: 'esm', target: 'node20', conditions: ['@raft-mesh/source'],
      banner: { js: "import { createRequire as createRequireOfProgram } from 'node:module'; const require = createRequireOfProgram(import.meta.url);" },
      external: ['@jest/globals', 'fs-native-extensions'], logLevel: 'error',
    });
    const { stdout } = await run(process.execPath, [program, String(from), String(to)]);
    expect(stdout.trim().split('\n').map((line) => JSON.parse(line) as unknown)).toEqual([{ ran: to - from + 1 }]);
  }, 300_000);
}
