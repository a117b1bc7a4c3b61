export { createManagerDirectory, openManagerStore } from './manager-directory.ts';
export type { CreateManagerDirectoryOptions, FirstSnapshot, OpenManagerStoreOptions } from './manager-directory.ts';
export type { FileManagerStore } from './file-manager-store.ts';
export { readManagerIdentity } from './identity-file.ts';
export { openWorkerStore } from './worker/file-worker-store.ts';
export type { OpenWorkerStoreOptions } from './worker/file-worker-store.ts';
export { readOutcomes } from './worker/read-outcomes.ts';
export type { AcquireLock, HeldLock } from './directory-lock.ts';
export { DirectoryLock, lockFileName } from './directory-lock.ts';
export type { Pause } from './room.ts';
export { nodeFileSystem } from './file-system.ts';
export type { FileSystem, OpenFile } from './file-system.ts';
export {
  DirectoryLockedError, DirectoryNotEmptyError, DirectoryUninitialisedError, DiskFullError, LogDamagedError, SequenceReusedError, SnapshotDamagedError, StorageError,
  StorageFailedError, StoreClosedError, UnsupportedFormatError, WorkerStoreDamagedError, WrongIdentityError,
} from './errors.ts';
