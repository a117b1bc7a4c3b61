import { expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeCertificates } from './support/certificates.ts';
import { HostFleet } from './support/host-fleet.ts';
import { eventually, startLasting } from './support/processes.ts';
import { scrape, withObservedMesh } from './support/observed-mesh.ts';

const workerFile = fileURLToPath(new URL('support/traced-worker.ts', import.meta.url));

test('managers speak TLS to each other and to workers, and nobody who does not know the authority gets through', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'raft-mesh-tls-'));
  try {
    const { authority, certificate, key } = makeCertificates(folder);
    const environment = { NODE_EXTRA_CA_CERTS: authority };
    await withObservedMesh(async ({ directory, invite, managers }) => {
      expect(managers.map(({ url }) => new URL(url).protocol)).toEqual(['https:', 'https:', 'https:']);
      // They found each other over wss, or nobody could lead.
      await eventually('a leader that all know', async () => (await Promise.all(managers.map(({ metrics }) => scrape(metrics)))).every((samples) => samples.some(({ name, value }) => name === 'mesh_raft_leader_known' && value === 1)));
      const file = join(directory, 'join.json');
      await writeFile(file, JSON.stringify(await invite('ada')));
      const { exited } = await startLasting(process.execPath, ['--import', 'tsx', '--conditions=@raft-mesh/source', workerFile, file, '3'], environment);
      expect(await exited).toBe(0);
      const applied = await eventually('three commands everywhere', async () => {
        const indexes = (await Promise.all(managers.map(({ metrics }) => scrape(metrics)))).map((samples) => samples.find(({ name }) => name === 'mesh_raft_applied_index')?.value ?? 0);
        return Math.min(...indexes) >= 5 && indexes;
      });
      expect(applied).toHaveLength(3);
      // This process does not know the authority; and plain HTTP is not spoken at all.
      const url = managers[0]?.url ?? '';
      await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
      await expect(fetch(`${url.replace('https', 'http')}/healthz`)).rejects.toThrow('fetch failed');
    }, environment, { certificate, key });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);

test('so do hosts: managers of one mesh on three of them find each other over wss', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'raft-mesh-tls-'));
  try {
    const certificates = makeCertificates(folder);
    const fleet = await HostFleet.start({ hosts: 3, tls: certificates, metrics: true });
    try {
      const [mesh] = await fleet.createMeshes(1);
      expect(new Set(mesh?.managers.map(({ url }) => new URL(url).protocol))).toEqual(new Set(['https:']));
      // This process does not know the authority: what they count is asked for, without TLS and at another port.
      await eventually('a leader that all three know', async () => (await Promise.all(['h1', 'h2', 'h3'].map(async (host) => scrape(await fleet.metricsOf(host))))).every((samples) => samples.some(({ name, value }) => name === 'mesh_raft_leader_known' && value === 1)), 30_000);
      await expect(fetch(`${mesh?.managers[0]?.url ?? ''}/api/v1/healthz`)).rejects.toThrow('fetch failed');
    } finally {
      await fleet.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 90_000);
