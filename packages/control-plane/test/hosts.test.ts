import { beforeEach, describe, expect, test } from '@jest/globals';
import { generateSigningKey } from '@raft-mesh/mesh-node';
import type { HostId, MeshDescription, control } from '@raft-mesh/protocol';
import { Draw } from '../src/mesh-manager/draw.ts';
import type { HostRecord } from '../src/mesh-manager/host-record.ts';
import { meshDocument } from '../src/mesh-manager/mesh-record.ts';
import { Orders } from '../src/mesh-manager/orders.ts';
import { choosePlaces } from '../src/mesh-manager/placement.ts';
import { HostWorld, codeOf, valueOf } from './host-world.ts';

let world: HostWorld;
let { store, hosts, meshes, placed, replacement } = new HostWorld();
const register = (host: string, more: Partial<control.RegisterHost> = {}) => world.register(host, more);
const obey = (host: string, managers: number) => world.obey(host, managers);
const described = (mesh: string) => world.described(mesh);

beforeEach(() => {
  world = new HostWorld();
  ({ store, hosts, meshes, placed, replacement } = world);
});

const anOrder = { order: 'place', mesh: 'x', incarnation: 1, publicKey: 'key', manager: 'm1', managerIncarnation: 1 } as unknown as Omit<control.HostOrder, 'number'>;

describe('orders', () => {
  test('of many who add at once have numbers without gaps, and come in order', async () => {
    const orders = new Orders(store);
    const others = new Orders(store);
    await Promise.all(Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? orders : others).add('h1', anOrder, () => Promise.resolve(0))));
    await others.add('h10', anOrder, () => Promise.resolve(0));
    expect((await orders.after('h1', 0)).map(({ number }) => number)).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
    expect((await orders.after('h1', 38)).map(({ number }) => number)).toEqual([39, 40]);
    await orders.removeThrough('h1', 39);
    expect((await orders.after('h1', 0)).map(({ number }) => number)).toEqual([40]);
    expect(await orders.after('h10', 0)).toHaveLength(1);
  });

  test('one that took a number which was done and cleared away long ago is given again, behind it', async () => {
    const [slow, quick] = [new Orders(store), new Orders(store)];
    let acknowledged = 0;
    await quick.add('h1', anOrder, () => Promise.resolve(acknowledged));
    await quick.add('h1', anOrder, () => Promise.resolve(acknowledged));
    // The slow one reads how far the host is, and then the host does two orders, which are cleared away.
    let isFirst = true;
    await slow.add('h1', anOrder, async () => {
      if (!isFirst) return acknowledged;
      isFirst = false;
      const before = acknowledged;
      acknowledged = 2;
      await quick.removeThrough('h1', 2);
      return before;
    });
    expect((await quick.after('h1', 2)).map(({ number }) => number)).toEqual([3]);
  });
});

describe('where managers go', () => {
  const candidate = (host: string, load: number, managersMax = 10) => ({ host: { host, managersMax } as unknown as HostRecord, load });
  const names = (places: readonly HostRecord[] | null) => places?.map(({ host }) => String(host)) ?? null;
  test('each to a host of its own, the emptiest first', () => expect(names(choosePlaces([candidate('a', 3), candidate('b', 1), candidate('c', 2), candidate('d', 9)], 3))).toEqual(['b', 'c', 'a']));
  test('round again when there are fewer hosts than managers', () => expect(names(choosePlaces([candidate('a', 0), candidate('b', 0)], 5))?.toSorted()).toEqual(['a', 'a', 'a', 'b', 'b']));
  test('last to hosts that hold one of this mesh already', () => expect(names(choosePlaces([candidate('a', 0), candidate('b', 5)], 1, ['a']))).toEqual(['b']));
  test('never to a host that is full', () => {
    expect(names(choosePlaces([candidate('a', 10), candidate('b', 9)], 1))).toEqual(['b']);
    expect(choosePlaces([candidate('a', 10), candidate('b', 9)], 2)).toBeNull();
  });
});

