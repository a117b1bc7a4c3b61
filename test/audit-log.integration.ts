import { expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startControlPlane } from '@raft-mesh/control-plane';
import { createControlPlaneClient, createLogger } from '@raft-mesh/mesh-node';
import { runMesh } from './support/processes.ts';

type Verified = readonly { readonly ok: boolean; readonly entries?: number; readonly last?: number; readonly lastHash?: string; readonly line?: number }[];

test('mesh audit verify: 0 for a good log, 8 with the first bad line for one that was changed or cut', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'raft-mesh-audit-'));
  try {
    const controlPlane = await startControlPlane({ directory, port: 0, logger: createLogger({ level: 'silent', name: 'test' }) });
    const client = createControlPlaneClient({ url: controlPlane.url, adminKey: (await readFile(controlPlane.adminKeyFile, 'utf8')).trim() });
    for (const name of ['one', 'two', 'three']) await client.createKey({ name, accessRole: 'spectator' });
    await controlPlane.stop();

    const verify = async (...args: string[]) => {
      const { code, stdout } = await runMesh(['audit', 'verify', directory, '--json', ...args]);
      return { code, value: JSON.parse(stdout) as Verified };
    };
    const good = await verify();
    expect(good).toMatchObject({ code: 0, value: [{ ok: true, entries: 3, last: 3 }] });
    const end = `${good.value[0]?.last ?? 0}:${good.value[0]?.lastHash ?? ''}`;

    const file = join(directory, 'audit', 'audit-0000000000000001.jsonl');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.split('\n').slice(0, 2).join('\n').concat('\n'));
    expect(await verify()).toMatchObject({ code: 0, value: [{ entries: 2 }] });
    expect(await verify('--includes', end)).toMatchObject({ code: 8, value: [{ ok: false }] });
    const [first = '', second = '', third = ''] = text.split('\n');
    await writeFile(file, `${first}\n${second.replace('spectator', 'admin')}\n${third}\n`);
    expect(await verify()).toMatchObject({ code: 8, value: [{ ok: false, line: 2 }] });
    expect((await runMesh(['audit', 'verify', '--data-dir', join(directory, 'nowhere')])).code).toBe(3);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}, 60_000);
