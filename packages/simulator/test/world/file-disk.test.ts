import { describe, expect, test } from '@jest/globals';
import type { Entry, NodeId, PersistedState } from '@raft-mesh/raft';
import type { Scenario, StoreOnFiles } from '@raft-mesh/simulator';
import { runScenario } from '@raft-mesh/simulator';
import { createManagerDirectory, openManagerStore } from '@raft-mesh/storage-file';
import { Ledger } from '../../src/world/files/ledger.ts';
import { SimulatedDirectory } from '../../src/world/files/simulated-directory.ts';
import { SimulatedFile, sectorBytes } from '../../src/world/files/simulated-file.ts';
import { SimulatedRandom } from '../../src/world/simulated-random.ts';

const seeds = Array.from({ length: 60 }, (_, seed) => seed);
const random = (seed: number): SimulatedRandom => new SimulatedRandom(seed, 'test');
const bytes = (value: number, count: number): Uint8Array => new Uint8Array(count).fill(value);
const flushedBytes = 700;

describe('a file', () => {
  /** 700 bytes that are flushed, and 300 that are not: `begun` when a flush of them goes on. */
  function written(begun: boolean): SimulatedFile {
    const file = new SimulatedFile();
    file.write(bytes(1, flushedBytes), 0);
    file.flushAtOnce();
    file.write(bytes(2, 300), flushedBytes);
    if (begun) file.beginFlush();
    return file;
  }

  test.each([false, true])('keeps what was flushed through a crash, and of the rest whole sectors (a flush goes on: %s)', (begun) => {
    const outcomes = new Set<string>();
    for (const seed of seeds) {
      const file = written(begun);
      const { lost, torn } = file.crash(random(seed), 500, false);
      const left = file.read(0, 10_000);
      expect(left.subarray(0, flushedBytes).every((byte) => byte === 1)).toBe(true);
      for (let from = Math.ceil(flushedBytes / sectorBytes) * sectorBytes; from < left.length; from += sectorBytes) expect(new Set(left.subarray(from, from + sectorBytes)).size).toBe(1);
      const rest = new Set(left.subarray(flushedBytes));
      outcomes.add(`${lost ? (torn ? 'torn' : 'lost') : 'whole'}${rest.has(0) ? ' with zeros' : ''}`);
      expect(lost).toBe(left.length < flushedBytes + 300 || rest.has(0));
    }
    expect(outcomes).toEqual(new Set(['whole', 'lost', 'lost with zeros', 'torn', 'torn with zeros']));
  });

  test('is torn for certain when a bit has flipped in what was not flushed', () => {
    for (const seed of seeds) {
      const file = written(false);
      expect(file.crash(random(seed), 0, true).lost).toBe(true);
      expect(file.read(0, flushedBytes)).toEqual(Buffer.from(bytes(1, flushedBytes)));
    }
  });

  test('may lose what a flush failed on, though a later flush succeeds', () => {
    const lost = seeds.filter((seed) => {
      const file = written(false);
      file.beginFlush().fail(random(seed));
      file.flushAtOnce();
      expect(file.read(flushedBytes, 10_000)).toHaveLength(300);
      file.crash(random(seed), 0, false);
      return file.read(flushedBytes, 10_000).some((byte) => byte !== 2) || file.sizeBytes < flushedBytes + 300;
    });
    expect(lost.length).toBeGreaterThan(30);
  });

  test('that was cut is cut for certain once that is flushed', () => {
    const file = written(false);
    file.truncate(100);
    file.flushAtOnce();
    file.write(bytes(3, 10), 200);
    file.flushAtOnce();
    file.crash(random(1), 1000, false);
    expect([...file.read(0, 1_000)]).toEqual([...bytes(1, 100), ...bytes(0, 100), ...bytes(3, 10)]);
  });
});

test('a rename happens whole or not at all, and for certain once its directory was flushed', () => {
  const outcomes = new Set<string>();
  for (const seed of seeds) {
    const directory = new SimulatedDirectory();
    directory.add('old', new SimulatedFile());
    directory.add('new.partial', new SimulatedFile());
    directory.beginFlush()();
    directory.rename('new.partial', 'new');
    directory.remove('old');
    directory.crash(random(seed));
    outcomes.add([...directory.names.keys()].sort().join(' '));
  }
  expect(outcomes).toEqual(new Set(['new.partial old', 'new old', 'new', 'new.partial']));
});

