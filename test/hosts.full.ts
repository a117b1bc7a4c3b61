import { expect, test } from '@jest/globals';
import type { MeshDescription } from '@raft-mesh/protocol';
import { HostFleet, put, valueOf } from './support/host-fleet.ts';
import { eventually } from './support/processes.ts';

const count = 20;

test(`three hosts, ${count} meshes, one host killed for good: no mesh is lost, each has three managers again, and the host is nobody's when it comes back`, async () => {
  const fleet = await HostFleet.start({ hosts: 3, goneAfterMs: 4_000 });
  try {
    const meshes = await fleet.createMeshes(count);
    for (const mesh of meshes) {
      expect(new Set(mesh.managers.map(({ host }) => host))).toEqual(new Set(['h1', 'h2', 'h3']));
      await fleet.untilServing(mesh);
    }
    const workers = await Promise.all(meshes.map(async (mesh) => ({ mesh, worker: await fleet.connect(mesh, 'ada') })));
    for (const { mesh, worker } of workers) await put(worker, 'village/name', mesh.mesh);

    await fleet.killHost('h3');
    // At once, on the two that are left.
    await Promise.all(workers.map(({ worker }) => put(worker, 'village/size', '7')));

    // Then each mesh gets a third manager again, on a host that lives, and takes it in as a voter.
    for (const { mesh } of workers) {
      const now = await eventually(`${mesh.mesh} is placed anew`, async (): Promise<MeshDescription | null> => {
        const description = valueOf(await fleet.client.mesh(mesh.mesh));
        return description.managers.every(({ host, publicKey }) => host !== 'h3' && publicKey !== null) ? description : null;
      }, 120_000);
      expect(now.managers.map(({ id }) => id)).toEqual(['m1', 'm2', 'm3']);
      await eventually(`${mesh.mesh} has three voters`, async () => {
        const { managers } = await fleet.statusOf(now);
        return managers.length === 3 && managers.every(({ role }) => role === 'leader' || role === 'follower');
      }, 120_000);
    }
    for (const { mesh, worker } of workers) {
      await put(worker, 'village/age', '9');
      expect(await worker.query('documents', 'get', { key: 'village/name' })).toMatchObject({ status: 'answered', answer: { value: mesh.mesh } });
      await worker.close();
    }

    await fleet.startHost('h3');
    await eventually('the host that came back has let everything go', async () => valueOf(await fleet.client.listHosts()).hosts.find(({ host }) => host === 'h3')?.managers === 0, 60_000);
    for (const { mesh } of workers) expect((await fleet.statusOf(valueOf(await fleet.client.mesh(mesh.mesh)))).leader).not.toBeNull();
  } finally {
    await fleet.stop();
  }
}, 400_000);
