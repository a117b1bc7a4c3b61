import type { AcquireLock, FileSystem } from '@raft-mesh/storage-file';
import { createManagerDirectory, openManagerStore } from '@raft-mesh/storage-file';
import { append, command, firstSnapshot, identity, metaAt } from '../manager-fixture.ts';
import { type Moment, RecordedDisk, waysOf } from './recorded-disk.ts';

export interface CrashPointReport {
  /** Moments between two operations on files. */
  readonly crashPoints: number;
  /** Disks that a power cut may leave there, each recovered from. */
  readonly states: number;
  /** Points at which every legal state was tried. */
  readonly exhaustivePoints: number;
  readonly lost: number;
  /** The first of what was lost. */
  readonly failures: readonly string[];
}

/** What the outside world was told. */
interface Told { readonly term: number; readonly votedFor: string | null; readonly snapshotIndex: number; readonly lastIndex: number; readonly entries: ReadonlyMap<number, number> }

const directory = '/disk/manager';
const segmentBytesMax = 300;
const lock: AcquireLock = () => Promise.resolve({ release: () => Promise.resolve() });
const failuresMax = 5;

/** One life with every kind of write, recorded; at each step of it, up to `statesPerPoint` of the disks that a power cut may leave (all of them, where they are fewer). */
export async function exploreCrashPoints({ statesPerPoint, seed }: { readonly statesPerPoint: number; readonly seed: number }): Promise<CrashPointReport> {
  const points = await recordedLife();
  const draw = drawFrom(seed);
  const failures: string[] = [];
  let states = 0;
  let exhaustivePoints = 0;
  let lost = 0;
  for (const [point, { moment, told }] of points.entries()) {
    const { total, state } = waysOf(moment);
    const isExhaustive = total <= statesPerPoint;
    if (isExhaustive) exhaustivePoints += 1;
    for (let number = 0; number < Math.min(total, statesPerPoint); number += 1) {
      const chosen = isExhaustive ? number : number < 2 ? number * (total - 1) : draw(total);
      states += 1;
      const failure = await recoveryFailure(state(chosen), told);
      if (failure === null) continue;
      lost += 1;
      if (failures.length < failuresMax) failures.push(`after ${point} operations, state ${chosen} of ${total}: ${failure}`);
    }
  }
  return { crashPoints: points.length, states, exhaustivePoints, lost, failures };
}

async function recordedLife(): Promise<readonly { readonly moment: Moment; readonly told: Told }[]> {
  const created = new RecordedDisk(() => {});
  await createManagerDirectory({ directory, identity, snapshot: firstSnapshot, fileSystem: created, lock });
  const points: { readonly moment: Moment; readonly told: Told }[] = [];
  let told: Told = { term: 0, votedFor: null, snapshotIndex: 0, lastIndex: 0, entries: new Map() };
  const disk = new RecordedDisk((moment) => { points.push({ moment, told }); }, created.content);
  const store = await openManagerStore({ directory, fileSystem: disk, lock, segmentBytesMax });
  const write = async (term: number, from: number, to: number, truncateFrom: number | null): Promise<void> => {
    const entries = Array.from({ length: to - from + 1 }, (_, offset) => command(from + offset, 'x'.repeat(30), term));
    await store.write({ hardState: term === told.term ? null : { term, votedFor: null }, truncateFrom, entries });
    const kept = [...told.entries].filter(([index]) => truncateFrom === null || index < truncateFrom);
    told = { ...told, term, votedFor: term === told.term ? told.votedFor : null, lastIndex: to, entries: new Map([...kept, ...entries.map(({ index }): [number, number] => [index, term])]) };
  };
  const vote = async (term: number, votedFor: 'm1:1'): Promise<void> => {
    await store.write({ hardState: { term, votedFor: votedFor as never }, truncateFrom: null, entries: [] });
    told = { ...told, term, votedFor };
  };
  await vote(1, 'm1:1');
  for (let index = 1; index <= 8; index += 1) await write(1, index, index, null);
  await vote(2, 'm1:1');
  await write(2, 7, 9, 7);
  await store.saveSnapshot(metaAt(7, 2), [Buffer.from('state'), Buffer.from(' at 7')]);
  told = { ...told, snapshotIndex: 7 };
  await store.compact(7);
  await write(3, 10, 11, null);
  await vote(4, 'm1:1');
  await write(4, 12, 14, null);
  const received = { ...metaAt(20, 4), sizeBytes: 6 };
  await store.receiveSnapshotChunk(received, 0, Buffer.from('abc'));
  await store.receiveSnapshotChunk(received, 3, Buffer.from('def'));
  await store.installSnapshot(received);
  told = { ...told, snapshotIndex: 20, lastIndex: 20, entries: new Map() };
  await write(5, 21, 23, null);
  await store.saveSnapshot(metaAt(22, 5), [Buffer.from('state at 22')]);
  told = { ...told, snapshotIndex: 22 };
  await store.compact(22);
  // The vote stands in a file that goes, and in the end no entry is left.
  await vote(6, 'm1:1');
  for (let index = 24; index <= 32; index += 1) await write(6, index, index, null);
  await store.saveSnapshot(metaAt(32, 6), [Buffer.from('state at 32')]);
  told = { ...told, snapshotIndex: 32 };
  await store.compact(32);
  points.push({ moment: disk.moment, told });
  await store.close();
  points.push({ moment: disk.moment, told });
  return points;
}

