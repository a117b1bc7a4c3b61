import { expect, test } from '@jest/globals';
import { layout, saveContext, type DevMesh } from '@raft-mesh/cli';
import { connectWorker, meshStatus } from '@raft-mesh/mesh-node';
import type { MeshStatus } from '@raft-mesh/protocol';
import { withDevMesh } from './support/dev-mesh.ts';
import { eventually, isRunning, runMesh, type Run } from './support/processes.ts';

type Answer = Readonly<Record<string, unknown>>;

async function saveContextOf(mesh: DevMesh): Promise<string> {
  const operateToken = await mesh.operateToken();
  await saveContext(mesh.directory, { controlPlane: mesh.controlPlaneUrl, adminKeyFile: layout.adminKey(mesh.directory), mesh: mesh.description, operateToken });
  return operateToken;
}

test('chaos commands part, slow, fill, stop and kill managers of a mesh in chaos mode, and heal it again', async () => {
  await withDevMesh({ chaos: true, restartDelayMs: 500 }, async (mesh) => {
    const token = await saveContextOf(mesh);
    const worker = await connectWorker({ join: await mesh.adminJoin('tester'), transport: 'websocket' });
    const write = async (value: string): Promise<void> => { expect(await worker.send('documents', 'put', { key: 'greeting', value })).toMatchObject({ status: 'committed' }); };
    const run = (...args: string[]): Promise<Run> => runMesh([...args, '--json', '--data-dir', mesh.directory]);
    const chaos = async (...args: string[]): Promise<Answer> => {
      const { code, stdout, stderr } = await run('chaos', ...args);
      expect({ args, code, stderr: code === 0 ? '' : stderr }).toEqual({ args, code: 0, stderr: '' });
      return JSON.parse(stdout) as Answer;
    };
    const status = (): Promise<MeshStatus> => meshStatus({ mesh: mesh.description.mesh, managers: mesh.description.managers, token });
    const leader = (): Promise<string> => eventually('somebody leads', async () => (await status()).leader);

    // Parted from the others, a leader is followed by another one; healed, it follows.
    const first = await leader();
    expect(await chaos('partition', first)).toMatchObject({ partition: [first], direction: 'both', forMs: null });
    const second = await eventually('another one leads', async () => { const { leader: now } = await status(); return now !== null && now !== first && now; });
    await write('parted');
    expect(await chaos('heal')).toEqual({ healed: true, resumed: [] });
    await eventually('the first one has caught up', async () => {
      const { managers, leader: now } = await status();
      const [own, leading] = [managers.find(({ id }) => id === first), managers.find(({ id }) => id === now)];
      return own?.role === 'follower' && own.appliedIndex === leading?.appliedIndex;
    });

    // With an end it heals by itself.
    expect(await chaos('slow', second, '--ms', '20ms', '--for', '300ms')).toEqual({ slowLinks: second, delayMs: 20, forMs: 300 });
    expect(await chaos('slow', second, '--disk', '--ms', '5', '--for', '300ms')).toEqual({ slowDisk: second, flushDelayMs: 5, forMs: 300 });
    expect(await chaos('partition', first, '--direction', 'in', '--for', '300ms')).toMatchObject({ partition: [first], direction: 'in', forMs: 300 });

    // A process that hangs says nothing; its pid is remembered.
    const paused = await leader();
    const { paused: hanging } = await chaos('pause', paused) as { readonly paused: { readonly id: string; readonly pid: number } };
    expect(hanging).toEqual({ id: paused, pid: mesh.pidOf(paused) });
    await eventually('another one leads', async () => { const { leader: now } = await status(); return now !== null && now !== paused; });
    expect((await run('chaos', 'kill', paused)).stderr).toContain('managerUnreachable');
    expect(await chaos('heal')).toEqual({ healed: true, resumed: [paused] });

    // A full disk harms that manager alone; with room it is back.
    const full = await leader();
    await chaos('disk-full', full);
    await write('full');
    expect(await eventually('another one leads', async () => { const { leader: now } = await status(); return now !== null && now !== full && now; })).not.toBe(full);
    await chaos('heal');
    await eventually('all are there', async () => (await status()).managers.every(({ role }) => role !== 'unreachable'));

    // Killed, one starts again.
    const { killed } = await chaos('kill', full) as { readonly killed: { readonly id: string; readonly pid: number } };
    expect(killed.id).toBe(full);
    await eventually('it has ended', () => !isRunning(killed.pid));
    await eventually('it is there again', async () => { const own = (await status()).managers.find(({ id }) => id === full); return own?.pid !== null && own?.pid !== killed.pid; });

    // What is damaged on a disk is noticed at the next start, and the others go on.
    const { corrupted } = await chaos('corrupt', full) as { readonly corrupted: { readonly id: string; readonly file: string } };
    expect(corrupted).toMatchObject({ id: full, offsetBytes: expect.any(Number), file: expect.stringContaining(layout.manager(mesh.directory, full)) });
    await chaos('kill', full);
    await write('damaged');
    const other = (await status()).managers.find(({ id }) => id !== full)?.id ?? '';
    const refused = await run('chaos', 'corrupt', other);
    expect({ code: refused.code, error: (JSON.parse(refused.stderr) as { error: Answer }).error }).toMatchObject({ code: 7, error: { code: 'quorumWouldBeLost', next: expect.stringContaining('--force') } });

    for (const [args, code, error] of [[['kill', 'm9'], 3, 'noSuchManager'], [['partition', 'm9'], 3, 'noSuchManager'], [['partition', 'm1', 'm2', 'm3'], 2, 'usage'], [['slow', 'm1', '--ms', 'soon'], 2, 'usage'], [['partition', 'm1', '--direction', 'up'], 2, 'usage']] as const) {
      const failed = await run('chaos', ...args);
      expect({ args, code: failed.code, error: (JSON.parse(failed.stderr) as { error: Answer }).error['code'] }).toEqual({ args, code, error });
    }
    await worker.close();
  });
}, 240_000);

test('a mesh that is not in chaos mode says how to bring it there; kill and pause need none', async () => {
  await withDevMesh({ restartDelayMs: 500 }, async (mesh) => {
    await saveContextOf(mesh);
    const run = (...args: string[]): Promise<Run> => runMesh([...args, '--json', '--data-dir', mesh.directory]);
    for (const args of [['partition', 'm1'], ['slow', 'm1'], ['disk-full', 'm1']]) {
      const { code, stderr } = await run('chaos', ...args);
      expect({ code, error: (JSON.parse(stderr) as { error: Answer }).error }).toMatchObject({ code: 7, error: { code: 'noChaosMode', next: expect.stringContaining('mesh dev --chaos') } });
    }
    const { code, stdout } = await run('chaos', 'pause', 'm2', '--for', '200ms');
    expect({ code, answer: JSON.parse(stdout) as Answer }).toEqual({ code: 0, answer: { paused: { id: 'm2', pid: mesh.pidOf('m2') }, forMs: 200 } });
    expect(JSON.parse((await run('chaos', 'heal')).stdout)).toEqual({ healed: true, resumed: [] });
  });
}, 120_000);
