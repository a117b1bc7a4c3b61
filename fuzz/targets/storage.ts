import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { crc32 } from 'node:zlib';
import type { ManagerId, ManagerIdentity, MeshId } from '@raft-mesh/protocol';
import type { NodeId } from '@raft-mesh/raft';
import { StorageError, createManagerDirectory, openManagerStore, openWorkerStore } from '@raft-mesh/storage-file';
import { Packr } from 'msgpackr';
import { identityHash } from '../../packages/storage-file/src/identity-file.ts';
import { batchHeaderBytes, encodeBatch } from '../../packages/storage-file/src/log/batch.ts';
import { checksumSeedOf } from '../../packages/storage-file/src/log/recovery.ts';
import { segmentHeaderBytes } from '../../packages/storage-file/src/log/segment.ts';
import { encodeLine } from '../../packages/storage-file/src/worker/line-file.ts';
import { generator, json } from '../generate.ts';
import type { Write } from '../generate.ts';
import { joined, mutateBytes } from '../mutate-bytes.ts';
import { MemoryFiles } from '../support/memory-files.ts';
import { check } from '../target.ts';
import type { Opened, Target } from '../target.ts';
import { configuration } from './raft.ts';

const identity: ManagerIdentity = { mesh: 'village' as MeshId, incarnation: 1, manager: 'm1' as ManagerId, managerIncarnation: 1 };
const directory = '/manager';
const lock = () => Promise.resolve({ release: () => Promise.resolve() });

/** A manager's disk after some writes, a snapshot of its own and a truncation. */
async function managerDisk(): Promise<MemoryFiles> {
  const files = new MemoryFiles();
  await createManagerDirectory({ directory, identity, fileSystem: files, lock, snapshot: { lastIndex: 0, lastTerm: 0, logTimeMs: 0, configuration, data: [] } });
  const store = await openManagerStore({ directory, fileSystem: files, lock });
  await store.write({ hardState: { term: 1, votedFor: 'm1:1' as NodeId }, truncateFrom: null, entries: [{ kind: 'noop', term: 1, index: 1, logTimeMs: 1 }, { kind: 'command', term: 1, index: 2, logTimeMs: 2, data: new Uint8Array([1, 2, 3]) }] });
  await store.write({ hardState: null, truncateFrom: null, entries: [{ kind: 'configuration', term: 1, index: 3, logTimeMs: 3, configuration }, { kind: 'command', term: 1, index: 4, logTimeMs: 3, data: new Uint8Array(40) }] });
  await store.saveSnapshot({ lastIndex: 2, lastTerm: 1, logTimeMs: 2, configuration }, [new Uint8Array([7, 7, 7])]);
  await store.write({ hardState: { term: 2, votedFor: null }, truncateFrom: 4, entries: [{ kind: 'noop', term: 2, index: 4, logTimeMs: 4 }] });
  await store.close();
  return files;
}

const disk = await managerDisk();
const pathOf = (part: string): string => [...disk.contents.keys()].toSorted().findLast((path) => path.includes(part)) ?? '';
const fileOf = (part: string): Uint8Array => disk.contents.get(pathOf(part)) ?? new Uint8Array();
const segmentPath = pathOf('/log/');
const segment = fileOf('/log/');
const snapshotPath = pathOf('/snapshots/');
const snapshot = fileOf('/snapshots/');

/** Opens a disk on which one file holds the input. What is opened is opened again just so: a repair is done once. */
function managerWith(path: string): () => Opened {
  return () => ({
    async run(input) {
      const files = disk.copy();
      files.contents.set(path, input);
      const load = async () => {
        const store = await openManagerStore({ directory, fileSystem: files, lock });
        try {
          return await store.load();
        } finally {
          await store.close();
        }
      };
      let first;
      try {
        first = await load();
      } catch (error) {
        if (error instanceof StorageError) return 'refused';
        throw error;
      }
      check(isDeepStrictEqual(await load(), first), 'a disk that was opened opens otherwise the second time');
      check([...first.entries.map(({ index }) => index), first.snapshot.lastIndex, first.hardState.term].every((value) => Number.isSafeInteger(value) && value >= 0), 'an index or a term is no whole number');
      return 'accepted';
    },
    close() {},
  });
}

const rawSegment: Target = {
  name: 'storage.segment', weight: 3, valid: () => [segment],
  generate: (draw) => mutateBytes(segment, draw, () => segment), open: managerWith(segmentPath),
};

const packr = new Packr({ useRecords: false });
const seed = checksumSeedOf(identityHash(identity));

/** Batches as values, so that what is changed still has the right checksum. */
function batchesOf(data: Uint8Array): unknown[] {
  const batches: unknown[] = [];
  const bytes = Buffer.from(data);
  for (let at = segmentHeaderBytes; at < bytes.length;) {
    const length = bytes.readUInt32LE(at + 4);
    batches.push([Number(bytes.readBigUInt64LE(at + 16)), bytes.readUInt32LE(at + 24), Number(bytes.readBigUInt64LE(at + 36)), packr.unpack(bytes.subarray(at + batchHeaderBytes, at + batchHeaderBytes + length))]);
    at += batchHeaderBytes + length;
  }
  return batches;
}

