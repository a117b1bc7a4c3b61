import { expect, test } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { layout, saveContext, type DevMesh } from '@raft-mesh/cli';
import { lockDirectory, meshStatus, type Worker } from '@raft-mesh/mesh-node';
import type { MeshStatus } from '@raft-mesh/protocol';
import { withDevMesh } from './support/dev-mesh.ts';
import { connectAdmin } from './support/game.ts';
import { eventually, runMesh, type Run } from './support/processes.ts';

const keys = Array.from({ length: 40 }, (_, number) => `acknowledged/${number}`);

test('a manager whose log is damaged says where, changes nothing, does not vote, and is rebuilt from the others by one command', async () => {
  const held: { worker?: Worker; lock?: { release(): Promise<void> } } = {};
  try {
    await withDevMesh({ restartDelayMs: 60_000 }, async (mesh) => {
      held.lock = await lockDirectory(mesh.directory);
      const token = await mesh.operateToken();
      await saveContext(mesh.directory, { controlPlane: mesh.controlPlaneUrl, adminKeyFile: layout.adminKey(mesh.directory), mesh: mesh.description, operateToken: token });
      const worker = held.worker = await connectAdmin(mesh, 'admin');
      const write = async (key: string): Promise<void> => { expect(await worker.send('documents', 'put', { key, value: key })).toMatchObject({ status: 'committed' }); };
      for (const key of keys) await write(key);

      const status = (): Promise<MeshStatus> => meshStatus({ mesh: mesh.description.mesh, managers: mesh.description.managers, token });
      const damaged = await eventually('a follower that has all', async () => {
        const { managers, leader } = await status();
        const leading = managers.find(({ id }) => id === leader);
        return managers.find(({ role, appliedIndex }) => role === 'follower' && appliedIndex === leading?.appliedIndex)?.id;
      });
      const home = layout.manager(mesh.directory, damaged);
      const { corrupted } = (await answerOf(mesh, 'chaos', 'corrupt', damaged)) as { readonly corrupted: { readonly file: string; readonly offsetBytes: number } };
      await mesh.kill(damaged, { stayDown: true });
      const before = await contentOf(home);

      // It names file and place, and neither starts nor touches what is left.
      const refused = await runMesh(['manager', 'start', '--data-dir', home, '--json']);
      const { error } = JSON.parse(refused.stderr) as { readonly error: { readonly code: string; readonly message: string; readonly next: string } };
      expect({ code: refused.code, error }).toMatchObject({ code: 8, error: { code: 'logDamaged', next: expect.stringContaining(`mesh manager join ${damaged} --rebuild`) } });
      expect(error.message).toContain(corrupted.file);
      const named = Number(/byte (\d+)/.exec(error.message)?.[1]);
      expect(named).toBeLessThanOrEqual(corrupted.offsetBytes);
      expect(await contentOf(home)).toEqual(before);
      await write('two of three go on');

      const rebuilt = await answerOf(mesh, 'manager', 'join', damaged, '--rebuild');
      expect(rebuilt).toMatchObject({ joined: damaged, managerIncarnation: 2, role: 'voter', directory: home });
      const aside = (await readdir(path.dirname(home))).find((name) => name.startsWith(`${damaged}.incarnation-1-`)) ?? '';
      expect(await contentOf(path.join(path.dirname(home), aside))).toEqual(before);

      // Nobody's disk is taken away while it is in use.
      const running = (await status()).managers.find(({ id }) => id !== damaged)?.id ?? '';
      const inUse = await runMesh(['manager', 'join', running, '--rebuild', '--json', '--data-dir', mesh.directory]);
      expect({ code: inUse.code, stderr: inUse.stderr }).toMatchObject({ code: 7, stderr: expect.stringContaining('managerAlive') });

      // Its vote is needed now, and what it was rebuilt with is asked of it.
      const other = (await status()).managers.find(({ id, role }) => id !== damaged && role === 'follower')?.id ?? '';
      await mesh.kill(other, { stayDown: true });
      await write('with the one that was rebuilt');
      const listed = JSON.stringify(await worker.query('documents', 'list', { prefix: '', limit: 100 }));
      for (const key of [...keys, 'two of three go on', 'with the one that was rebuilt']) expect(listed).toContain(`"${key}"`);
      const again = await runMesh(['manager', 'start', '--data-dir', path.join(path.dirname(home), aside), '--json']);
      expect({ code: again.code, stderr: again.stderr }).toMatchObject({ code: 8, stderr: expect.stringContaining('logDamaged') });
    });
  } finally {
    await held.worker?.close();
    await held.lock?.release();
  }
}, 120_000);

async function answerOf(mesh: DevMesh, ...args: string[]): Promise<unknown> {
  const { code, stdout, stderr }: Run = await runMesh([...args, '--json', '--data-dir', mesh.directory]);
  expect({ args, code, stderr: code === 0 ? '' : stderr }).toEqual({ args, code: 0, stderr: '' });
  return JSON.parse(stdout);
}

/** Every file of a manager's store with its bytes, but for the lock of whoever looked last. */
async function contentOf(home: string): Promise<Record<string, string>> {
  const files = (await readdir(home, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile() && !entry.name.includes('lock'));
  return Object.fromEntries(await Promise.all(files.map(async (entry) => {
    const file = path.join(entry.parentPath, entry.name);
    return [path.relative(home, file), (await readFile(file)).toString('base64')] as const;
  })));
}
