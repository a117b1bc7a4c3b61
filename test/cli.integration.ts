import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import type { DevMesh } from '@raft-mesh/cli';
import { withDevMesh } from './support/dev-mesh.ts';
import { eventually, meshCommand, runMesh } from './support/processes.ts';

type Answer = Record<string, unknown>;

async function json(mesh: DevMesh, ...args: string[]): Promise<{ readonly code: number; readonly value: Answer; readonly error: { readonly code: string; readonly message: string; readonly next: string } | null }> {
  const { code, stdout, stderr } = await runMesh([...args, '--json', '--data-dir', mesh.directory]);
  const error = code === 0 ? null : (JSON.parse(stderr.trim().split('\n').at(-1) ?? 'null') as { error: { code: string; message: string; next: string } }).error;
  return { code, value: stdout === '' ? {} : (JSON.parse(stdout) as Answer), error };
}

test('a user at the command line: documents, bots, the game, chaos; every error has its exit code and the next step', async () => {
  await withDevMesh({ bots: 4, restartDelayMs: 300, botEnvironment: { MESH_BOT_THINK_MS: '50-300' } }, async (mesh) => {
    // Documents.
    expect((await json(mesh, 'doc', 'get', 'greeting'))).toMatchObject({ code: 3, error: { next: expect.stringContaining('mesh doc put') } });
    const put = await json(mesh, 'doc', 'put', 'greeting', '{"hello":"mesh"}');
    expect(put).toMatchObject({ code: 0, value: { index: expect.any(Number) } });
    const got = await json(mesh, 'doc', 'get', 'greeting');
    expect(got.value).toMatchObject({ key: 'greeting', value: { hello: 'mesh' } });
    const version = Number(got.value['version']);
    expect((await json(mesh, 'doc', 'put', 'greeting', '1', '--if-version', String(version + 1)))).toMatchObject({ code: 7, error: { next: expect.stringContaining('mesh') } });
    expect((await json(mesh, 'doc', 'put', 'greeting', '1', '--if-version', String(version))).code).toBe(0);
    expect((await json(mesh, 'doc', 'put', 'greeting', 'not json'))).toMatchObject({ code: 2 });

    // Watching follows, one JSON value a line.
    const watching = spawn(process.execPath, [meshCommand, 'doc', 'watch', 'gree', '--json', '--data-dir', mesh.directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines: string[] = [];
    createInterface({ input: watching.stdout }).on('line', (line) => lines.push(line));
    await eventually('the first view', () => lines.length > 0);
    expect((await json(mesh, 'doc', 'delete', 'greeting')).code).toBe(0);
    await eventually('the view without it', () => lines.length > 1 && !(lines.at(-1) ?? '').includes('greeting'));
    const watchEnded = new Promise((resolve) => watching.once('exit', resolve));
    watching.kill('SIGINT');
    expect(await watchEnded).toBe(130);

    // Bots and the game.
    expect((await json(mesh, 'game', 'status'))).toMatchObject({ code: 0, value: { phase: 'lobby' } });
    const added = spawn(process.execPath, [meshCommand, 'bot', 'add', '-n', '2', '--json', '--data-dir', mesh.directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    let joined = 0;
    createInterface({ input: added.stdout }).on('line', () => { joined += 1; });
    await eventually('two more bots are in', () => joined === 2);
    await eventually('six at the table', async () => Array.isArray((await json(mesh, 'game', 'status')).value['players']) && ((await json(mesh, 'game', 'status')).value['players'] as unknown[]).length === 6);
    expect((await json(mesh, 'game', 'start', '--night-ms', '4000', '--day-ms', '4000')).code).toBe(0);

    // Chaos: the leader dies, the game goes on.
    const killed = await json(mesh, 'chaos', 'kill-leader');
    expect(killed).toMatchObject({ code: 0, value: { killed: { id: expect.stringMatching(/^m[123]$/), pid: expect.any(Number) } } });
    await eventually('the game is over', async () => (await json(mesh, 'game', 'status')).value['phase'] === 'ended', 60_000);
    const addedEnded = new Promise((resolve) => added.once('exit', resolve));
    added.kill('SIGINT');
    expect(await addedEnded).toBe(130);

    // Managers: a directory is made once; a manager without one does not start.
    expect((await json(mesh, 'list')).code).toBe(0);
    const start = await runMesh(['manager', 'start', '--data-dir', join(mesh.directory, 'nothing-here'), '--json']);
    expect(start.code).toBe(3);
    expect(start.stderr).toContain('mesh manager join');
    const again = await runMesh(['manager', 'init', '--data-dir', join(mesh.directory, 'managers', 'm1'), '--mesh', mesh.description.mesh, '--id', 'm1', '--control-plane', mesh.controlPlaneUrl, '--key-file', join(mesh.directory, 'control-plane', 'admin-key'), '--json']);
    expect(again.code).toBe(7);
    expect(again.stderr).toContain('mesh manager start');
  });

  // Without a mesh, and with a mistake.
  const nowhere = await runMesh(['status', '--json', '--data-dir', '/nonexistent-raft-mesh']);
  expect(nowhere.code).toBe(3);
  expect(JSON.parse(nowhere.stderr)).toMatchObject({ error: { code: 'noContext', next: expect.stringContaining('mesh dev') } });
  const typo = await runMesh(['statsu']);
  expect(typo.code).toBe(2);
  expect(typo.stderr).toContain('Did you mean status?');
}, 150_000);