describe('placed meshes', () => {
  test('are spread, and each host is told; deleting one tells them too', async () => {
    for (const host of ['h1', 'h2', 'h3']) await register(host);
    const { mesh, setupTokens } = valueOf(await placed.create({ app: 'game', placed: 3 }, Draw.random()));
    expect(setupTokens).toEqual([]);
    expect(mesh.managers.map(({ host, url }) => `${host} ${url}`)).toEqual(['h1 http://127.0.0.1:7101/managers/m1', 'h2 http://127.0.0.1:7102/managers/m2', 'h3 http://127.0.0.1:7103/managers/m3']);
    for (const host of ['h1', 'h2', 'h3']) expect(await obey(host, 1)).toMatchObject([{ number: 1, order: 'place', mesh: mesh.mesh, publicKey: mesh.publicKey }]);
    expect((await described(mesh.mesh)).managers.every(({ publicKey }) => publicKey !== null)).toBe(true);
    expect((await placed.remove(mesh.mesh)).ok).toBe(true);
    for (const host of ['h1', 'h2', 'h3']) expect(await obey(host, 0)).toMatchObject([{ number: 2, order: 'remove', mesh: mesh.mesh }]);
  });

  test('the same request again makes one mesh, and gives its orders again', async () => {
    await register('h1');
    const draw = Draw.random();
    const first = valueOf(await placed.create({ app: 'game', placed: 3 }, draw));
    expect(valueOf(await placed.create({ app: 'game', placed: 3 }, draw))).toEqual(first);
    expect(await store.count('meshes')).toBe(1);
    expect((await obey('h1', 3)).map(({ manager }) => manager)).toEqual(['m1', 'm2', 'm3', 'm1', 'm2', 'm3']);
  });

  test('need a host that lives, lists the app, and has room', async () => {
    expect(codeOf(await placed.create({ app: 'game', placed: 1 }, Draw.random()))).toBe('noHostFits');
    await register('h1', { apps: ['another'] });
    await register('h2', { managersMax: 2 });
    expect(codeOf(await placed.create({ app: 'game', placed: 3 }, Draw.random()))).toBe('noHostFits');
    expect(codeOf(await placed.create({ app: 'game', placed: 2 }, Draw.random()))).toBe('ok');
    // What was just placed counts, though the host has not said so yet.
    expect(codeOf(await placed.create({ app: 'game', placed: 1 }, Draw.random()))).toBe('noHostFits');
    expect(codeOf(await placed.create({ app: 'game' }, Draw.random()))).toBe('managersInvalid');
    expect(codeOf(await placed.create({ app: 'game', placed: 8 }, Draw.random()))).toBe('managersInvalid');
    world.nowMs += 60_000;
    expect(codeOf(await placed.create({ app: 'another', placed: 1 }, Draw.random()))).toBe('noHostFits');
  });
});

