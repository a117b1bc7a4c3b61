import { expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { applyPatch } from 'diff';
import { readMutants } from '../mutants/mutant.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

test('every deliberate mistake still fits the code it is made in', async () => {
  const mutants = await readMutants(join(root, 'mutants/patches'));
  expect(mutants.length).toBeGreaterThan(60);
  const misfits: string[] = [];
  for (const { name, patches } of mutants) {
    for (const patch of patches) {
      const path = (patch.newFileName ?? '').replace(/^b\//, '');
      if (applyPatch(await readFile(join(root, path), 'utf8'), patch) === false) misfits.push(`${name}.patch no longer fits ${path}`);
    }
  }
  expect(misfits).toEqual([]);
});
