import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { LogWrite, ManagerStore } from '@raft-mesh/mesh';
import type { Configuration, Entry, NodeId, SnapshotMeta } from '@raft-mesh/raft';

/** One manager's place on some storage, over several lives of its store. */
export interface ManagerStoreSubject {
  /** Opens the store as a restart of the process does. The first time it holds `suiteConfiguration` in a snapshot at index 0, and nothing else. */
  open(): Promise<ManagerStore>;
  /** Removes all traces. Every opened store has been closed. */
  dispose(): Promise<void>;
}

export interface ManagerStoreSuiteOptions {
  readonly createSubject: () => Promise<ManagerStoreSubject>;
  /** Whether a second `open` is refused while a store is open; if not, the reason. */
  readonly ownership: { readonly exclusive: true } | { readonly exclusive: false; readonly reason: string };
}

const node = (name: string) => name as NodeId;
const member = (name: string) => ({ id: node(name), address: `ws://${name}.example` });

/** The first configuration of every subject. */
export const suiteConfiguration: Configuration = { voters: [member('m1:1'), member('m2:1'), member('m3:1')], votersOutgoing: [], learners: [] };
const laterConfiguration: Configuration = { voters: [member('m1:1')], votersOutgoing: [member('m2:1')], learners: [{ ...member('m4:2'), promotable: true }] };

const nothing: LogWrite = { hardState: null, truncateFrom: null, entries: [] };
const command = (index: number, term = 1, text = `command ${index}`): Entry => ({ kind: 'command', term, index, logTimeMs: index * 10, data: new TextEncoder().encode(text) });
const commands = (from: number, to: number, term = 1): Entry[] => Array.from({ length: to - from + 1 }, (_, offset) => command(from + offset, term));
const append = (...entries: Entry[]): LogWrite => ({ ...nothing, entries });
const bytes = (length: number, start = 0) => Uint8Array.from({ length }, (_, position) => (start + position) % 251);
const metaAt = (lastIndex: number, sizeBytes: number, lastTerm = 1): SnapshotMeta => ({ lastIndex, lastTerm, logTimeMs: lastIndex * 10, configuration: laterConfiguration, sizeBytes });