describe('the ledger of a store', () => {
  const configuration = { voters: [{ id: 'm1:1' as NodeId, address: 'memory://m1' }], votersOutgoing: [], learners: [] };
  const noop = (index: number, term = 1): Entry => ({ kind: 'noop', term, index, logTimeMs: 0 });
  const hardState = { term: 1, votedFor: null };
  const log = (...entries: Entry[]) => ({ kind: 'log' as const, write: { hardState, truncateFrom: null, entries } });
  const snapshotOf = (lastIndex: number) => ({ lastIndex, lastTerm: lastIndex === 0 ? 0 : 1, logTimeMs: 0, configuration, sizeBytes: 0 });
  const found = (lastIndex: number, ...entries: Entry[]): PersistedState => ({ hardState, snapshot: snapshotOf(lastIndex), entries });

  function ledger(): Ledger {
    const made = new Ledger(configuration);
    const first = log(noop(1), noop(2));
    made.asked(first);
    made.acknowledged(first);
    made.asked(log(noop(3)));
    made.asked(log(noop(4)));
    return made;
  }

  test('takes what was acknowledged, with the first some of what was asked for', () => {
    expect(ledger().cameBack(found(0, noop(1), noop(2)))).toHaveLength(0);
    expect(ledger().cameBack(found(0, noop(1), noop(2), noop(3)))).toHaveLength(1);
    expect(ledger().cameBack(found(0, noop(1), noop(2), noop(3), noop(4)))).toHaveLength(2);
  });

  test('takes nothing less, and nothing else', () => {
    expect(ledger().cameBack(found(0, noop(1)))).toBeNull();
    expect(ledger().cameBack(found(0, noop(1), noop(2, 2)))).toBeNull();
    expect(ledger().cameBack(found(0, noop(1), noop(2), noop(3), noop(4), noop(5)))).toBeNull();
    expect(ledger().cameBack(found(2))).toBeNull();
    expect(ledger().cameBack({ ...found(0, noop(1), noop(2)), hardState: { term: 0, votedFor: null } })).toBeNull();
  });

  test('takes a snapshot that was being saved, and needs one that was', () => {
    const saving = ledger();
    saving.askedToSave({ lastIndex: 2, lastTerm: 1 });
    expect(saving.cameBack(found(2, noop(2)))).toHaveLength(0);
    const saved = ledger();
    saved.saved(snapshotOf(2));
    expect(saved.cameBack(found(0, noop(1), noop(2)))).toBeNull();
  });

  test('knows that a snapshot may be saved before all entries that it covers are', () => {
    const ahead = ledger();
    ahead.saved(snapshotOf(4));
    ahead.compacted(4);
    const next = log(noop(3), noop(4), noop(5));
    ahead.asked(next);
    ahead.acknowledged(next);
    expect([ahead.termAt(2), ahead.termAt(4), ahead.termAt(5), ahead.termAt(6)]).toEqual(['snapshot', 1, 1, null]);
  });
});

const scenario: Scenario = {
  seed: 3, managers: 3, durationMs: 10_000,
  clients: { documents: 3, players: 0, keys: 4, pauseMs: 100 },
  tuning: { snapshotLogBytes: 2_000, snapshotKeepEntries: 5, quiesceAfterMs: null, workerHeartbeatIntervalMs: 1_000 },
  network: { delayMinMs: 0.5, delayMeanMs: 1, lossPerMille: 0, duplicatePerMille: 0, reorderPerMille: 0, replayPerMille: 0, pathCapacity: null },
  disk: { flushMinMs: 0.2, flushMeanMs: 1, tornPerMille: 800, files: { segmentBytesMax: 1_000 } },
  clockDriftPpm: [],
  faults: [
    ...Array.from({ length: 8 }, (_, at) => ({ kind: 'crash' as const, atMs: 1_000 + at * 800, target: 'leader' as const, when: 'writing' as const, downMs: 200 })),
    { kind: 'flushFailure', atMs: 7_600, target: 'follower' },
    { kind: 'diskFull', atMs: 8_200, target: 'leader', forMs: 300 },
    { kind: 'bitFlip', atMs: 9_000, target: 'follower' },
  ],
};
const storeOnFiles: StoreOnFiles = { createManagerDirectory, openManagerStore };
const app = { name: 'documents-only', version: 1, modules: [] };

test('a run on files is the same twice, and is not that of the model', async () => {
  const [first, again, model] = [await runScenario(scenario, { app, storeOnFiles }), await runScenario(scenario, { app, storeOnFiles }), await runScenario(scenario, { app })];
  expect(first.failure).toBeNull();
  expect(first.faults).toMatchObject({ lostWrite: expect.any(Number), flushFailure: 1, diskFull: expect.any(Number), bitFlip: 1 });
  expect(again).toEqual(first);
  expect(model.traceHash).not.toBe(first.traceHash);
}, 60_000);

test('a store that comes back with less than it acknowledged is found out', async () => {
  const forgetful: StoreOnFiles = {
    createManagerDirectory,
    async openManagerStore(options) {
      const store = await openManagerStore(options);
      const load = store.load.bind(store);
      store.load = async () => {
        const persisted = await load();
        return { ...persisted, entries: persisted.entries.slice(0, -5) };
      };
      return store;
    },
  };
  const { failure } = await runScenario(scenario, { app, storeOnFiles: forgetful });
  expect(failure?.promise).toBe('storeKeepsWhatItAcknowledged');
}, 60_000);
