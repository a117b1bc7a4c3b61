import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually, startLasting } from './support/processes.ts';
import { scrape, withObservedMesh } from './support/observed-mesh.ts';

const workerFile = fileURLToPath(new URL('support/traced-worker.ts', import.meta.url));

/** An authority of our own, and a certificate of it for this machine. */
function makeCertificates(directory: string) {
  const file = (name: string) => join(directory, name);
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=Raft Mesh test authority', '-addext', 'basicConstraints=critical,CA:TRUE', '-keyout', file('authority.key'), '-out', file('authority.pem'));
  openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=127.0.0.1', '-keyout', file('manager.key'), '-out', file('manager.csr'));
  writeFileSync(file('extensions'), 'subjectAltName=IP:127.0.0.1');
  openssl('x509', '-req', '-in', file('manager.csr'), '-CA', file('authority.pem'), '-CAkey', file('authority.key'), '-CAcreateserial', '-days', '2', '-extfile', file('extensions'), '-out', file('manager.pem'));
  return { authority: file('authority.pem'), certificate: file('manager.pem'), key: file('manager.key') };
}

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
