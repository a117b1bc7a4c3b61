import { describe, expect, test } from '@jest/globals';
import { createHostProof, generateSigningKey, sha256 } from '@raft-mesh/mesh-node';
import type { HostId } from '@raft-mesh/protocol';
import type { Gateway } from '../src/api-gateway/gateway.ts';
import { controlStoreSuite } from './control-store-suite.ts';
import { MemoryStore } from './memory-store.ts';
import { adminKey, testGateway } from './test-gateway.ts';

controlStoreSuite('the store in memory, which these tests stand on', (() => {
  const store = new MemoryStore();
  return () => Promise.resolve(store);
})());

interface Given { readonly mesh: string; readonly code: string }
interface Case {
  readonly operation: string;
  readonly path: (given: Given) => string;
  readonly body: (given: Given) => unknown;
  readonly token: string | null;
  /** What there is one more of when it is done once. */
  readonly counts: (store: MemoryStore) => Promise<number>;
  readonly more: number;
  /** Whether its answer holds something that only its caller may know. */
  readonly tellsSecrets?: false;
}

const publicKey = generateSigningKey().x;
const hostKey = generateSigningKey();
const hostProof = await createHostProof('h1' as HostId, hostKey);
const host = (name: string, key: string) => ({ host: name, url: 'http://127.0.0.1:7100', publicKey: key, apps: ['placed'], managersMax: 9 });
const everything = { limit: 1_000, after: null };
const noChange = { counts: () => Promise.resolve(0), more: 0 };
const valuesOf = async (store: MemoryStore, collection: 'meshes' | 'invitations') => (await store.list(collection, everything)).map(({ record }) => record?.value as Record<string, unknown>);
const managersOf = async (store: MemoryStore) => (await valuesOf(store, 'meshes')).flatMap((value) => (value['description'] as { managers: unknown[] }).managers).length;
const livesOf = async (store: MemoryStore) => (await valuesOf(store, 'meshes')).reduce((sum, value) => sum + (value['description'] as { incarnation: number }).incarnation, 0);
const usesOf = async (store: MemoryStore) => (await valuesOf(store, 'invitations')).reduce((sum, value) => sum + Number(value['usesLeft']), 0);

const agent = { accessRole: 'worker', permissions: [] };
const cases: readonly Case[] = [
  { operation: 'createMesh', path: () => '/meshes', body: () => ({ app: 'a', managers: [{ id: 'm1', url: 'http://127.0.0.1:1' }] }), token: adminKey, counts: (store) => store.count('meshes'), more: 1 },
  { operation: 'createMesh', path: () => '/meshes', body: () => ({ app: 'placed', placed: 3 }), token: adminKey, counts: (store) => store.count('meshes'), more: 1, tellsSecrets: false },
  { operation: 'registerHost', path: () => '/hosts', body: () => host('h2', publicKey), token: adminKey, counts: (store) => store.count('hosts'), more: 1, tellsSecrets: false },
  { operation: 'beatHost', path: () => '/hosts/h1/beats', body: () => ({ acknowledged: 1, managers: 1 }), token: hostProof, ...noChange, tellsSecrets: false },
  { operation: 'enrolPlacedManager', path: () => '/hosts/h1/meshes/placed/managers/m1/enrol', body: () => ({ publicKey }), token: hostProof, ...noChange },
  { operation: 'restoreMesh', path: ({ mesh }) => `/meshes/${mesh}/restore`, body: () => ({}), token: adminKey, counts: livesOf, more: 1 },
  { operation: 'registerManager', path: ({ mesh }) => `/meshes/${mesh}/managers`, body: () => ({ url: 'http://127.0.0.1:4' }), token: adminKey, counts: managersOf, more: 1 },
  { operation: 'enrolManager', path: ({ mesh }) => `/meshes/${mesh}/managers/m1/enrol`, body: () => ({ publicKey }), token: adminKey, ...noChange },
  { operation: 'createJoinToken', path: ({ mesh }) => `/meshes/${mesh}/join-tokens`, body: () => agent, token: adminKey, ...noChange },
  { operation: 'createOperateToken', path: ({ mesh }) => `/meshes/${mesh}/operate-tokens`, body: () => ({ accessRole: 'spectator' }), token: adminKey, ...noChange },
  { operation: 'createInvitation', path: ({ mesh }) => `/meshes/${mesh}/invitations`, body: () => agent, token: adminKey, counts: (store) => store.count('invitations'), more: 1 },
  { operation: 'redeemInvitation', path: () => '/invitations/redeem', body: ({ code }) => ({ code, name: 'Ada' }), token: null, counts: usesOf, more: -1 },
  { operation: 'joinMesh', path: ({ mesh }) => `/meshes/${mesh}/join`, body: () => ({ name: 'Ada' }), token: 'player-ada', ...noChange },
  { operation: 'createKey', path: () => '/keys', body: () => ({ name: 'k', accessRole: 'spectator' }), token: adminKey, counts: (store) => store.count('keys'), more: 1 },
];

