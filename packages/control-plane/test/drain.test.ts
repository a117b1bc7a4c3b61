import { beforeEach, describe, expect, test } from '@jest/globals';
import type { MeshDescription } from '@raft-mesh/protocol';
import { Draw } from '../src/mesh-manager/draw.ts';
import { withoutPredecessors } from '../src/mesh-manager/placed-meshes.ts';
import { HostWorld, codeOf, valueOf } from './host-world.ts';

let world: HostWorld;
let mesh: MeshDescription;
const lives = async (of = mesh): Promise<readonly string[]> => (await world.described(of.mesh)).managers.map(({ id, managerIncarnation, host, succeeds }) => `${id}#${managerIncarnation}@${host}${succeeds === undefined ? '' : ` for ${succeeds.id}#${succeeds.managerIncarnation}`}`);
const look = async (): Promise<void> => {
  world.nowMs += 2_000;
  await world.replacement.look();
};
/** What a host is told, and does. */
const told = async (host: string, managers: number): Promise<readonly string[]> => (await world.obey(host, managers)).map(({ order, manager, managerIncarnation }) => `${order} ${manager}#${managerIncarnation}`);
const votes = (manager: string, of = mesh): void => { world.voting.add(`${of.mesh} ${manager}`); };
const drain = async (...hosts: readonly string[]): Promise<void> => { for (const host of hosts) valueOf(await world.hosts.setDraining(host, true)); };
const stateOf = async (host: string) => world.hosts.describe(valueOf(await world.hosts.find(host))).state;

beforeEach(async () => {
  world = new HostWorld();
  for (const host of ['h1', 'h2', 'h3']) await world.register(host);
  mesh = valueOf(await world.placed.create({ app: 'game', placed: 3 }, Draw.random())).mesh;
  for (const host of ['h1', 'h2', 'h3']) await world.obey(host, 1);
  await world.register('h4');
});

describe('a host that is drained', () => {
  test('keeps its manager until the successor on another host has a vote, and is told to let go of it once the mesh has put it out', async () => {
    await drain('h1');
    expect(await stateOf('h1')).toBe('draining');
    await look();
    expect(await lives()).toEqual(['m1#1@h1', 'm2#1@h2', 'm3#1@h3', 'm4#1@h4 for m1#1']);
    // Nothing else of this mesh moves meanwhile.
    await drain('h2');
    await look();
    expect(await lives()).toHaveLength(4);
    expect(await told('h4', 1)).toEqual(['place m4#1']);
    await look();
    expect([world.putOut, await told('h1', 1)]).toEqual([[], []]);

    votes('m4');
    await look();
    expect(world.putOut).toEqual(['m1#1']);
    expect(await told('h1', 0)).toEqual(['remove m1#1']);
    expect(await stateOf('h1')).toBe('drained');
    expect(await lives()).toEqual(['m2#1@h2', 'm3#1@h3', 'm4#1@h4']);
    expect(await world.placed.holdsAny('h1')).toBe(false);
    // Then the next, on a host that has one of this mesh already, for want of another.
    await look();
    expect((await lives()).at(-1)).toMatch(/^m5#1@h[34] for m2#1$/);
  });

  test('the end of a move is done again by whoever looks, until it is written down', async () => {
    await drain('h1');
    await look();
    await told('h4', 1);
    votes('m4');
    const forget = world.meshes.forget.bind(world.meshes);
    world.meshes.forget = () => Promise.reject(new Error('the store is away'));
    await expect(look()).rejects.toThrow('the store is away');
    world.meshes.forget = forget;
    await look();
    expect(world.putOut).toEqual(['m1#1', 'm1#1']);
    expect(new Set(await told('h1', 0))).toEqual(new Set(['remove m1#1']));
    expect(await lives()).toEqual(['m2#1@h2', 'm3#1@h3', 'm4#1@h4']);
  });

  test('a mesh of one manager moves too, and is never without one', async () => {
    const { mesh: alone } = valueOf(await world.placed.create({ app: 'game', placed: 1 }, Draw.random()));
    await told('h4', 1);
    await drain('h4');
    await look();
    expect(await lives(alone)).toEqual(['m1#1@h4', expect.stringMatching(/^m2#1@h[123] for m1#1$/)]);
    for (const host of ['h1', 'h2', 'h3']) await told(host, 2);
    votes('m2', alone);
    await look();
    expect(await lives(alone)).toEqual([expect.stringMatching(/^m2#1@h[123]$/)]);
    expect(await told('h4', 0)).toEqual(['remove m1#1']);
  });

  test('may be removed once it is drained, though it lives', async () => {
    await drain('h1');
    expect(codeOf(await world.hosts.remove('h1'))).toBe('hostInUse');
    await look();
    await told('h4', 1);
    votes('m4');
    await look();
    await told('h1', 0);
    expect(codeOf(await world.hosts.remove('h1'))).toBe('ok');
    expect(codeOf(await world.hosts.setDraining('h1', true))).toBe('hostNotFound');
  });

  test('gets no new managers, after it has registered again too, until it is taken back', async () => {
    await drain('h1', 'h2', 'h3');
    const { publicKey, url } = valueOf(await world.hosts.find('h1'));
    await world.register('h1', { publicKey, url });
    const { mesh: another } = valueOf(await world.placed.create({ app: 'game', placed: 3 }, Draw.random()));
    expect(another.managers.map(({ host }) => host)).toEqual(['h4', 'h4', 'h4']);
    await drain('h4');
    expect(codeOf(await world.placed.create({ app: 'game', placed: 1 }, Draw.random()))).toBe('noHostFits');
    expect(valueOf(await world.hosts.setDraining('h1', false)).state).toBe('alive');
    expect(codeOf(await world.placed.create({ app: 'game', placed: 1 }, Draw.random()))).toBe('ok');
  });

  test('keeps what it holds while no other host has room, or while the mesh has lost another manager', async () => {
    await drain('h1', 'h2', 'h3', 'h4');
    await look();
    expect(await lives()).toEqual(['m1#1@h1', 'm2#1@h2', 'm3#1@h3']);
    valueOf(await world.hosts.setDraining('h4', false));
    world.nowMs += 31_000;
    for (const host of ['h1', 'h2', 'h4']) await world.obey(host, host === 'h4' ? 0 : 1);
    await look();
    // The one that is lost comes first.
    expect(await lives()).toEqual(['m1#1@h1', 'm2#1@h2', 'm3#2@h4']);
  });

  test('whose successor\'s host is lost keeps its manager: the successor is placed anew, for the same', async () => {
    await drain('h1');
    await look();
    world.nowMs += 31_000;
    await world.register('h5');
    for (const host of ['h1', 'h2', 'h3']) await world.obey(host, 1);
    await look();
    expect(await lives()).toEqual(['m1#1@h1', 'm2#1@h2', 'm3#1@h3', 'm4#2@h5 for m1#1']);
  });

  test('that is lost in the midst of a move gets nothing placed anew: the successor is on its way', async () => {
    await drain('h1');
    await look();
    await told('h4', 1);
    world.nowMs += 31_000;
    for (const host of ['h2', 'h3', 'h4']) await world.obey(host, 1);
    votes('m4');
    await look();
    expect(await lives()).toEqual(['m2#1@h2', 'm3#1@h3', 'm4#1@h4']);
    expect(world.putOut).toEqual(['m1#1']);
  });

  test('is moved once by two copies of the control plane that look at once', async () => {
    const other = world.newReplacement();
    await world.register('h5');
    await drain('h1');
    world.nowMs += 2_000;
    await Promise.all([world.replacement.look(), other.look()]);
    expect(await lives()).toEqual(['m1#1@h1', 'm2#1@h2', 'm3#1@h3', expect.stringMatching(/^m4#1@h[45] for m1#1$/)]);
  });

  test('a successor stays as one more when somebody has put out, or replaced, whom it was to succeed', async () => {
    await drain('h1');
    await look();
    await told('h4', 1);
    votes('m4');
    valueOf(await world.meshes.register(mesh.mesh, { id: 'm1' as never, url: 'http://127.0.0.1:9' }, Draw.random()));
    await look();
    expect(world.putOut).toEqual([]);
    expect(await lives()).toEqual(['m1#2@undefined', 'm2#1@h2', 'm3#1@h3', 'm4#1@h4']);
  });

  test('a mesh that is deleted, or restored, in the midst of a move leaves nothing behind', async () => {
    await drain('h1');
    await look();
    expect(withoutPredecessors((await world.described(mesh.mesh)).managers).map(({ id }) => id)).toEqual(['m2', 'm3', 'm4']);
    expect((await world.placed.remove(mesh.mesh)).ok).toBe(true);
    expect(await told('h1', 0)).toEqual(['remove m1#1']);
    expect(await told('h4', 0)).toEqual(['place m4#1', 'remove m4#1']);
  });
});
