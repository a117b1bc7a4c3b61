import { expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDevRunning, lockDev } from '../src/dev/dev-lock.ts';
import { removeDevMesh } from '../src/dev/dev-mesh.ts';

test('beginning anew forgets everything but who owns the folder', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'raft-mesh-lock-'));
  const lock = await lockDev(directory);
  await writeFile(join(directory, 'dev.json'), '{}');
  await removeDevMesh(directory);
  expect(existsSync(join(directory, 'dev.json'))).toBe(false);
  expect(await isDevRunning(directory)).toBe(true);
  await lock.release();
  expect(await isDevRunning(directory)).toBe(false);
  await rm(directory, { recursive: true });
});