const count = (value: unknown, limit: number): number => (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= limit ? value : 0);
const writeBatches: Write = (value) => {
  const parts: Uint8Array[] = [segment.subarray(0, segmentHeaderBytes)];
  let at = segmentHeaderBytes;
  for (const batch of Array.isArray(value) ? value : [value]) {
    const [batchNumber, segmentNumber, flushedIndex, payload] = Array.isArray(batch) ? batch as readonly unknown[] : [1, 1, 0, batch];
    const encoded = encodeBatch({ batchNumber: count(batchNumber, 2 ** 53 - 1), segmentNumber: count(segmentNumber, 2 ** 32 - 1), flushedBytes: at, flushedIndex: count(flushedIndex, 2 ** 53 - 1) }, payload instanceof Uint8Array ? payload : new Uint8Array(packr.pack(payload)), seed);
    parts.push(encoded);
    at += encoded.length;
  }
  return joined(...parts);
};
const operations: Target = { name: 'storage.operations', weight: 5, ...generator([batchesOf(segment), [...batchesOf(segment), [4, 1, 4, new Uint8Array([0xdd, 0x01, 0xff, 0xff, 0xff])]]], writeBatches, { bytesPerMille: 50 }), open: managerWith(segmentPath) };

const rawSnapshot: Target = {
  name: 'storage.snapshot', weight: 2, valid: () => [snapshot],
  generate: (draw) => mutateBytes(snapshot, draw, () => snapshot), open: managerWith(snapshotPath),
};
const trailerBytes = Buffer.from(snapshot).readUInt32LE(snapshot.length - 16);
const trailer: unknown = JSON.parse(Buffer.from(snapshot.subarray(snapshot.length - 16 - trailerBytes, snapshot.length - 16)).toString());
const writeSnapshot: Write = (value) => {
  const description = json(value);
  const end = Buffer.alloc(16);
  end.writeUInt32LE(description.length, 0);
  end.writeUInt32LE(crc32(description), 4);
  end.write('RMESHSNP', 8, 'latin1');
  return joined(snapshot.subarray(0, 3), description, end);
};
const snapshotDescription: Target = { name: 'storage.snapshotDescription', weight: 3, ...generator([trailer], writeSnapshot, { bytesPerMille: 50 }), open: managerWith(snapshotPath) };

const identityFile: Target = {
  name: 'storage.identity', weight: 2, ...generator([JSON.parse(Buffer.from(fileOf('/identity.json')).toString())], json), open: managerWith(pathOf('/identity.json')),
};

const worker = {
  identity: { formatVersion: 1, identity: { mesh: 'village', incarnation: 1, agent: 'ada', name: 'Ada', resumeSecret: 'x'.repeat(43), joinToken: null, session: 's-1', sessionOpened: true, managers: [{ id: 'm1', url: 'http://127.0.0.1:1' }] } },
  journal: [[{ type: 'start', session: 's-1', nextSequence: 3, outcomesBytes: 0 }], [{ type: 'command', command: { session: 's-1', sequence: 3, module: 'documents', command: 'put', arguments: { key: 'a', value: 1 } } }, { type: 'command', command: { session: 's-1', sequence: 4, module: 'documents', command: 'put', arguments: {} } }]],
  outcomes: [[{ session: 's-1', sequence: 3, outcome: { status: 'committed', index: 9, answer: { version: 1 } } }], [{ session: 's-1', sequence: 2, outcome: { status: 'unknown', reason: 'sessionExpired' } }]],
} as const;

/** Lines with the right checksum and position, whatever is in them. */
const writeLines: Write = (value) => {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const items of Array.isArray(value) ? value : [value]) {
    const line = encodeLine(at, Array.isArray(items) ? items as readonly unknown[] : [items]);
    parts.push(line);
    at += line.length;
  }
  return joined(...parts);
};

/** Opens a worker's directory in which one file holds the input. The lock is a real one, in a directory of its own. */
function workerWith(name: 'identity.json' | 'journal.jsonl' | 'outcomes.jsonl'): () => Promise<Opened> {
  return async () => {
    const place = await mkdtemp(join(tmpdir(), 'raft-mesh-fuzz-'));
    const whole = new Map<string, Uint8Array>([['identity.json', json(worker.identity)], ['journal.jsonl', writeLines(worker.journal)], ['outcomes.jsonl', writeLines(worker.outcomes)]]);
    return {
      async run(input) {
        const files = new MemoryFiles();
        for (const [file, data] of whole) files.contents.set(`${place}/${file}`, file === name ? input : data);
        const load = async () => {
          const store = await openWorkerStore({ directory: place, fileSystem: files });
          try {
            return await store.load();
          } finally {
            await store.close();
          }
        };
        let first;
        try {
          first = await load();
        } catch (error) {
          if (error instanceof StorageError) return 'refused';
          throw error;
        }
        check(isDeepStrictEqual(await load(), first), 'a directory that was opened opens otherwise the second time');
        check(first === null || (typeof first.identity.resumeSecret === 'string' && Array.isArray(first.identity.managers) && Number.isSafeInteger(first.nextSequence) && first.nextSequence >= 1), 'what a worker starts from has another shape');
        check(first === null || first.open.every((command) => typeof command.module === 'string' && command.sequence < first.nextSequence), 'an open command has another shape');
        return 'accepted';
      },
      close: () => rm(place, { recursive: true, force: true }),
    };
  };
}

const workerIdentity: Target = { name: 'storage.workerIdentity', weight: 0.7, ...generator([worker.identity], json), open: workerWith('identity.json') };
const workerJournal: Target = { name: 'storage.workerJournal', weight: 0.7, ...generator([worker.journal], writeLines, { bytesPerMille: 100 }), open: workerWith('journal.jsonl') };
const workerOutcomes: Target = { name: 'storage.workerOutcomes', weight: 0.7, ...generator([worker.outcomes], writeLines, { bytesPerMille: 100 }), open: workerWith('outcomes.jsonl') };

check(segment.length > segmentHeaderBytes && snapshot.length > 16, 'the samples of the store are there');
export const storageTargets: readonly Target[] = [rawSegment, operations, rawSnapshot, snapshotDescription, identityFile, workerIdentity, workerJournal, workerOutcomes];