async function post(gateway: Gateway, path: string, body: unknown, { token, key }: { readonly token: string | null; readonly key: string | null }) {
  const response = await gateway.app.request(`/api/v1${path}`, {
    method: 'POST', body: JSON.stringify(body), headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...(key === null ? {} : { 'idempotency-key': key }) },
  });
  return { status: response.status, text: await response.text(), isReplayed: response.headers.get('idempotent-replayed') === 'true' };
}

async function world(): Promise<{ readonly store: MemoryStore; readonly given: Given }> {
  const store = new MemoryStore();
  const gateway = testGateway(store);
  const mesh = 'one';
  const admin = { token: adminKey, key: null };
  expect((await post(gateway, '/meshes', { mesh, app: 'a', signIn: { accessRole: 'worker', anonymous: true }, managers: [{ id: 'm1', url: 'http://127.0.0.1:1' }] }, admin)).status).toBe(201);
  expect((await post(gateway, '/hosts', host('h1', hostKey.x), admin)).status).toBe(201);
  const [{ record } = { record: null }] = await store.list('snapshots', everything);
  // A snapshot, so that there is something to restore.
  const description = { incarnation: 1, term: 1, index: 1, logTimeMs: 1, sizeBytes: 0, sha256: sha256(''), takenAt: 'now' };
  const [head = ''] = await store.listIds('snapshots', everything);
  await store.replace('snapshots', head, { value: { incarnation: 1, snapshot: { description, codec: 'brotli', chunks: [] } }, bytes: null }, record?.version ?? '');
  expect((await post(gateway, '/meshes', { mesh: 'placed', app: 'placed', placed: 1 }, admin)).status).toBe(201);
  const invitation = await post(gateway, `/meshes/${mesh}/invitations`, { ...agent, usesMax: 5 }, admin);
  return { store, given: { mesh, code: (JSON.parse(invitation.text) as { code: string }).code } };
}

/** The first asks managers that run, of whom there are none here; what it has them do is done once however often it is asked (`mesh-node`'s operator client). The other names an incarnation, which is lost once. */
const elsewhere = ['admitPlacedManager', 'replaceLostManager'];

test('every POST of the API has a case here', async () => {
  const { paths } = (await (await testGateway(new MemoryStore()).app.request('/api/v1/openapi.json')).json()) as { paths: Record<string, { post?: { operationId: string } }> };
  expect(Object.values(paths).flatMap((methods) => methods.post?.operationId ?? []).toSorted()).toEqual([...new Set([...cases.map(({ operation }) => operation), ...elsewhere])].toSorted());
});

