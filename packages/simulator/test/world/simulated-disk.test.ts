import { expect, test } from '@jest/globals';
import type { Configuration, Entry, NodeId, SnapshotMeta } from '@raft-mesh/raft';
import type { FaultKind } from '../../src/faults/fault.ts';
import { EventLoop } from '../../src/world/event-loop.ts';
import type { DiskWrite } from '../../src/world/simulated-disk.ts';
import { SimulatedDisk } from '../../src/world/simulated-disk.ts';
import { SimulatedManagerStore } from '../../src/world/simulated-manager-store.ts';
import { SimulatedProcess } from '../../src/world/simulated-process.ts';
import { SimulatedRandom } from '../../src/world/simulated-random.ts';

const configuration: Configuration = { voters: [{ id: 'a:1' as NodeId, address: 'a' }], votersOutgoing: [], learners: [] };
const entries = (from: number, to: number, term = 1): Entry[] => Array.from({ length: to - from + 1 }, (_, at) => ({ kind: 'noop', term, index: from + at, logTimeMs: 0 }));
const append = (from: number, to: number, term = 1) => ({ hardState: null, truncateFrom: null, entries: entries(from, to, term) });
const metaAt = (lastIndex: number, sizeBytes: number): SnapshotMeta => ({ lastIndex, lastTerm: 1, logTimeMs: 0, configuration, sizeBytes });

class Machine {
  readonly loop = new EventLoop();
  readonly happened: FaultKind[] = [];
  readonly durable: DiskWrite['kind'][] = [];
  readonly disk: SimulatedDisk;
  process = this.#process();
  store: SimulatedManagerStore;

  constructor(seed = 1, tornPerMille = 0) {
    this.disk = new SimulatedDisk(configuration, {
      loop: this.loop, random: new SimulatedRandom(seed, 'disk'), flushMinMs: 1, flushMeanMs: 2, tornPerMille,
      happened: (kind) => this.happened.push(kind), onDurable: ({ kind }) => this.durable.push(kind), onPending: () => {},
    });
    this.store = new SimulatedManagerStore(this.disk, this.process, () => {});
  }

  async pass(ms: number): Promise<void> {
    await this.loop.run(() => false, this.loop.nowMs + ms);
  }

  /** What became of a promise by now. */
  async settled(promise: Promise<unknown>, withinMs = 100): Promise<string> {
    let state = 'open';
    promise.then(() => { state = 'done'; }, (error: unknown) => { state = String(error); });
    await this.pass(withinMs);
    return state;
  }

  restart(): void {
    this.process.kill();
    this.disk.crash();
    this.process = this.#process();
    this.store = new SimulatedManagerStore(this.disk, this.process, () => {});
  }

  async loadedEntries(): Promise<readonly number[]> {
    let indexes: readonly number[] = [];
    void this.store.load().then((state) => { indexes = state.entries.map(({ index }) => index); });
    await this.pass(100);
    return indexes;
  }

  #process(): SimulatedProcess {
    return new SimulatedProcess('a', this.loop, { driftPpm: 0, clockStartMs: 0 });
  }
}

test('writes become durable in order, and are told so', async () => {
  const machine = new Machine();
  const order: number[] = [];
  for (const [at, write] of [append(1, 2), append(3, 3), { hardState: { term: 4, votedFor: null }, truncateFrom: 3, entries: entries(3, 4, 4) }].entries()) void machine.store.write(write).then(() => order.push(at));
  expect(machine.disk.platter.entries).toEqual([]);
  await machine.pass(200);
  expect(order).toEqual([0, 1, 2]);
  expect(machine.disk.platter.state()).toMatchObject({ hardState: { term: 4 }, entries: [...entries(1, 2), ...entries(3, 4, 4)] });
  expect([1, 3, 4, 5].map((index) => machine.disk.platter.termAt(index))).toEqual([1, 4, 4, null]);
});

