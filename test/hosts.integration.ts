import { expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { scrape } from './support/observed-mesh.ts';
import { HostFleet, put, valueOf } from './support/host-fleet.ts';
import { eventually } from './support/processes.ts';

test('a host runs the managers that it is told to, brings them back by itself when it was killed and there is no control plane, and lets go of a mesh that is deleted', async () => {
  const fleet = await HostFleet.start({ hosts: 1, metrics: true });
  try {
    const [kept, deleted] = await fleet.createMeshes(2);
    if (kept === undefined || deleted === undefined) throw new Error('two meshes were asked for');
    expect(kept.managers.map(({ id, host, url }) => [id, host, new URL(url).pathname])).toEqual([['m1', 'h1', '/managers/m1'], ['m2', 'h1', '/managers/m2'], ['m3', 'h1', '/managers/m3']]);
    expect(new Set([...kept.managers, ...deleted.managers].map(({ url }) => new URL(url).port)).size).toBe(1);
    await fleet.untilServing(kept);
    await fleet.untilServing(deleted);
    // By itself, `mesh host start` runs with little room for what is young: V8 would have taken 16 MiB and more by now.
    const youngBytes = (await scrape(await fleet.metricsOf('h1'))).find(({ name, labels }) => name === 'nodejs_heap_space_size_total_bytes' && labels['space'] === 'new')?.value;
    expect(youngBytes).toBeGreaterThan(0);
    expect(youngBytes).toBeLessThanOrEqual(8 * 2 ** 20);
    const directory = join(fleet.directory, 'ada');
    const ada = await fleet.connect(kept, 'ada', directory);
    await put(ada, 'village/name', 'Gent');

    await fleet.killHost('h1');
    await fleet.stopControlPlane();
    expect(await fleet.startHost('h1')).toMatchObject({ started: 6, failed: 0 });
    // The same worker comes back to its seat, and what was acknowledged is there.
    await put(ada, 'village/size', '7');
    expect(await ada.query('documents', 'get', { key: 'village/name' })).toMatchObject({ status: 'answered', answer: { value: 'Gent' } });
    await ada.close();

    await fleet.startControlPlane();
    expect((await fleet.client.deleteMesh(deleted.mesh)).ok).toBe(true);
    await eventually('the managers of the deleted mesh are gone from the disk', () => readdirSync(join(fleet.directory, 'h1', 'managers')).length === 3);
    await eventually('the host says how many it holds', async () => valueOf(await fleet.client.listHosts()).hosts[0]?.managers === 3);
    expect((await fleet.statusOf(kept)).leader).not.toBeNull();
  } finally {
    await fleet.stop();
  }
}, 120_000);
