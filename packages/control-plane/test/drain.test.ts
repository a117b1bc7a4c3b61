import { beforeEach, describe, expect, test } from '@jest/globals';
import type { MeshDescription } from '@raft-mesh/protocol';
import { Draw } from '../src/mesh-manager/draw.ts';
import { PlacedMeshes } from '../src/mesh-manager/placed-meshes.ts';
import { Replacement } from '../src/mesh-manager/replacement.ts';
import { HostWorld, codeOf, valueOf } from './host-world.ts';

let world: HostWorld;
let mesh: MeshDescription;
const lives = (managers: MeshDescription['managers']) => managers.map(({ id, managerIncarnation, host }) => `${id}#${managerIncarnation}@${host}`);
const look = async (): Promise<void> => {
  world.nowMs += 2_000;
  await world.replacement.look();
};
/** A host that holds `managers` does what it is told, and has its newcomers taken in. */
const settle = async (host: string, managers: number): Promise<readonly string[]> => {
  const orders = await world.obey(host, managers);
  for (const { order, manager, managerIncarnation } of orders) {
    if (order === 'place') await world.placed.successorIsIn(valueOf(await world.meshes.find(mesh.mesh)), manager, managerIncarnation);
  }
  return orders.map(({ order, manager, managerIncarnation }) => `${order} ${manager}#${managerIncarnation}`);
};
const retiring = async () => lives(valueOf(await world.meshes.find(mesh.mesh)).retiring);

beforeEach(async () => {
  world = new HostWorld();
  for (const host of ['h1', 'h2', 'h3']) await world.register(host);
  mesh = valueOf(await world.placed.create({ app: 'game', placed: 3 }, Draw.random())).mesh;
  for (const host of ['h1', 'h2', 'h3']) await world.obey(host, 1);
  await world.register('h4');
});

describe('a host that is drained', () => {
  test('keeps its manager until the successor on another host has been taken in, and is told only then to let go of it', async () => {
    expect(valueOf(await world.hosts.setDraining('h1', true))).toMatchObject({ state: 'draining' });
    await look();
    expect(lives((await world.described(mesh.mesh)).managers)).toEqual(['m1#2@h4', 'm2#1@h2', 'm3#1@h3']);
    expect(await retiring()).toEqual(['m1#1@h1']);
    expect(await settle('h1', 1)).toEqual([]);
    // Nothing else of this mesh moves meanwhile.
    valueOf(await world.hosts.setDraining('h2', true));
    await look();
    expect(await retiring()).toEqual(['m1#1@h1']);

    expect(await settle('h4', 1)).toEqual(['place m1#2']);
    expect(await retiring()).toEqual([]);
    expect(await settle('h1', 0)).toEqual(['remove m1#1']);
    expect(valueOf(await world.hosts.find('h1'))).toMatchObject({ managers: 0, isDraining: true });
    expect(world.hosts.describe(valueOf(await world.hosts.find('h1'))).state).toBe('drained');
  });

  test('may be removed once it holds nothing, though it lives', async () => {
    valueOf(await world.hosts.setDraining('h1', true));
    expect(codeOf(await world.hosts.remove('h1'))).toBe('hostInUse');
    await look();
    await settle('h4', 1);
    await settle('h1', 0);
    expect(codeOf(await world.hosts.remove('h1'))).toBe('ok');
    expect(codeOf(await world.hosts.setDraining('h1', true))).toBe('hostNotFound');
  });

  test('gets no new managers, after it has registered again too, until it is taken back', async () => {
    for (const host of ['h1', 'h2', 'h3']) valueOf(await world.hosts.setDraining(host, true));
    const { publicKey, url } = valueOf(await world.hosts.find('h1'));
    await world.register('h1', { publicKey, url });
    const { mesh: another } = valueOf(await world.placed.create({ app: 'game', placed: 3 }, Draw.random()));
    expect(another.managers.map(({ host }) => host)).toEqual(['h4', 'h4', 'h4']);
    valueOf(await world.hosts.setDraining('h4', true));
    expect(codeOf(await world.placed.create({ app: 'game', placed: 1 }, Draw.random()))).toBe('noHostFits');
    expect(valueOf(await world.hosts.setDraining('h1', false)).state).toBe('alive');
    expect(codeOf(await world.placed.create({ app: 'game', placed: 1 }, Draw.random()))).toBe('ok');
  });

  test('keeps what it holds while no other host has room, or while the mesh has lost another manager', async () => {
    for (const host of ['h1', 'h2', 'h3', 'h4']) valueOf(await world.hosts.setDraining(host, true));
    await look();
    expect(lives((await world.described(mesh.mesh)).managers)).toEqual(lives(mesh.managers));
    valueOf(await world.hosts.setDraining('h4', false));
    world.nowMs += 31_000;
    for (const host of ['h1', 'h2', 'h4']) await world.obey(host, host === 'h4' ? 0 : 1);
    await look();
    // The one that is lost comes first.
    expect(lives((await world.described(mesh.mesh)).managers)).toEqual(['m1#1@h1', 'm2#1@h2', 'm3#2@h4']);
    expect(await retiring()).toEqual([]);
  });

  test('whose successor\'s host is lost before the mesh has taken it in keeps its manager for the next one', async () => {
    valueOf(await world.hosts.setDraining('h1', true));
    await look();
    world.nowMs += 31_000;
    await world.register('h5');
    for (const host of ['h1', 'h2', 'h3']) await world.obey(host, 1);
    await look();
    expect(lives((await world.described(mesh.mesh)).managers)).toEqual(['m1#3@h5', 'm2#1@h2', 'm3#1@h3']);
    expect(await retiring()).toEqual(['m1#1@h1']);
    expect(await settle('h5', 1)).toEqual(['place m1#3']);
    expect(await settle('h1', 0)).toEqual(['remove m1#1']);
  });

  test('is moved once by two copies of the control plane that look at once', async () => {
    const placed = new PlacedMeshes(world.meshes, world.hosts);
    const other = new Replacement(world.meshes, placed, world.hosts, () => world.nowMs);
    await world.register('h5');
    valueOf(await world.hosts.setDraining('h1', true));
    world.nowMs += 2_000;
    await Promise.all([world.replacement.look(), other.look()]);
    expect((await world.described(mesh.mesh)).managers[0]).toMatchObject({ managerIncarnation: 2 });
    expect(await retiring()).toEqual(['m1#1@h1']);
    expect([...await settle('h4', 1), ...await settle('h5', 1)]).toEqual(['place m1#2']);
  });

  test('is told to let go of what a mesh leaves behind that is deleted in the midst of a move', async () => {
    valueOf(await world.hosts.setDraining('h1', true));
    await look();
    expect((await world.placed.remove(mesh.mesh)).ok).toBe(true);
    expect(await settle('h1', 0)).toEqual(['remove m1#1']);
    expect(await world.obey('h4', 0)).toMatchObject([{ order: 'place' }, { order: 'remove', managerIncarnation: 2 }]);
  });
});
