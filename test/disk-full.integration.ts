import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { DevMesh, layout } from '@raft-mesh/cli';
import { connectWorker } from '@raft-mesh/mesh-node';
import { runMesh } from './support/processes.ts';

// Goal: when a really full disk takes nothing more, a mesh of real processes refuses, loses nothing, and goes on when there is room, without a restart.

const sizeMiB = 96;
const mount = (directory: string): boolean => process.platform === 'linux' && process.getuid?.() === 0 && spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tmpfs', directory]).status === 0;
const probe = await mkdtemp(join(tmpdir(), 'raft-mesh-mount-'));
const canMount = mount(probe);
if (canMount) spawnSync('umount', [probe]);
await rm(probe, { recursive: true });

(canMount ? test : test.skip)(`a mesh on a full disk refuses, and goes on when there is room${canMount ? '' : ' (not here: needs Linux and root, for a file system of its own)'}`, async () => {
  const parent = await mkdtemp(join(tmpdir(), 'raft-mesh-full-'));
  const disk = join(parent, 'managers');
  mkdirSync(disk);
  expect(mount(disk)).toBe(true);
  try {
    const mesh = await DevMesh.start({ directory: parent, app: '@raft-mesh/mafia', managers: 3, bots: 0, port: 0, host: '127.0.0.1', restartDelayMs: 100, note: () => {} });
    try {
      const worker = await connectWorker({ transport: 'websocket', join: await mesh.adminJoin('writer') });
      const put = (number: number) => worker.send('documents', 'put', { key: `k/${number}`, value: 'x'.repeat(2_000) });
      expect(await put(0)).toMatchObject({ status: 'committed' });
      const ids = mesh.description.managers.map(({ id }) => id);
      const pids = ids.map((id) => mesh.pidOf(id));

      fill(join(disk, 'filler'));
      let settled = 0;
      const waiting = Array.from({ length: 20 }, async (_, number) => {
        const result = await put(number + 1);
        settled += 1;
        return result;
      });
      // What is left of the last page of each log may still take a little.
      await until(() => ids.some((id) => readFileSync(layout.log(parent, id), 'utf8').includes('"event":"diskFull"')) || settled === waiting.length);
      expect(settled).toBeLessThan(waiting.length);
      const doctor = await runMesh(['doctor', '--json', '--data-dir', parent]);
      expect((JSON.parse(doctor.stdout) as { findings: { code: string }[] }).findings.map(({ code }) => code)).toContain('managerDiskFull');
      // 5 where it has cost the mesh its leader.
      expect([1, 5]).toContain(doctor.code);

      rmSync(join(disk, 'filler'));
      for (const result of await Promise.all(waiting)) expect(result).toMatchObject({ status: 'committed' });
      for (let number = 0; number <= 20; number += 1) expect(await worker.query('documents', 'get', { key: `k/${number}` })).toMatchObject({ status: 'answered' });
      expect(ids.map((id) => mesh.pidOf(id))).toEqual(pids);
      await worker.close();
    } finally {
      await mesh.stop();
    }
  } finally {
    spawnSync('umount', ['-l', disk]);
    await rm(parent, { recursive: true, force: true });
  }
}, 60_000);

function fill(path: string): void {
  for (let bytes = 1024 * 1024; bytes >= 1; bytes = Math.floor(bytes / 2)) {
    try {
      for (;;) appendFileSync(path, Buffer.alloc(bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => { setTimeout(resolve, 20); });
}
