import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { meshCommand } from './support/processes.ts';

// Found by chaos: whoever started it waits for it to be ready or to end, and starts it again when it has ended.
test('a part that cannot start ends, though its parent lives and listens', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'raft-mesh-failed-start-'));
  const child = spawn(process.execPath, [meshCommand, 'manager', 'start', '--data-dir', directory, '--exit-with-parent', '--json'], { stdio: ['pipe', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (data: Buffer) => { stderr += data.toString(); });
  const code = await new Promise((resolve) => { child.once('close', resolve); });
  expect(code).toBe(3);
  expect(stderr).toContain('managerNotInitialised');
  await rm(directory, { recursive: true, force: true });
});
