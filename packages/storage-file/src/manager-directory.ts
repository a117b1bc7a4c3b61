import { dirname, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { ManagerIdentity } from '@raft-mesh/protocol';
import type { SnapshotMeta } from '@raft-mesh/raft';
import { type AcquireLock, acquireDirectoryLock, lockFileName } from './directory-lock.ts';
import { DirectoryNotEmptyError, DirectoryUninitialisedError, LogDamagedError, WrongIdentityError } from './errors.ts';
import { FileManagerStore } from './file-manager-store.ts';
import { type FileSystem, nodeFileSystem } from './file-system.ts';
import { describeIdentity, identityFileName, identityHash, readManagerIdentity, writeIdentityFile } from './identity-file.ts';
import { type Pause, Room } from './room.ts';
import { SegmentedLog, type SegmentedLogOptions } from './log/segmented-log.ts';
import { SnapshotDirectory } from './snapshots/snapshot-directory.ts';

const logDirectoryName = 'log';
const snapshotsDirectoryName = 'snapshots';
const segmentBytesMaxDefault = 64 * 1024 * 1024;

/** What a manager starts from: at index 0 with the first configuration and no data, or a snapshot that is restored. */
export type FirstSnapshot = Omit<SnapshotMeta, 'sizeBytes'> & {
  readonly data: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
};

export interface CreateManagerDirectoryOptions {
  /** Must not exist, or be empty. What an earlier call began and did not finish is cleared away. */
  readonly directory: string;
  readonly identity: ManagerIdentity;
  readonly snapshot: FirstSnapshot;
  readonly fileSystem?: FileSystem;
  /** The kernel's by default; whoever gives a file system in memory gives this too. */
  readonly lock?: AcquireLock;
}

/**
 * Makes the directory of a new manager, once in its life; everything is durable when it resolves. The identity is written last:
 * until then the directory counts as not created, and nobody can have voted with it.
 * Throws `DirectoryNotEmptyError`, `DirectoryLockedError`.
 */
export async function createManagerDirectory({ directory, identity, snapshot, fileSystem: files = nodeFileSystem, lock: acquireLock = acquireDirectoryLock }: CreateManagerDirectoryOptions): Promise<void> {
  const found = await firstForeignName(files, directory);
  if (found !== null) throw new DirectoryNotEmptyError(directory, found);
  await files.makeDirectory(directory);
  const lock = await acquireLock(directory);
  try {
    // Again under the lock: another process may have been quicker.
    const meanwhile = await firstForeignName(files, directory);
    if (meanwhile !== null) throw new DirectoryNotEmptyError(directory, meanwhile);
    for (const name of [logDirectoryName, snapshotsDirectoryName]) await files.remove(join(directory, name));
    const hash = identityHash(identity);
    const { data, ...meta } = snapshot;
    await SnapshotDirectory.create(files, join(directory, snapshotsDirectoryName), hash, meta, data);
    // A restored manager must not vote in a term that its own state already belongs to.
    await SegmentedLog.create(logOptions(files, directory, hash, segmentBytesMaxDefault), { term: meta.lastTerm, votedFor: null }, meta.lastIndex + 1);
    await writeIdentityFile(files, directory, identity);
    await files.flushDirectory(dirname(resolve(directory)));
  } finally {
    await lock.release();
  }
}

export interface OpenManagerStoreOptions {
  readonly directory: string;
  /** When given, a directory of another manager or mesh, or of another life of either, is refused. */
  readonly expectedIdentity?: ManagerIdentity;
  readonly fileSystem?: FileSystem;
  /** As for `createManagerDirectory`. */
  readonly lock?: AcquireLock;
  /** How a write waits for room on a full device; without it a full device is a failed write like any other. Real time by default, where the file system is the real one. */
  readonly pause?: Pause;
  /** The log goes on in a new file when one has this size. 64 MiB. */
  readonly segmentBytesMax?: number;
}

/**
 * Opens a manager's directory, checks all that is in it, and repairs what a crash may leave. The store owns the directory until `close`.
 * Throws `DirectoryUninitialisedError`, `DirectoryLockedError`, `WrongIdentityError`, `UnsupportedFormatError`, `LogDamagedError`, `SnapshotDamagedError`;
 * in each case nothing was changed.
 */
export async function openManagerStore({ directory, expectedIdentity, fileSystem: files = nodeFileSystem, lock: acquireLock = acquireDirectoryLock, segmentBytesMax = segmentBytesMaxDefault, pause }: OpenManagerStoreOptions): Promise<FileManagerStore> {
  const identity = await readManagerIdentity(directory, files);
  if (identity === null) throw new DirectoryUninitialisedError(directory);
  if (expectedIdentity !== undefined && describeIdentity(identity) !== describeIdentity(expectedIdentity)) {
    throw new WrongIdentityError(directory, describeIdentity(identity), describeIdentity(expectedIdentity));
  }
  const lock = await acquireLock(directory);
  try {
    // Whoever created it may have been killed before its name was flushed; were it lost later, the directory would count as never created.
    await files.flushDirectory(directory);
    await files.flushDirectory(dirname(resolve(directory)));
    const hash = identityHash(identity);
    const room = new Room(pause ?? (files === nodeFileSystem ? setTimeout : null));
    const waitingFiles = room.waitingFiles(files);
    const snapshots = await SnapshotDirectory.open(waitingFiles, join(directory, snapshotsDirectoryName), hash, room.refusingFiles(files));
    const { log, contents } = await openLogAfter(snapshots.current, logOptions(waitingFiles, directory, hash, segmentBytesMax));
    return new FileManagerStore({ identity, lock, log, snapshots, room, recovered: { ...contents, snapshot: snapshots.current } });
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Opens the log and makes it fit the snapshot: a crash may have come between the install of one and the dropping of the other. */
async function openLogAfter(snapshot: SnapshotMeta, options: SegmentedLogOptions) {
  const { log, contents, termAt } = await SegmentedLog.open(options);
  try {
    const firstIndex = contents.entries[0]?.index ?? contents.lastIndex + 1;
    if (firstIndex > snapshot.lastIndex + 1) {
      throw new LogDamagedError(options.directory, 0, `the entries from ${snapshot.lastIndex + 1} to ${firstIndex - 1} are in neither the log nor a snapshot`);
    }
    const continuesSnapshot = firstIndex === snapshot.lastIndex + 1 || termAt(snapshot.lastIndex) === snapshot.lastTerm;
    if (continuesSnapshot) return { log, contents };
    await log.reset(snapshot.lastIndex + 1);
    return { log, contents: { hardState: contents.hardState, entries: [], lastIndex: snapshot.lastIndex } };
  } catch (error) {
    await log.close();
    throw error;
  }
}

function logOptions(files: FileSystem, directory: string, identity: Buffer, segmentBytesMax: number): SegmentedLogOptions {
  return { files, directory: join(directory, logDirectoryName), identity, segmentBytesMax };
}

/** A name that an unfinished creation does not leave behind; `null` when there is none. */
async function firstForeignName(files: FileSystem, directory: string): Promise<string | null> {
  const own = new Set([lockFileName, logDirectoryName, snapshotsDirectoryName, `${identityFileName}.partial`]);
  return (await files.list(directory)).find((name) => !own.has(name)) ?? null;
}
