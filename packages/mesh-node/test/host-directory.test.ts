import { expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostId } from '@raft-mesh/protocol';
import { readHostSettings, writeHostSettings } from '../src/host/host-directory.ts';

test('a host whose key is none says that its file is damaged: found by the fuzzer', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'raft-mesh-host-'));
  try {
    const written = await writeHostSettings(directory, { host: 'h1' as HostId, url: 'http://127.0.0.1:7100', controlPlane: 'http://127.0.0.1:7070' });
    expect(await readHostSettings(directory)).toEqual(written);
    const file = join(directory, 'host.json');
    const stored = JSON.parse(await readFile(file, 'utf8')) as object;
    for (const key of [null, 7, {}, { kty: 'OKP', crv: 'Ed25519', x: 'short', d: 'short' }]) {
      await writeFile(file, JSON.stringify({ ...stored, key }));
      await expect(readHostSettings(directory)).rejects.toMatchObject({ problem: { code: 'hostFileDamaged' } });
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
