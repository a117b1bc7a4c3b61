import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Snapshots, recordBytesMax } from '@raft-mesh/control-plane';
import type { ControlStore, ListedRecord, RecordContent } from '@raft-mesh/control-plane';
import { generateSigningKey } from '@raft-mesh/mesh-node';
import type { control } from '@raft-mesh/protocol';
import { createHash, randomBytes } from 'node:crypto';
import { nanoid } from 'nanoid';
import { Meshes } from '../src/mesh-manager/meshes.ts';

const content = (value: RecordContent['value'], bytes: Uint8Array | null = null): RecordContent => ({ value, bytes });
const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

/** What every adapter of the control plane's store must do. `open` is called once; `reopen`, where given, reads what the first one wrote. */
export function controlStoreSuite(name: string, open: () => Promise<ControlStore>, reopen: () => Promise<ControlStore> = open): void {
  describe(name, () => {
    let store: ControlStore;
    beforeAll(async () => { store = await open(); });
    afterAll(async () => { await store.close(); });

    test('gives back what was put in, values and bytes alike', async () => {
      const value = { text: 'ä\n"', nested: [[1, [2]], { deep: null }], flag: true };
      const bytes = new Uint8Array(randomBytes(1000));
      expect(await store.create('meshes', 'Plain_Id-1', content(value, bytes))).toBe(true);
      const record = await store.read('meshes', 'Plain_Id-1');
      expect(record?.value).toEqual(value);
      expect(Buffer.from(record?.bytes ?? []).equals(bytes)).toBe(true);
      expect(await store.read('snapshots', 'Plain_Id-1')).toBeNull();
    });

    test('keeps no bytes, empty bytes and the most bytes apart', async () => {
      for (const bytes of [null, new Uint8Array(), new Uint8Array(recordBytesMax).fill(7)]) {
        const id = nanoid();
        await store.create('chunks', id, content(null, bytes));
        const found = await store.read('chunks', id);
        expect(found?.bytes?.length ?? null).toBe(bytes?.length ?? null);
      }
    });

    test('refuses what is beyond its bounds', async () => {
      // Whether it throws at once or rejects does not matter.
      await expect((async () => store.create('chunks', 'x', content(null, new Uint8Array(recordBytesMax + 1))))()).rejects.toThrow('at most');
      await expect((async () => store.read('chunks', 'a/b'))()).rejects.toThrow('pattern');
    });

    test('tells ids apart that differ in capital letters only, and takes reserved-looking ones', async () => {
      for (const id of ['abc', 'Abc', 'ABC', '__all__', '..', '.']) expect(await store.create('invitations', id, content(id))).toBe(true);
      for (const id of ['abc', 'Abc', 'ABC', '__all__', '..', '.']) expect((await store.read('invitations', id))?.value).toBe(id);
      const listed = (await store.list('invitations', { limit: 100, after: null })).map(({ id }) => id);
      expect(listed).toEqual(expect.arrayContaining(['abc', 'Abc', 'ABC', '__all__', '..', '.']));
    });

    test('lets one of many creators win', async () => {
      const id = nanoid();
      const won = await Promise.all(Array.from({ length: 8 }, (_, number) => store.create('meshes', id, content(number))));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect((await store.read('meshes', id))?.value).toBe(won.indexOf(true));
    });

    test('replaces only what is still at the version that was read', async () => {
      const id = nanoid();
      await store.create('meshes', id, content('first'));
      const first = await store.read('meshes', id);
      expect(await store.replace('meshes', id, content('second'), first?.version ?? '')).toBe(true);
      expect(await store.replace('meshes', id, content('third'), first?.version ?? '')).toBe(false);
      expect((await store.read('meshes', id))?.value).toBe('second');
    });

    test('never replaces what is gone, nor what came again after it', async () => {
      const id = nanoid();
      await store.create('meshes', id, content('first'));
      const version = (await store.read('meshes', id))?.version ?? '';
      await store.remove('meshes', id);
      expect(await store.replace('meshes', id, content('late'), version)).toBe(false);
      await store.create('meshes', id, content('again'));
      expect(await store.replace('meshes', id, content('late'), version)).toBe(false);
      expect((await store.read('meshes', id))?.value).toBe('again');
    });

    test('loses no change when many are made at once, each by compare-and-set', async () => {
      const id = nanoid();
      await store.create('meshes', id, content(0));
      const addOne = async (): Promise<void> => {
        for (;;) {
          const record = await store.read('meshes', id);
          if (record === null || typeof record.value !== 'number') throw new Error('the counter is gone');
          if (await store.replace('meshes', id, content(record.value + 1), record.version)) return;
        }
      };
      await Promise.all(Array.from({ length: 6 }, addOne));
      expect((await store.read('meshes', id))?.value).toBe(6);
    });

    test('lists page by page, in the order of ids, each once', async () => {
      const ids = ['a', 'B', '_', '-x', '.', 'Z9', 'b', '0'];
      for (const id of ids) await store.create('keys', id, content(id));
      const seen: string[] = [];
      for (let after: string | null = null; ;) {
        const page = { limit: 3, after };
        const listed: readonly ListedRecord[] = await store.list('keys', page);
        expect(await store.listIds('keys', page)).toEqual(listed.map(({ id }) => id));
        expect(listed.map(({ record }) => record?.value)).toEqual(listed.map(({ id }) => id));
        seen.push(...listed.map(({ id }) => id));
        if (listed.length < 3) break;
        after = listed.at(-1)?.id ?? null;
      }
      expect(seen).toEqual(ids.toSorted());
      expect(seen.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(seen);
    });

    test('counts', async () => {
      const before = await store.count('chunks');
      await store.create('chunks', nanoid(), content(null));
      expect(await store.count('chunks')).toBe(before + 1);
    });

    test('keeps a record when it is closed and opened again', async () => {
      const id = nanoid();
      await store.create('snapshots', id, content('kept', new Uint8Array([1, 2, 3])));
      await store.close();
      store = await reopen();
      expect((await store.read('snapshots', id))?.value).toBe('kept');
    });

    describe('documents on it', () => {
      const key = generateSigningKey();
      const managers = [{ id: 'm1', managerIncarnation: 1, url: 'http://127.0.0.1:1', publicKey: null }];
      const description = (mesh: string) => ({ mesh, incarnation: 1, app: 'a', publicKey: key.x, createdAt: '2026-01-01T00:00:00.000Z', managers });
      /** As the first version wrote it. */
      const firstVersion = (mesh: string) => ({ description: description(mesh), signingKey: { ...key }, enrolments: [{ manager: 'm1', setupTokenHash: 'h', setupExpiresAtMs: 4e12 }], snapshotHead: `head-${mesh}` });
      const meshes = () => new Meshes(store, new Snapshots(store), () => 1);
      const keep = async (mesh: string, value: RecordContent['value']) => {
        await store.remove('meshes', mesh);
        await store.create('meshes', mesh, content(value));
      };

      test('of an older version are upgraded when they are read, and written anew with what changes them', async () => {
        await keep('old', firstVersion('old'));
        const found = await meshes().find('old');
        expect(found).toMatchObject({ ok: true, value: { description: description('old'), departed: [], signIn: null, request: null, enrolments: [{ manager: 'm1', request: null }] } });
        expect((await store.read('meshes', 'old'))?.value).not.toHaveProperty('documentVersion');
        expect((await meshes().enrol('old', 'm1', generateSigningKey().x, { kind: 'key' })).ok).toBe(true);
        expect((await store.read('meshes', 'old'))?.value).toMatchObject({ documentVersion: 4, departed: [] });
        expect(await meshes().find('old')).toMatchObject({ ok: true });
      });

      test('of a newer version are refused, and left as they are; damaged ones are named; the others are served', async () => {
        const newer = { ...firstVersion('newer'), documentVersion: 99, unheardOf: true };
        await keep('newer', newer);
        await keep('damaged', { description: 'nonsense' });
        await keep('no-object', 7);
        await expect(meshes().find('newer')).rejects.toMatchObject({ fault: 'newer', message: expect.stringContaining('document version 99; this control plane knows versions up to 4') });
        await expect(meshes().find('damaged')).rejects.toMatchObject({ fault: 'damaged' });
        await expect(meshes().remove('newer')).rejects.toMatchObject({ fault: 'newer' });
        expect((await store.read('meshes', 'newer'))?.value).toEqual(newer);
        const { meshes: listed, unreadable } = await listAll(meshes());
        expect(unreadable.map(({ mesh, code }) => [mesh, code])).toEqual(expect.arrayContaining([['damaged', 'recordDamaged'], ['newer', 'recordNewer'], ['no-object', 'recordDamaged']]));
        expect(listed.map(({ mesh }) => String(mesh))).toContain('old');
        expect(await meshes().remove('damaged')).toMatchObject({ ok: true });
        expect(await store.read('meshes', 'damaged')).toBeNull();
      });
    });

    describe('snapshots on it', () => {
      const description = (incarnation: number, term: number, index: number, data: Uint8Array) => ({
        incarnation, term, index, logTimeMs: index * 10, sizeBytes: data.length, sha256: sha256(data), takenAt: '2030-01-01T00:00:00Z',
      });
      const put = (snapshots: Snapshots, head: string, incarnation: number, term: number, index: number, data: Uint8Array = Buffer.from(`${term}.${index}`)) =>
        snapshots.put(head, description(incarnation, term, index, data), data);

      const opened = async (snapshots: Snapshots): Promise<string> => {
        const head = nanoid();
        await snapshots.open(head, 1);
        return head;
      };

      test('never go back in (term, index)', async () => {
        const snapshots = new Snapshots(store);
        const head = await opened(snapshots);
        expect(await snapshots.latest(head)).toBeNull();
        expect(await put(snapshots, head, 1, 2, 10)).toBe('stored');
        expect(await put(snapshots, head, 1, 2, 10)).toBe('stored');
        expect(await put(snapshots, head, 1, 2, 9)).toBe('older');
        expect(await put(snapshots, head, 1, 1, 99)).toBe('older');
        expect(await put(snapshots, head, 1, 3, 8)).toBe('stored');
        expect(Buffer.from((await snapshots.latest(head))?.data ?? []).toString()).toBe('3.8');
      });

      test('of an earlier incarnation are shut out by a fence, and the last one stays readable', async () => {
        const snapshots = new Snapshots(store);
        const head = await opened(snapshots);
        await put(snapshots, head, 1, 2, 10);
        expect(await snapshots.fence(head, 2)).toBe(true);
        expect(await put(snapshots, head, 1, 9, 999)).toBe('incarnationEnded');
        expect((await snapshots.describe(head))?.index).toBe(10);
        expect(await put(snapshots, head, 2, 2, 11)).toBe('stored');
        expect(await snapshots.fence(head, 1)).toBe(true);
        expect(await put(snapshots, head, 1, 9, 999)).toBe('incarnationEnded');
      });

      test('race: with two leaders putting at once, the newest acknowledged one is there in the end', async () => {
        const snapshots = new Snapshots(store);
        const head = await opened(snapshots);
        const acknowledged: [number, number][] = [];
        const leader = async (term: number) => {
          for (let index = 1; index <= 5; index += 1) if (await put(snapshots, head, 1, term, index) === 'stored') acknowledged.push([term, index]);
        };
        await Promise.all([leader(1), leader(2)]);
        expect(acknowledged).toContainEqual([2, 5]);
        expect(await snapshots.describe(head)).toMatchObject({ term: 2, index: 5 });
      });

      test('larger than a record go into pieces, which go away with them', async () => {
        const snapshots = new Snapshots(store);
        const head = await opened(snapshots);
        const piecesOf = async () => (await store.list('chunks', { limit: 1000, after: null })).filter(({ id }) => id.startsWith(head)).length;
        const large = new Uint8Array(randomBytes(2 * recordBytesMax + 5));
        expect(await put(snapshots, head, 1, 1, 1, large)).toBe('stored');
        expect(await piecesOf()).toBe(3);
        expect(Buffer.from((await snapshots.latest(head))?.data ?? []).equals(large)).toBe(true);
        expect(await put(snapshots, head, 1, 1, 2)).toBe('stored');
        expect(await piecesOf()).toBe(0);
        // What an upload that was cut off has left goes with a later one, once no upload can still be at it.
        let nowMs = Date.now();
        const later = new Snapshots(store, () => nowMs);
        await store.create('chunks', `${head}.cut-off.0`, content({ createdAtMs: nowMs }, new Uint8Array(1)));
        await store.create('chunks', `gone-${head}.cut-off.0`, content(null, new Uint8Array(1)));
        await put(later, head, 1, 1, 3, large);
        expect(await store.read('chunks', `gone-${head}.cut-off.0`)).toBeNull();
        expect(await store.read('chunks', `${head}.cut-off.0`)).not.toBeNull();
        nowMs += 3_600_000;
        await put(later, head, 1, 1, 4, new Uint8Array(randomBytes(recordBytesMax + 5)));
        expect(await store.read('chunks', `${head}.cut-off.0`)).toBeNull();
        expect(await piecesOf()).toBe(2);
        await snapshots.remove(head);
        expect(await piecesOf()).toBe(0);
        expect(await put(snapshots, head, 1, 1, 5)).toBe('gone');
      });
    });
  });
}

async function listAll(meshes: Meshes): Promise<Pick<control.MeshList, 'meshes' | 'unreadable'>> {
  const all: Pick<control.MeshList, 'meshes' | 'unreadable'> = { meshes: [], unreadable: [] };
  for (let after: string | null = null; ;) {
    const page: control.MeshList = await meshes.list({ limit: 2, after });
    all.meshes.push(...page.meshes);
    all.unreadable.push(...page.unreadable);
    if (page.next === null) return all;
    after = page.next;
  }
}
