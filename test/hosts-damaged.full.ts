import { expect, test } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { flipBit } from '@raft-mesh/cli';
import { fetchManagerStatus, managerDirectoryOf, managerFiles, type Worker } from '@raft-mesh/mesh-node';
import type { MeshDescription } from '@raft-mesh/protocol';
import { HostFleet, put, valueOf } from './support/host-fleet.ts';
import { eventually } from './support/processes.ts';

test('a manager whose disk is damaged on a host that lives is placed anew, and the others give it all that was acknowledged', async () => {
  const fleet = await HostFleet.start({ hosts: 3 });
  const connected: { worker?: Worker } = {};
  try {
    const [whole, hurt] = await fleet.createMeshes(2);
    if (whole === undefined || hurt === undefined) throw new Error('two meshes were made');
    for (const mesh of [whole, hurt]) await fleet.untilServing(mesh);
    const worker = connected.worker = await fleet.connect(hurt, 'ada');
    for (let number = 0; number < 40; number += 1) await put(worker, `village/${number}`, String(number));
    const manager = hurt.managers.find(({ host }) => host === 'h2')?.id ?? '';

    await fleet.killHost('h2');
    expect(await flipBit(join(managerDirectoryOf(join(fleet.directory, 'h2'), hurt.mesh, manager), managerFiles.store))).not.toBeNull();
    expect(await fleet.startHost('h2')).toMatchObject({ started: 1, failed: 1 });

    const placed = await eventually('it is placed anew', async (): Promise<MeshDescription | null> => {
      const description = valueOf(await fleet.client.mesh(hurt.mesh));
      return description.managers.some(({ id, managerIncarnation, publicKey }) => id === manager && managerIncarnation === 2 && publicKey !== null) ? description : null;
    }, 60_000);
    const { token } = valueOf(await fleet.client.createOperateToken(hurt.mesh, { accessRole: 'admin' }));
    // What it says of itself before the mesh has taken it in is no vote.
    await eventually('it votes', async () => {
      const answers = await Promise.all(placed.managers.map(({ url }) => fetchManagerStatus(url, hurt.mesh, token)));
      const leading = answers.flatMap((answer) => (answer.ok ? [answer.value] : [])).find(({ role }) => role === 'leader');
      return leading?.managers.some(({ id, managerIncarnation, membership }) => id === manager && managerIncarnation === 2 && membership === 'voter');
    }, 60_000);
    const kept = await eventually('what was damaged is kept aside', async () => (await readdir(join(fleet.directory, 'h2', 'damaged')).catch(() => [])).at(0) ?? null, 60_000);
    expect(kept).toContain(`.${manager}`);
    expect(valueOf(await fleet.client.mesh(whole.mesh)).managers.map(({ managerIncarnation }) => managerIncarnation)).toEqual([1, 1, 1]);

    // Its vote is needed now.
    const others = placed.managers.filter(({ id, host }) => id !== manager && host !== placed.managers.find((own) => own.id === manager)?.host);
    await fleet.killHost(String(others[0]?.host));
    await put(worker, 'village/name', 'with the one that was rebuilt');
    for (let number = 0; number < 40; number += 1) expect(await worker.query('documents', 'get', { key: `village/${number}` })).toMatchObject({ status: 'answered', answer: { value: String(number) } });
  } finally {
    await connected.worker?.close();
    await fleet.stop();
  }
}, 200_000);
