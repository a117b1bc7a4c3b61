import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startControlPlane, type ControlPlane } from '@raft-mesh/control-plane';
import { createControlPlaneClient, createLogger } from '@raft-mesh/mesh-node';
import type { ManagerId } from '@raft-mesh/protocol';
import { runMesh } from './support/processes.ts';

let directory: string;
let controlPlane: ControlPlane;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'raft-mesh-keys-'));
  controlPlane = await startControlPlane({ directory: join(directory, 'control-plane'), port: 0, logger: createLogger({ level: 'silent', name: 'test' }) });
});
afterAll(async () => {
  await controlPlane.stop();
  await rm(directory, { recursive: true, force: true });
});

async function mesh(keyFile: string, ...args: string[]) {
  const { code, stdout, stderr } = await runMesh([...args, '--json', '--control-plane', controlPlane.url, '--key-file', keyFile]);
  return { code, value: stdout === '' ? null : (JSON.parse(stdout) as Record<string, unknown>), error: code === 0 ? null : (JSON.parse(stderr.trim()) as { error: { code: string; next: string } }).error };
}

test('a key is made, used, listed and revoked at the command line; its secret is in one file, for its owner', async () => {
  const admin = controlPlane.adminKeyFile;
  const client = createControlPlaneClient({ url: controlPlane.url, adminKey: (await readFile(admin, 'utf8')).trim() });
  for (const name of ['one', 'two']) await client.createMesh({ mesh: name as never, app: 'a', managers: [{ id: 'm1' as ManagerId, url: 'http://127.0.0.1:1' }] });
  const file = join(directory, 'viewer-key');

  const made = await mesh(admin, 'key', 'create', 'viewer', '--role', 'spectator', '--mesh', 'one', '--out', file);
  expect(made).toMatchObject({ code: 0, value: { key: { name: 'viewer', accessRole: 'spectator', meshes: ['one'] }, file } });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await mesh(admin, 'key', 'create', 'again', '--out', file)).toMatchObject({ code: 7, error: { code: 'fileExists' } });

  expect(await mesh(file, 'show', 'one')).toMatchObject({ code: 0, value: { mesh: 'one' } });
  expect(await mesh(file, 'show', 'two')).toMatchObject({ code: 4, error: { code: 'notAllowed', next: expect.stringContaining('mesh key create') } });
  expect((await mesh(file, 'list')).value).toMatchObject([{ mesh: 'one' }]);
  expect(await mesh(file, 'key', 'create', 'mine')).toMatchObject({ code: 4 });

  const { key } = (made.value as { key: { key: string } }).key;
  expect(await mesh(admin, 'key', 'revoke', key)).toMatchObject({ code: 0, value: { key, revokedAt: expect.any(String) } });
  expect(await mesh(file, 'show', 'one')).toMatchObject({ code: 4, error: { code: 'keyRevoked' } });
  const listed = (await mesh(admin, 'key', 'list')).value as unknown as { key: string; revokedAt: string | null }[];
  // The one whose file was there already can be used by nobody.
  expect(listed.map(({ revokedAt }) => revokedAt !== null)).toEqual([true, true]);
  expect(await mesh(admin, 'key', 'revoke', 'nothing')).toMatchObject({ code: 3, error: { code: 'keyNotFound' } });
}, 60_000);