test('a gap in the log is an error of the manager', async () => {
  const machine = new Machine();
  void machine.store.write(append(2, 2));
  await expect(machine.pass(100)).rejects.toThrow('a gap');
});

test('a crash loses what was not flushed, but for whole batches from the first on; some seeds keep some', async () => {
  const kept = new Set<number>();
  for (let seed = 1; seed <= 20; seed += 1) {
    const machine = new Machine(seed, 500);
    void machine.store.write(append(1, 1));
    await machine.pass(100);
    for (const index of [2, 3, 4]) void machine.store.write(append(index, index));
    machine.restart();
    const found = await machine.loadedEntries();
    expect(found).toEqual([1, 2, 3, 4].slice(0, found.length));
    expect(machine.happened.includes('lostWrite')).toBe(found.length < 4);
    if (machine.happened.includes('tornWrite')) expect(found.length).toBeLessThan(4);
    kept.add(found.length);
  }
  expect([...kept].sort((a, b) => a - b)).toEqual([1, 2, 3, 4]);
});

test('what waits behind a flush that has failed is lost at a crash (seed 3043126)', async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const machine = new Machine(seed);
    machine.disk.failNext();
    for (const index of [1, 2, 3]) machine.store.write(append(index, index)).catch(() => {});
    await machine.loop.run(() => machine.happened.includes('flushFailure'), machine.loop.nowMs + 100);
    machine.restart();
    expect((await machine.loadedEntries()).length).toBeLessThanOrEqual(1);
  }
});

test('a snapshot may be durable before the entries that it covers; who starts then has the snapshot alone (seed 3010136)', async () => {
  const machine = new Machine();
  const { sizeBytes: _, ...meta } = metaAt(3, 0);
  void machine.store.saveSnapshot(meta, [new Uint8Array(2)]);
  await machine.pass(100);
  void machine.store.write(append(1, 2));
  await machine.pass(100);
  expect(machine.disk.platter.entries).toHaveLength(2);
  machine.restart();
  expect(await machine.loadedEntries()).toEqual([]);
  expect(await machine.settled(machine.store.write(append(4, 4)))).toBe('done');
});

test('what was told to be durable survives every crash', async () => {
  const machine = new Machine();
  expect(await machine.settled(machine.store.write(append(1, 5)))).toBe('done');
  for (let life = 0; life < 5; life += 1) {
    machine.restart();
    expect(await machine.loadedEntries()).toEqual([1, 2, 3, 4, 5]);
  }
});

test('a hanging disk completes nothing, then goes on; it also reads nothing', async () => {
  const machine = new Machine();
  const end = machine.disk.hang();
  expect(await machine.settled(machine.store.write(append(1, 1)), 10_000)).toBe('open');
  const loading = machine.store.load();
  expect(await machine.settled(loading, 1_000)).toBe('open');
  end();
  expect(await machine.settled(loading)).toBe('done');
  expect(machine.durable).toEqual(['log']);
});

test('a slow disk takes its time', async () => {
  const machine = new Machine();
  const end = machine.disk.slow(5_000);
  expect(await machine.settled(machine.store.write(append(1, 1)), 50)).toBe('open');
  end();
  await machine.pass(60_000);
  expect(machine.durable).toEqual(['log']);
});

test('after a flush that failed nothing succeeds any more, and what was in it may or may not be there', async () => {
  const found = new Set<number>();
  for (let seed = 1; seed <= 10; seed += 1) {
    const machine = new Machine(seed);
    machine.disk.failNext();
    expect(machine.disk.hasFailed).toBe(false);
    expect(await machine.settled(machine.store.write(append(1, 1)))).toContain('the flush failed');
    expect(await machine.settled(machine.store.write(append(2, 2)))).toContain('failed before');
    expect([machine.disk.hasFailed, machine.happened]).toEqual([true, ['flushFailure']]);
    machine.restart();
    found.add((await machine.loadedEntries()).length);
    expect(await machine.settled(machine.store.write(append((await machine.loadedEntries()).length + 1, 9)))).toBe('done');
  }
  expect([...found].sort((a, b) => a - b)).toEqual([0, 1]);
});

