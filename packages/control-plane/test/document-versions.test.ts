import { beforeEach, describe, expect, test } from '@jest/globals';
import { createHostProof, generateSigningKey, sha256 } from '@raft-mesh/mesh-node';
import type { HostId } from '@raft-mesh/protocol';
import type { Gateway } from '../src/api-gateway/gateway.ts';
import { collections } from '../src/state-manager/control-store.ts';
import type { Collection, Json } from '../src/state-manager/control-store.ts';
import { MemoryStore } from './memory-store.ts';
import { adminKey, testGateway } from './test-gateway.ts';

// What each kind of stored document does when a newer control plane wrote it, and when an older one did: over the API, as whoever asks sees it.

type Fields = Readonly<Record<string, Json>>;
interface World { readonly store: MemoryStore; readonly gateway: Gateway; readonly code: string; readonly apiKey: string; readonly hostProof: string }
interface Request { readonly method: 'GET' | 'POST'; readonly path: string; readonly token?: string; readonly body?: unknown; readonly idempotencyKey?: string }
interface Row {
  /** A request that cannot be answered without reading the document. */
  readonly asks: (world: World) => Request;
  /** Gives what the document's first version was, from what it is today. */
  readonly first: (today: Fields) => Fields;
}

const without = (fields: Fields, ...names: readonly string[]): Fields => Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
const asToday = (today: Fields): Fields => without(today, 'documentVersion');

const rows: Readonly<Record<Exclude<Collection, 'chunks'>, Row>> = {
  meshes: {
    asks: () => ({ method: 'GET', path: '/meshes/one' }),
    first: (today) => ({ ...without(today, 'documentVersion', 'departed', 'signIn', 'request'), enrolments: (today['enrolments'] as readonly Fields[]).map((each) => without(each, 'request')) }),
  },
  snapshots: { asks: () => ({ method: 'GET', path: '/meshes/one/snapshots/latest/meta' }), first: asToday },
  invitations: { asks: ({ code }) => ({ method: 'POST', path: '/invitations/redeem', body: { code, name: 'Ada' } }), first: (today) => without(today, 'documentVersion', 'usedBy') },
  keys: { asks: ({ apiKey }) => ({ method: 'GET', path: '/meshes', token: apiKey }), first: asToday },
  requests: { asks: () => repeated, first: asToday },
  hosts: { asks: () => ({ method: 'GET', path: '/hosts/h1' }), first: (today) => without(today, 'documentVersion', 'isDraining') },
  orders: { asks: ({ hostProof }) => ({ method: 'POST', path: '/hosts/h1/beats', token: hostProof, body: { acknowledged: 0, managers: 0 } }), first: asToday },
};
const repeated: Request = { method: 'POST', path: '/meshes/one/operate-tokens', body: { accessRole: 'spectator' }, idempotencyKey: 'again' };

async function ask({ gateway }: Pick<World, 'gateway'>, { method, path, token = adminKey, body, idempotencyKey }: Request): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const response = await gateway.app.request(`/api/v1${path}`, {
    method, headers: { authorization: `Bearer ${token}`, ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function newWorld(): Promise<World> {
  const store = new MemoryStore();
  const gateway = testGateway(store);
  const hostKey = generateSigningKey();
  const done = async (path: string, body: unknown) => {
    const answer = await ask({ gateway }, { method: 'POST', path, body });
    expect([path, answer.status < 300]).toEqual([path, true]);
    return answer.body;
  };
  await done('/meshes', { mesh: 'one', app: 'a', managers: [{ id: 'm1', url: 'http://127.0.0.1:1' }] });
  const [head = ''] = await store.listIds('snapshots', everything);
  const description = { incarnation: 1, term: 1, index: 1, logTimeMs: 1, sizeBytes: 0, sha256: sha256(''), takenAt: 'now' };
  await store.replace('snapshots', head, { value: { documentVersion: 1, incarnation: 1, snapshot: { description, codec: 'brotli', chunks: [] } }, bytes: null }, (await store.read('snapshots', head))?.version ?? '');
  await done('/hosts', { host: 'h1', url: 'http://127.0.0.1:7100', publicKey: hostKey.x, apps: ['placed'], managersMax: 9 });
  const { code } = await done('/meshes/one/invitations', { accessRole: 'worker', permissions: [], usesMax: 5 });
  const { secret } = await done('/keys', { name: 'k', accessRole: 'admin' });
  const world = { store, gateway, code: String(code), apiKey: String(secret), hostProof: await createHostProof('h1' as HostId, hostKey) };
  await ask(world, repeated);
  // Gives the host an order.
  await done('/meshes', { mesh: 'placed', app: 'placed', placed: 1 });
  return world;
}

const everything = { limit: 100, after: null };

/** Every document of a kind becomes what it is made to. Gives them as they are then. */
async function rewrite(store: MemoryStore, collection: Collection, change: (today: Fields) => Fields): Promise<readonly unknown[]> {
  for (const { id, record } of await store.list(collection, everything)) {
    if (record !== null) await store.replace(collection, id, { value: change(record.value as Fields), bytes: record.bytes }, record.version);
  }
  return valuesOf(store, collection);
}

async function valuesOf(store: MemoryStore, collection: Collection): Promise<readonly unknown[]> {
  return (await store.list(collection, everything)).map(({ record }) => record?.value);
}

test('every kind of stored document has a row; pieces of snapshots have no version of their own, for the head that names them has', () => {
  expect([...Object.keys(rows), 'chunks'].toSorted()).toEqual([...collections].toSorted());
});

describe.each(Object.entries(rows) as [Collection, Row][])('%s', (collection, { asks, first }) => {
  let world: World;
  beforeEach(async () => { world = await newWorld(); });

  test('carries its version', async () => {
    const values = await valuesOf(world.store, collection);
    expect(values.length).toBeGreaterThan(0);
    for (const value of values) expect((value as Fields)['documentVersion']).toBeGreaterThanOrEqual(1);
  });

  test('of the first version is upgraded as it is read', async () => {
    await rewrite(world.store, collection, first);
    expect((await ask(world, asks(world))).status).toBeLessThan(300);
  });

  test('of a newer version is refused, and says so, and stays as it is', async () => {
    const before = await rewrite(world.store, collection, (today) => ({ ...today, documentVersion: 99, unheardOf: true }));
    const answer = await ask(world, asks(world));
    expect(answer).toMatchObject({ status: 503, body: { code: 'recordNewer', detail: expect.stringContaining('document version 99'), next: expect.stringContaining('newer version') } });
    expect(await valuesOf(world.store, collection)).toEqual(before);
  });
});
