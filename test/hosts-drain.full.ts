import { expect, test } from '@jest/globals';
import type { MeshDescription } from '@raft-mesh/protocol';
import type { Worker } from '@raft-mesh/mesh-node';
import { HostFleet, hostedApp, put, valueOf } from './support/host-fleet.ts';
import { eventually, runMesh } from './support/processes.ts';

const count = 8;

test('`mesh host drain`: under writes all managers of one of four hosts move to the others, nothing that was acknowledged is lost, and the host can be removed', async () => {
  const fleet = await HostFleet.start({ hosts: 4 });
  const writers: { readonly mesh: MeshDescription; readonly worker: Worker }[] = [];
  const writing = { goesOn: true };
  try {
    const meshes = [...await fleet.createMeshes(count)];
    // And of one manager each: nobody else could go on while it moves.
    for (let left = 4; left > 0; left -= 1) meshes.push(valueOf(await fleet.client.createMesh({ app: hostedApp, placed: 1 })).mesh);
    for (const mesh of meshes) {
      await fleet.untilServing(mesh);
      writers.push({ mesh, worker: await fleet.connect(mesh, 'ada') });
    }
    const onIt = meshes.filter(({ managers }) => managers.some(({ host }) => host === 'h1'));
    expect(onIt.some(({ managers }) => managers.length === 1)).toBe(true);
    const held = onIt.length;

    const written = writers.map(async ({ worker }) => {
      let last = 0;
      while (writing.goesOn) await put(worker, 'village/last', String(last += 1));
      return last;
    });
    const drained = await runMesh(['host', 'drain', 'h1', '--json', ...fleet.access]);
    expect([drained.code, drained.stderr.includes(`${held} of ${held} managers have moved`)]).toEqual([0, true]);
    expect(JSON.parse(drained.stdout)).toMatchObject({ host: 'h1', state: 'drained', managers: 0 });
    for (const { mesh } of writers) {
      await eventually(`${mesh.mesh} has as many voters as before`, async () => {
        const { leader, managers } = await fleet.statusOf(valueOf(await fleet.client.mesh(mesh.mesh)));
        return leader !== null && managers.length === mesh.managers.length && managers.every(({ role }) => role === 'leader' || role === 'follower');
      }, 60_000);
    }
    writing.goesOn = false;
    const lasts = await Promise.all(written);
    for (const [at, { mesh, worker }] of writers.entries()) {
      const { managers } = valueOf(await fleet.client.mesh(mesh.mesh));
      expect(managers.map(({ host }) => String(host))).not.toContain('h1');
      expect(await worker.query('documents', 'get', { key: 'village/last' })).toMatchObject({ status: 'answered', answer: { value: String(lasts[at]) } });
    }

    // Nothing new comes there; and now nobody needs it.
    const [more] = await fleet.createMeshes(1);
    expect(more?.managers.map(({ host }) => String(host)).toSorted()).toEqual(['h2', 'h3', 'h4']);
    await fleet.killHost('h1');
    expect((await runMesh(['host', 'remove', 'h1', ...fleet.access])).code).toBe(0);
    for (const { worker } of writers) await put(worker, 'village/name', 'without it');
  } finally {
    writing.goesOn = false;
    for (const { worker } of writers) await worker.close();
    await fleet.stop();
  }
}, 300_000);