/** What every `ManagerStore` promises. Call it at the top of a test file. */
export function testManagerStore(name: string, { createSubject, ownership }: ManagerStoreSuiteOptions): void {
  describe(`${name} as a ManagerStore`, () => {
    let subject: ManagerStoreSubject;
    let opened: ManagerStore[];

    beforeEach(async () => {
      subject = await createSubject();
      opened = [];
    });
    afterEach(async () => {
      for (const store of opened) await store.close();
      await subject.dispose();
    });

    const open = async () => {
      const store = await subject.open();
      opened.push(store);
      return store;
    };
    const close = async (store: ManagerStore) => {
      opened = opened.filter((other) => other !== store);
      await store.close();
    };
    const reopened = async (store: ManagerStore) => {
      await close(store);
      return await open();
    };
    const indexes = async (store: ManagerStore) => (await store.load()).entries.map(({ index }) => index);
    const terms = async (store: ManagerStore) => (await store.load()).entries.map(({ term }) => term);

    test('begins with term 0, no entries, and a snapshot at index 0 that carries the configuration', async () => {
      expect(await (await open()).load()).toEqual({
        hardState: { term: 0, votedFor: null },
        snapshot: { lastIndex: 0, lastTerm: 0, logTimeMs: 0, configuration: suiteConfiguration, sizeBytes: 0 },
        entries: [],
      });
    });

    test('gives back every kind of entry as it was written', async () => {
      const store = await open();
      const entries: Entry[] = [
        { kind: 'noop', term: 3, index: 1, logTimeMs: 0 },
        { kind: 'command', term: 3, index: 2, logTimeMs: 5_000_000_000, data: bytes(700) },
        { kind: 'command', term: 3, index: 3, logTimeMs: 5_000_000_000, data: new Uint8Array() },
        { kind: 'configuration', term: Number.MAX_SAFE_INTEGER, index: 4, logTimeMs: 5_000_000_001, configuration: laterConfiguration },
      ];
      await store.write(append(...entries));
      const loaded = (await (await reopened(store)).load()).entries;
      expect(loaded.map((entry) => entry.kind === 'command' ? { ...entry, data: [...entry.data] } : entry))
        .toEqual(entries.map((entry) => entry.kind === 'command' ? { ...entry, data: [...entry.data] } : entry));
    });

    test('gives back what was written before without a restart, too', async () => {
      const store = await open();
      await store.write({ ...append(...commands(1, 3)), hardState: { term: 1, votedFor: null } });
      expect(await indexes(store)).toEqual([1, 2, 3]);
      await store.write(append(command(4)));
      expect(await indexes(store)).toEqual([1, 2, 3, 4]);
    });

    test('keeps the last hard state', async () => {
      const store = await open();
      await store.write({ ...nothing, hardState: { term: 4, votedFor: node('m2:1') } });
      await store.write(append(command(1, 4)));
      const second = await reopened(store);
      expect((await second.load()).hardState).toEqual({ term: 4, votedFor: 'm2:1' });
      await second.write({ ...nothing, hardState: { term: 5, votedFor: null } });
      expect((await (await reopened(second)).load()).hardState).toEqual({ term: 5, votedFor: null });
    });

    test('keeps the order of many writes that nobody waited for, and settles their promises in it', async () => {
      const store = await open();
      const settled: number[] = [];
      const writes = Array.from({ length: 200 }, (_, offset) => store.write(append(command(offset + 1))).then(() => { settled.push(offset + 1); }));
      await Promise.all(writes);
      const expected = Array.from({ length: 200 }, (_, offset) => offset + 1);
      expect(settled).toEqual(expected);
      expect(await indexes(await reopened(store))).toEqual(expected);
    });

    test('truncates before it appends', async () => {
      const store = await open();
      await store.write(append(...commands(1, 5)));
      await store.write({ hardState: { term: 2, votedFor: null }, truncateFrom: 3, entries: [command(3, 2)] });
      expect(await terms(store)).toEqual([1, 1, 2]);
      const second = await reopened(store);
      expect(await terms(second)).toEqual([1, 1, 2]);
      await second.write({ ...nothing, truncateFrom: 1 });
      await second.write(append(command(1, 7)));
      expect(await terms(await reopened(second))).toEqual([7]);
    });

    test('saves a snapshot, reads it in pieces, and keeps the log', async () => {
      const store = await open();
      await store.write(append(...commands(1, 5)));
      const data = bytes(10_000);
      const { sizeBytes: _, ...meta } = metaAt(4, 0);
      expect(await store.saveSnapshot(meta, [data.subarray(0, 1), data.subarray(1, 7_000), data.subarray(7_000)])).toEqual(metaAt(4, data.length));
      const check = async (current: ManagerStore) => {
        const pieces: number[] = [];
        for (let offset = 0; offset < data.length; offset += 4_000) pieces.push(...await current.readSnapshot(4, offset, 4_000) ?? []);
        expect(Uint8Array.from(pieces)).toEqual(data);
        expect(await current.readSnapshot(4, data.length, 10)).toHaveLength(0);
        expect(await current.readSnapshot(3, 0, 10)).toBeNull();
        expect((await current.load()).snapshot).toEqual(metaAt(4, data.length));
        expect(await indexes(current)).toEqual([1, 2, 3, 4, 5]);
      };
      await check(store);
      await check(await reopened(store));
    });

    test('takes the data of a snapshot as it comes, while writes go on', async () => {
      const store = await open();
      await store.write(append(...commands(1, 3)));
      let release: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => { release = resolve; });
      async function* slow() {
        yield bytes(10);
        await gate;
        yield bytes(10, 10);
      }
      const { sizeBytes: _, ...meta } = metaAt(3, 0);
      const saved = store.saveSnapshot(meta, slow());
      await store.write(append(command(4)));
      release();
      await saved;
      const second = await reopened(store);
      expect((await second.load()).snapshot.sizeBytes).toBe(20);
      expect(await indexes(second)).toEqual([1, 2, 3, 4]);
    });

    test('changes nothing when the data of a snapshot fails', async () => {
      const store = await open();
      await store.write(append(...commands(1, 3)));
      async function* broken() {
        yield bytes(10);
        throw new Error('the state could not be encoded');
      }
      const { sizeBytes: _, ...meta } = metaAt(3, 0);
      await expect(store.saveSnapshot(meta, broken())).rejects.toThrow('the state could not be encoded');
      await store.write(append(command(4)));
      const { snapshot, entries } = await (await reopened(store)).load();
      expect(snapshot.lastIndex).toBe(0);
      expect(entries).toHaveLength(4);
    });

    test('after a compaction, the log is contiguous, reaches down to the snapshot, and goes on', async () => {
      const store = await open();
      await store.write(append(...commands(1, 20)));
      const { sizeBytes: _, ...meta } = metaAt(12, 0);
      await store.saveSnapshot(meta, [bytes(5)]);
      await store.compact(10);
      await store.write(append(command(21)));
      const found = await indexes(await reopened(store));
      expect(found[0]).toBeLessThanOrEqual(11);
      expect(found).toEqual(Array.from({ length: found.length }, (_, offset) => 22 - found.length + offset));
    });

    test('refuses to compact what no snapshot covers', async () => {
      const store = await open();
      await store.write(append(...commands(1, 5)));
      await expect((async () => await store.compact(3))()).rejects.toThrow('snapshot');
      expect(await indexes(await reopened(store))).toEqual([1, 2, 3, 4, 5]);
    });

    test('installs a received snapshot in place of the log, and goes on from there', async () => {
      const store = await open();
      await store.write({ ...append(...commands(1, 5)), hardState: { term: 6, votedFor: node('m1:1') } });
      const data = bytes(5_000);
      const meta = metaAt(90, data.length, 5);
      for (let offset = 0; offset < data.length; offset += 2_000) await store.receiveSnapshotChunk(meta, offset, data.subarray(offset, offset + 2_000));
      await store.installSnapshot(meta);
      const second = await reopened(store);
      expect(await second.load()).toEqual({ hardState: { term: 6, votedFor: 'm1:1' }, snapshot: meta, entries: [] });
      expect(Uint8Array.from(await second.readSnapshot(90, 0, 100_000) ?? [])).toEqual(data);
      await second.write(append(command(91, 6)));
      expect(await indexes(await reopened(second))).toEqual([91]);
    });

    test('begins anew at offset 0, and a restart forgets what was received but not installed', async () => {
      const store = await open();
      const meta = metaAt(9, 4);
      await store.receiveSnapshotChunk(metaAt(8, 100), 0, bytes(50, 7));
      await store.receiveSnapshotChunk(meta, 0, bytes(2));
      await store.receiveSnapshotChunk(meta, 0, bytes(2));
      await store.receiveSnapshotChunk(meta, 2, bytes(2, 2));
      const second = await reopened(store);
      expect((await second.load()).snapshot.lastIndex).toBe(0);
      await second.receiveSnapshotChunk(meta, 0, bytes(4));
      await second.installSnapshot(meta);
      expect(Uint8Array.from(await second.readSnapshot(9, 0, 10) ?? [])).toEqual(bytes(4));
    });

    test('a snapshot follows another', async () => {
      let store = await open();
      for (const last of [3, 6, 9]) {
        await store.write(append(...commands(last - 2, last)));
        const { sizeBytes: _, ...meta } = metaAt(last, 0);
        await store.saveSnapshot(meta, [bytes(last)]);
        await store.compact(last);
        store = await reopened(store);
        expect((await store.load()).snapshot).toEqual(metaAt(last, last));
        expect(await store.readSnapshot(last, 0, 100)).toHaveLength(last);
      }
    });

    test('a snapshot may be durable before the entries that it covers', async () => {
      const { sizeBytes: _, ...meta } = metaAt(5, 0);
      const first = await open();
      await first.saveSnapshot(meta, [bytes(3)]);
      const alone = await reopened(first);
      expect(await alone.load()).toMatchObject({ snapshot: metaAt(5, 3), entries: [] });
      await alone.write(append(command(6)));
      expect(await indexes(await reopened(alone))).toEqual([6]);
    });

    test('the entries that a snapshot covers may come after it', async () => {
      const { sizeBytes: _, ...meta } = metaAt(5, 0);
      const first = await open();
      await first.saveSnapshot(meta, [bytes(3)]);
      await first.write(append(...commands(1, 3)));
      await first.write(append(...commands(4, 6)));
      const { snapshot, entries } = await (await reopened(first)).load();
      expect([snapshot, entries.filter(({ index }) => index > 5).map(({ index }) => index)]).toEqual([metaAt(5, 3), [6]]);
    });

    test('a snapshot that was begun before a later one was installed does not take its place', async () => {
      const store = await open();
      await store.write(append(...commands(1, 5)));
      let goOn = () => {};
      const pause = new Promise<void>((resolve) => { goOn = resolve; });
      const { sizeBytes: _, ...meta } = metaAt(4, 0);
      const saving = store.saveSnapshot(meta, (async function* () { yield bytes(3); await pause; })());
      const later = metaAt(30, 2);
      await store.receiveSnapshotChunk(later, 0, bytes(2));
      await store.installSnapshot(later);
      goOn();
      expect(await saving).toEqual(metaAt(4, 3));
      await store.write(append(command(31)));
      const { snapshot, entries } = await (await reopened(store)).load();
      expect([snapshot, entries.map(({ index }) => index)]).toEqual([later, [31]]);
    });

    if (ownership.exclusive) {
      test('has one owner at a time', async () => {
        const store = await open();
        await expect(subject.open()).rejects.toThrow('in use');
        await store.write(append(command(1)));
        expect(await indexes(await reopened(store))).toEqual([1]);
      });
    } else {
      test.skip(`has one owner at a time (not here: ${ownership.reason})`, () => undefined);
    }
  });
}
