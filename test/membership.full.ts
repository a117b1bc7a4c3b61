import { expect, test } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { layout, type DevMesh } from '@raft-mesh/cli';
import { createOperatorClient, lockDirectory, type Worker } from '@raft-mesh/mesh-node';
import type { ManagerId, MeshStatus } from '@raft-mesh/protocol';
import { withDevMesh } from './support/dev-mesh.ts';
import { connectAdmin } from './support/game.ts';
import { eventually, isRunning, runMesh } from './support/processes.ts';

type Answer = Record<string, unknown>;

async function json(mesh: DevMesh, ...args: string[]): Promise<{ readonly code: number; readonly value: Answer; readonly error: { readonly code: string; readonly message: string; readonly next: string } | null }> {
  const { code, stdout, stderr } = await runMesh([...args, '--json', '--data-dir', mesh.directory]);
  const error = code === 0 ? null : (JSON.parse(stderr.trim().split('\n').at(-1) ?? 'null') as { error: { code: string; message: string; next: string } }).error;
  return { code, value: stdout === '' ? {} : (JSON.parse(stdout) as Answer), error };
}

const status = async (mesh: DevMesh): Promise<MeshStatus> => (await json(mesh, 'status')).value as unknown as MeshStatus;
const rolesOf = ({ managers }: MeshStatus): Record<string, string> => Object.fromEntries(managers.map(({ id, role }) => [id, role]));