/** Starts again on this disk, and says what is missing of what was told; `null` when nothing is, and the store goes on. */
async function recoveryFailure(content: ReadonlyMap<string, Buffer>, told: Told): Promise<string | null> {
  const files = new RecordedDisk(() => {}, content);
  try {
    const store = await openManagerStore({ directory, fileSystem: files, lock, segmentBytesMax });
    const { hardState, snapshot, entries } = await store.load();
    if (hardState.term < told.term) return `term ${told.term} is gone, ${hardState.term} is there`;
    if (hardState.term === told.term && told.votedFor !== null && hardState.votedFor !== told.votedFor) return `the vote of term ${told.term} is gone`;
    if (snapshot.lastIndex < told.snapshotIndex) return `the snapshot at ${told.snapshotIndex} is gone, ${snapshot.lastIndex} is there`;
    if ((await store.readSnapshot(snapshot.lastIndex, 0, 100))?.length !== snapshot.sizeBytes) return `the snapshot at ${snapshot.lastIndex} is cut short`;
    if (entries.some(({ index }, position) => index !== (entries[0]?.index ?? 0) + position)) return 'the log has a gap';
    if ((entries[0]?.index ?? snapshot.lastIndex + 1) > snapshot.lastIndex + 1) return 'there is a gap between the snapshot and the log';
    const terms = new Map(entries.map(({ index, term }) => [index, term]));
    // A later truncation may have come through unacknowledged: then the term is higher.
    for (const [index, term] of told.entries) if (index > snapshot.lastIndex && (terms.get(index) ?? -1) < term) return `entry ${index} of term ${term} is gone`;
    for (const { term } of entries) if (term > hardState.term) return `an entry of term ${term} is there, and the disk knows of term ${hardState.term} only`;
    const next = Math.max(entries.at(-1)?.index ?? 0, snapshot.lastIndex) + 1;
    await store.write(append(command(next, 'next', 9)));
    return await lastIndexAfterPowerCut(files) === next ? null : `entry ${next}, written after the recovery, is gone`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What was acknowledged after a recovery must be durable with all that it stands on, though only the recovery read it. */
async function lastIndexAfterPowerCut(files: RecordedDisk): Promise<number> {
  const fileSystem: FileSystem = new RecordedDisk(() => {}, waysOf(files.moment).state(0));
  const store = await openManagerStore({ directory, fileSystem, lock, segmentBytesMax });
  return (await store.load()).entries.at(-1)?.index ?? 0;
}

function drawFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