test('a full disk refuses, and takes no part of it', async () => {
  const machine = new Machine();
  const end = machine.disk.fill();
  expect(await machine.settled(machine.store.write(append(1, 1)))).toContain('no space');
  expect([machine.durable, machine.happened]).toEqual([[], ['diskFull']]);
  end();
  machine.restart();
  expect(await machine.settled(machine.store.write(append(1, 1)))).toBe('done');
});

test('a flipped bit in what was not flushed is a torn write; in what was flushed it is found by the next read', async () => {
  const machine = new Machine();
  expect(machine.disk.tearPending()).toBe(false);
  void machine.store.write(append(1, 1));
  expect(machine.disk.tearPending()).toBe(true);
  machine.restart();
  expect(machine.happened).toEqual(['lostWrite', 'tornWrite']);
  expect(await machine.settled(machine.store.write(append(1, 1)))).toBe('done');
  machine.disk.platter.damage = 'a bit has flipped';
  expect(machine.disk.hasFailed).toBe(true);
  expect(await machine.settled(machine.store.load())).toContain('a bit has flipped');
});

test('a paused process is told when it goes on; a dead one never', async () => {
  const machine = new Machine();
  machine.process.pause();
  const writing = machine.store.write(append(1, 1));
  expect(await machine.settled(writing)).toBe('open');
  expect(machine.durable).toEqual(['log']);
  machine.process.resume();
  expect(await machine.settled(writing)).toBe('done');
  const lost = machine.store.write(append(2, 2));
  machine.restart();
  expect(await machine.settled(lost)).toBe('open');
});

test('a snapshot is kept whole or not at all; an older one does not take the place of a newer; compaction keeps to it', async () => {
  const machine = new Machine();
  void machine.store.write(append(1, 10));
  expect(await machine.settled(machine.store.saveSnapshot(metaAt(6, 0), [Uint8Array.of(1, 2), Uint8Array.of(3)]))).toBe('done');
  expect(machine.disk.platter.snapshot).toEqual(metaAt(6, 3));
  expect(await machine.settled(machine.store.saveSnapshot(metaAt(4, 0), [Uint8Array.of(9)]))).toBe('done');
  expect(machine.disk.platter.snapshot.lastIndex).toBe(6);
  expect(await machine.settled(machine.store.compact(4))).toBe('done');
  expect(machine.disk.platter.entries[0]?.index).toBe(5);
  expect([3, 5].map((index) => machine.disk.platter.termAt(index))).toEqual(['snapshot', 1]);
  let read: Uint8Array | null = null;
  void machine.store.readSnapshot(6, 1, 10).then((piece) => { read = piece; });
  await machine.pass(100);
  expect(read).toEqual(Uint8Array.of(2, 3));
});

test('a received snapshot counts when it is installed, and takes the whole log with it; a crash before leaves everything as it was', async () => {
  const machine = new Machine(3);
  void machine.store.write(append(1, 3));
  await machine.pass(100);
  void machine.store.receiveSnapshotChunk(metaAt(9, 2), 0, Uint8Array.of(1));
  await machine.pass(100);
  machine.restart();
  expect(await machine.loadedEntries()).toEqual([1, 2, 3]);
  void machine.store.receiveSnapshotChunk(metaAt(9, 2), 0, Uint8Array.of(1));
  void machine.store.receiveSnapshotChunk(metaAt(9, 2), 1, Uint8Array.of(2));
  expect(await machine.settled(machine.store.installSnapshot(metaAt(9, 2)))).toBe('done');
  expect(machine.disk.platter.state()).toMatchObject({ snapshot: { lastIndex: 9 }, entries: [] });
  expect(await machine.settled(machine.store.receiveSnapshotChunk(metaAt(12, 2), 1, Uint8Array.of(2)))).toContain('does not continue');
});