test('managers change while the mesh serves: join, transfer, remove, and a wiped manager that comes back as another incarnation', async () => {
  const connected: { worker?: Worker; lock?: { release(): Promise<void> } } = {};
  try {
    await withDevMesh({ restartDelayMs: 60_000 }, async (mesh) => {
      // As `mesh dev` does: commands see by it that someone starts what they prepare.
      connected.lock = await lockDirectory(mesh.directory);
      const worker = connected.worker = await connectAdmin(mesh, 'admin');
      const written = async (key: string): Promise<void> => { expect(await worker.send('documents', 'put', { key, value: key })).toMatchObject({ status: 'committed' }); };
      await written('before');

      // A fourth joins: dev runs it, and it votes.
      const joined = await json(mesh, 'manager', 'join');
      expect(joined).toMatchObject({ code: 0, value: { joined: 'm4', managerIncarnation: 1, role: 'voter', directory: layout.manager(mesh.directory, 'm4') } });
      expect(mesh.partNames).toContain('m4');
      const four = await eventually('four managers', async () => { const seen = await status(mesh); return seen.managers.length === 4 && seen.leader !== null && seen; });
      expect(Object.keys(rolesOf(four))).toEqual(['m1', 'm2', 'm3', 'm4']);
      expect(rolesOf(four)['m4']).toBe('follower');
      // Asked again, nothing changes.
      expect(await json(mesh, 'manager', 'join', 'm4')).toMatchObject({ code: 0, value: { joined: 'm4', managerIncarnation: 1, role: 'voter' } });
      expect(await json(mesh, 'manager', 'join', 'm4', '--manager-dir', `${mesh.directory}/elsewhere`)).toMatchObject({ code: 7, error: { code: 'managerAlive' } });

      // Only an admin may, and only the leader does.
      const urls = mesh.description.managers.map(({ url }) => url);
      const as = async (accessRole: 'admin' | 'spectator') => (await mesh.client.createOperateToken(mesh.description.mesh, { accessRole }));
      const [admin, spectator] = [await as('admin'), await as('spectator')];
      if (!admin.ok || !spectator.ok) throw new Error('the control plane hands out tokens');
      const ask = (managerUrls: readonly string[], token: string) => createOperatorClient({ mesh: mesh.description.mesh, managerUrls, token, timeoutMs: 5_000 }).transferLeadership('m9' as ManagerId);
      expect(await ask(urls, spectator.value.token)).toMatchObject({ ok: false, problem: { status: 403, code: 'notAllowed' } });
      expect(await ask(urls, 'nonsense')).toMatchObject({ ok: false, problem: { status: 401 } });
      const follower = four.managers.find(({ role }) => role === 'follower')?.url ?? '';
      const asked = await fetch(`${follower}/api/v1/meshes/${mesh.description.mesh}/leadership`, { method: 'POST', headers: { authorization: `Bearer ${admin.value.token}` }, body: '{}' });
      expect({ status: asked.status, problem: await asked.json() }).toMatchObject({ status: 421, problem: { code: 'notLeader', leader: { id: four.leader } } });
      const invalid = await fetch(`${follower}/api/v1/meshes/${mesh.description.mesh}/membership`, { method: 'POST', headers: { authorization: `Bearer ${admin.value.token}` }, body: '{"change":"explode"}' });
      expect(invalid.status).toBe(422);

      // Leadership goes to the new one, and the old leader leaves.
      const handed = await json(mesh, 'manager', 'transfer', 'm4');
      expect(handed).toMatchObject({ code: 0, value: { from: four.leader, to: 'm4', tookMs: expect.any(Number) } });
      expect(await json(mesh, 'manager', 'transfer', 'm4')).toMatchObject({ code: 7, error: { code: 'leadsAlready' } });
      expect(await json(mesh, 'manager', 'transfer', 'm9')).toMatchObject({ code: 3, error: { code: 'notVoter' } });
      await written('between');
      const gone = String(four.leader);
      const pid = mesh.pidOf(gone) ?? 0;
      const removed = await json(mesh, 'manager', 'remove', gone);
      expect(removed).toMatchObject({ code: 0, value: { removed: gone, forgotten: true, learners: [] } });
      expect((removed.value['voters'] as string[]).toSorted()).toEqual(['m1', 'm2', 'm3', 'm4'].filter((id) => id !== gone));
      await eventually('its process has ended', () => !isRunning(pid), 10_000);
      expect(await json(mesh, 'manager', 'remove', gone)).toMatchObject({ code: 3, error: { code: 'noSuchManager' } });
      const refused = await runMesh(['manager', 'start', '--data-dir', layout.manager(mesh.directory, gone), '--json']);
      expect(refused.code).toBe(7);
      expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'managerDeparted', next: expect.stringContaining(`mesh manager join ${gone}`) } });
      expect((await status(mesh)).managers.map(({ id }) => id)).toEqual(['m1', 'm2', 'm3', 'm4'].filter((id) => id !== gone));

      // The leader itself is removed: it hands over first.
      expect(await json(mesh, 'manager', 'remove', 'm4')).toMatchObject({ code: 0, value: { removed: 'm4', forgotten: true } });
      await written('two are left');
      const two = await status(mesh);
      expect(two.leader).not.toBeNull();
      expect(two.managers).toHaveLength(2);

      // The removed one comes back, as another incarnation.
      expect(await json(mesh, 'manager', 'join', gone)).toMatchObject({ code: 0, value: { joined: gone, managerIncarnation: 2, role: 'voter' } });
      expect((await status(mesh)).managers).toHaveLength(3);

      // A disk is lost: the manager may not come back as it was, but it joins anew.
      const wiped = (await eventually('a leader', async () => { const seen = await status(mesh); return seen.leader !== null && seen; })).managers.find(({ role }) => role === 'follower')?.id ?? '';
      const before = mesh.description.managers.find(({ id }) => id === wiped)?.managerIncarnation ?? 0;
      await mesh.kill(wiped, { stayDown: true });
      await rm(layout.manager(mesh.directory, wiped), { recursive: true });
      const others = (await status(mesh)).managers.filter(({ id, role }) => id !== wiped && role !== 'unreachable').map(({ id }) => id);
      expect(others).toHaveLength(2);
      // Of the two that would be left one does not answer.
      expect(await json(mesh, 'manager', 'remove', String(others[0]))).toMatchObject({ code: 7, error: { code: 'quorumWouldBeLost', next: expect.stringContaining(`mesh manager remove ${wiped}`) } });
      expect(await json(mesh, 'manager', 'join', wiped)).toMatchObject({ code: 0, value: { joined: wiped, managerIncarnation: before + 1, role: 'voter' } });
      await written('after');
      const whole = await eventually('three that answer', async () => { const seen = await status(mesh); return seen.leader !== null && seen.managers.every(({ role }) => role !== 'unreachable') && seen; });
      expect(whole.managers).toHaveLength(3);
      const kept = await worker.query('documents', 'list', { prefix: '' });
      for (const key of ['before', 'between', 'two are left', 'after']) expect(JSON.stringify(kept)).toContain(`"${key}"`);
    });
  } finally {
    await connected.worker?.close();
    await connected.lock?.release();
  }
}, 120_000);