describe('a host that is gone', () => {
  async function threeHosts(): Promise<MeshDescription> {
    for (const host of ['h1', 'h2', 'h3']) await register(host);
    const { mesh } = valueOf(await placed.create({ app: 'game', placed: 3 }, Draw.random()));
    for (const host of ['h1', 'h2', 'h3']) await obey(host, 1);
    return mesh;
  }
  const beatAll = async (...alive: readonly string[]) => { for (const host of alive) await obey(host, 1); };

  test('has its manager placed on another, under a new incarnation, and is told to let the old one go should it come back', async () => {
    const { mesh } = await threeHosts();
    world.nowMs += 31_000;
    await beatAll('h1', 'h2');
    await replacement.look();
    const after = await described(mesh);
    expect(after.managers.map(({ id, managerIncarnation, joined }) => [id, managerIncarnation, joined === true])).toEqual([['m1', 1, false], ['m2', 1, false], ['m3', 2, true]]);
    const target = String(after.managers[2]?.host);
    expect(['h1', 'h2']).toContain(target);
    expect(await obey(target, 2)).toMatchObject([{ order: 'place', manager: 'm3', managerIncarnation: 2 }]);
    // A second round finds nothing, and the host is left alone from then on.
    world.nowMs += 5_000;
    await beatAll('h1', 'h2');
    await replacement.look();
    expect(valueOf(await hosts.find('h3')).isEmptied).toBe(true);
    expect((await described(mesh)).managers[2]?.managerIncarnation).toBe(2);
    expect(await obey('h3', 1)).toMatchObject([{ order: 'remove', manager: 'm3', managerIncarnation: 1 }]);
    expect(valueOf(await hosts.find('h3')).isEmptied).toBe(false);
  });

  test('with the majority of a mesh keeps it: nobody is left who could take newcomers in', async () => {
    const { mesh } = await threeHosts();
    world.nowMs += 31_000;
    await beatAll('h1');
    await replacement.look();
    expect((await described(mesh)).managers.map(({ managerIncarnation }) => managerIncarnation)).toEqual([1, 1, 1]);
    expect(valueOf(await hosts.find('h2')).isEmptied).toBe(false);
    expect(codeOf(await hosts.remove('h2'))).toBe('hostInUse');
  });

  test('two copies of the control plane that look at once place one manager', async () => {
    const { mesh } = await threeHosts();
    const other = world.newReplacement();
    world.nowMs += 31_000;
    await beatAll('h1', 'h2');
    await Promise.all([replacement.look(), other.look()]);
    expect((await described(mesh)).managers[2]).toMatchObject({ id: 'm3', joined: true });
    const orders = [...await obey('h1', 2), ...await obey('h2', 2)].filter(({ managerIncarnation }) => managerIncarnation > 1);
    // Orders for an incarnation that lost the race are void: its host is told that the manager is not placed there.
    expect(orders.some(({ managerIncarnation }) => managerIncarnation === 2)).toBe(true);
  });

  test('that was never told of a manager is told again', async () => {
    await register('h1');
    const made = valueOf(await meshes.create({ app: 'game', managers: [{ id: 'm1' as never, url: 'http://127.0.0.1:7101/managers/m1', host: 'h1' as HostId }] }, Draw.random()));
    await replacement.look();
    expect(await obey('h1', 0)).toEqual([]);
    world.nowMs += 61_000;
    await obey('h1', 0);
    await replacement.look();
    expect(await obey('h1', 0)).toMatchObject([{ order: 'place', mesh: made.mesh.mesh }]);
  });
});

test('a host keeps its name, key and address; another under its name is refused', async () => {
  const first = await register('h1');
  const again = { host: first.host, url: first.url, publicKey: first.publicKey, apps: ['game', 'other'], managersMax: 7 };
  expect(valueOf(await hosts.register(again))).toMatchObject({ apps: ['game', 'other'], managersMax: 7, state: 'alive' });
  expect(codeOf(await hosts.register({ ...again, publicKey: generateSigningKey().x }))).toBe('hostExists');
  expect(codeOf(await hosts.register({ ...again, url: 'http://127.0.0.1:9' }))).toBe('hostExists');
  expect(codeOf(await hosts.register({ ...again, host: 'h2' as HostId, url: 'http://127.0.0.1:9/x' }))).toBe('hostUrlInvalid');
  world.nowMs += 31_000;
  expect((await hosts.list({ limit: 10, after: null })).hosts).toMatchObject([{ host: 'h1', state: 'gone' }]);
  expect(codeOf(await hosts.remove('h1'))).toBe('ok');
  expect(codeOf(await hosts.find('h1'))).toBe('hostNotFound');
});

test('a host whose record is damaged, or newer than this control plane, hides no other', async () => {
  await register('h1');
  await store.create('hosts', 'damaged', { value: { host: 7 }, bytes: null });
  await store.create('hosts', 'newer', { value: { ...(await store.read('hosts', 'h1'))?.value as object, documentVersion: 99 }, bytes: null });
  expect((await hosts.list({ limit: 10, after: null })).hosts.map(({ host }) => host)).toEqual(['h1']);
  expect(codeOf(await placed.create({ app: 'game', placed: 1 }, Draw.random()))).toBe('ok');
  await expect(hosts.find('newer')).rejects.toMatchObject({ fault: 'newer' });
});

test('the record of a mesh from before there were hosts is read', async () => {
  const { mesh } = valueOf(await meshes.create({ app: 'game', managers: [{ id: 'm1' as never, url: 'http://127.0.0.1:1' }] }, Draw.random()));
  const stored = (await store.read('meshes', mesh.mesh))?.value as Record<string, never>;
  expect(stored['documentVersion']).toBe(4);
  expect(meshDocument.read(mesh.mesh, { ...stored, documentVersion: 2 as never }).description).toEqual(mesh);
});