describe.each(cases)('$operation', ({ path, body, token, counts, more, tellsSecrets }) => {
  test('again with the same key and body gets the same bytes, at another copy too, and is done once; another body is refused', async () => {
    const { store, given } = await world();
    const before = await counts(store);
    const first = await post(testGateway(store), path(given), body(given), { token, key: 'k1' });
    expect([first.status < 300, first.isReplayed]).toEqual([true, false]);
    const again = await post(testGateway(store), path(given), body(given), { token, key: 'k1' });
    expect(again).toEqual({ ...first, isReplayed: true });
    expect(await counts(store)).toBe(before + more);
    const other = await post(testGateway(store), path(given), { ...(body(given) as object), expiresInSeconds: 1, name: 'Eve' }, { token, key: 'k1' });
    // Who has no token is known by the request alone: another body is another request.
    if (token === null) expect(other.isReplayed).toBe(false);
    else expect([other.status, other.text]).toEqual([422, expect.stringContaining('idempotencyKeyReused')]);
    const fresh = await post(testGateway(store), path(given), body(given), { token, key: 'k2' });
    expect(fresh.isReplayed).toBe(false);
  });

  test('eight at once are done once and get one answer', async () => {
    const { store, given } = await world();
    const before = await counts(store);
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(testGateway(store), path(given), body(given), { token, key: 'k' })));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]?.status).toBeLessThan(300);
    expect(await counts(store)).toBe(before + more);
  });

  test('cut off before or after any write, and asked again, ends as if nothing had happened', async () => {
    let cuts = 0;
    for (let cutAt = 0; ; cutAt += 1) {
      const { store, given } = await world();
      const before = await counts(store);
      let operations = 0;
      store.onChange = () => {
        operations += 1;
        if (operations > cutAt) throw new Error('killed');
      };
      const cut = await post(testGateway(store), path(given), body(given), { token, key: 'k' });
      const isCut = operations > cutAt;
      if (isCut) expect(cut.status).toBe(500);
      store.onChange = () => {};
      const again = await post(testGateway(store), path(given), body(given), { token, key: 'k' });
      expect(again.status).toBeLessThan(300);
      expect(await counts(store)).toBe(before + more);
      expect(await post(testGateway(store), path(given), body(given), { token, key: 'k' })).toEqual({ ...again, isReplayed: true });
      if (!isCut) break;
      cuts += 1;
    }
    expect(cuts).toBeGreaterThanOrEqual(4);
  });

  if (tellsSecrets !== false) test('what is kept of its answer tells nobody a secret', async () => {
    const { store, given } = await world();
    const { text } = await post(testGateway(store), path(given), body(given), { token, key: 'a-key-of-the-caller' });
    const secrets = [...text.matchAll(/"(?:setupToken|secret|token|code|credential)":"([^"]+)"/g)].map(([, secret]) => secret ?? '');
    expect(secrets.length).toBeGreaterThan(0);
    for (const secret of secrets) expect(store.contents()).not.toContain(secret);
    expect(store.contents()).not.toContain('a-key-of-the-caller');
  });
});

describe('an Idempotency-Key', () => {
  const [makeMesh] = cases;
  const makes = (gateway: Gateway, key: string, token: string = adminKey) => post(gateway, '/meshes', makeMesh?.body({ mesh: '', code: '' }), { token, key });

  test('is each caller\'s own', async () => {
    const { store } = await world();
    const { text } = await post(testGateway(store), '/keys', { name: 'k', accessRole: 'admin' }, { token: adminKey, key: null });
    const mine = await makes(testGateway(store), 'k');
    const theirs = await makes(testGateway(store), 'k', (JSON.parse(text) as { secret: string }).secret);
    expect([theirs.status, theirs.isReplayed]).toEqual([201, false]);
    expect(theirs.text).not.toBe(mine.text);
  });

  test('is forgotten after a day, and removed', async () => {
    const { store } = await world();
    let nowMs = 1_000_000_000_000;
    const first = await makes(testGateway(store, () => nowMs), 'k');
    nowMs += 24 * 3600 * 1000 - 1;
    expect((await makes(testGateway(store, () => nowMs), 'k')).text).toBe(first.text);
    nowMs += 1;
    const later = await makes(testGateway(store, () => nowMs), 'k');
    expect([later.isReplayed, later.text === first.text]).toEqual([false, false]);
    nowMs += 24 * 3600 * 1000;
    await makes(testGateway(store, () => nowMs), 'another');
    expect(await store.count('requests')).toBe(1);
  });

  test('does not make a failure of ours last', async () => {
    const { store } = await world();
    store.onChange = () => { throw new Error('the disk is full'); };
    expect((await makes(testGateway(store), 'k')).status).toBe(500);
    store.onChange = () => {};
    expect((await makes(testGateway(store), 'k')).status).toBe(201);
  });

  test('must be one', async () => {
    for (const key of ['a b', 'x'.repeat(256), 'ü']) expect((await makes(testGateway(new MemoryStore()), key)).text).toContain('idempotencyKeyInvalid');
  });
});
