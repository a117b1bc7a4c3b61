/** What every error of this package has in common: a stable code, and a message that says what to do next. */
export class StorageError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** Thrown when another store, in this process or in another, owns the directory. */
export class DirectoryLockedError extends StorageError {
  readonly directory: string;

  constructor(directory: string) {
    super('directoryLocked', `${directory} is in use by another process. Stop that one first, or name another directory.`);
    this.directory = directory;
  }
}

/** Thrown when a manager is to be started on a directory that holds none: it must not vote under an identity whose memory is gone. */
export class DirectoryUninitialisedError extends StorageError {
  readonly directory: string;

  constructor(directory: string) {
    super('directoryUninitialised', `${directory} holds no manager. A manager that lost its disk must join again under a new incarnation: mesh manager join.`);
    this.directory = directory;
  }
}

/** Thrown when a manager is to be created where something already is. Nothing was changed. */
export class DirectoryNotEmptyError extends StorageError {
  readonly directory: string;

  constructor(directory: string, found: string) {
    super('directoryNotEmpty', `${directory} is not empty (it holds ${found}). Name an empty directory, or start the manager that lives in this one.`);
    this.directory = directory;
  }
}

/** Thrown when a directory belongs to another mesh, manager, or life of either. */
export class WrongIdentityError extends StorageError {
  constructor(directory: string, found: string, expected: string) {
    super('wrongIdentity', `${directory} belongs to ${found}, not to ${expected}. Name the directory of the right manager.`);
  }
}

/** Thrown when a file was written by a version of this package that knows more. */
export class UnsupportedFormatError extends StorageError {
  constructor(file: string, found: unknown, supported: number) {
    super('unsupportedFormat', `${file} has format version ${typeof found === 'number' ? found : 'unknown'}; this version reads up to ${supported}. Start it with the version that wrote it.`);
  }
}

/** Thrown when a file holds other bytes than were flushed to it. Nothing was changed, and nothing was skipped. */
export class LogDamagedError extends StorageError {
  readonly file: string;
  readonly offsetBytes: number;

  constructor(file: string, offsetBytes: number, reason: string) {
    super('logDamaged', `${file} is damaged at byte ${offsetBytes}: ${reason}. What was acknowledged may be missing here, so it is not used. Rebuild this manager from the others: mesh manager join <id> --rebuild.`);
    this.file = file;
    this.offsetBytes = offsetBytes;
  }
}

/** Thrown when a snapshot holds other bytes than were flushed to it. Nothing was changed. */
export class SnapshotDamagedError extends StorageError {
  readonly file: string;

  constructor(file: string, reason: string) {
    super('snapshotDamaged', `${file} is damaged: ${reason}. It is not used. Rebuild this manager from the others: mesh manager join <id> --rebuild.`);
    this.file = file;
  }
}

/** Thrown when a worker's file holds other bytes than were flushed to it. Nothing was changed. */
export class WorkerStoreDamagedError extends StorageError {
  readonly file: string;
  readonly offsetBytes: number;

  constructor(file: string, offsetBytes: number, reason: string) {
    super('workerStoreDamaged', `${file} is damaged at byte ${offsetBytes}: ${reason}. Keep a copy, and let this worker join with a new token and an empty directory.`);
    this.file = file;
    this.offsetBytes = offsetBytes;
  }
}

/** Thrown when a write or flush failed, and by every later call: after a failed flush nobody knows what the disk holds. */
export class StorageFailedError extends StorageError {
  constructor(cause: unknown) {
    super('storageFailed', `A write did not reach the disk (${cause instanceof Error ? cause.message : String(cause)}). This store writes no more; see to the disk and start again.`, { cause });
  }
}

/** Thrown when there is no room left on the device. Nothing was changed; with room, the same call works. */
export class DiskFullError extends StorageError {
  constructor(cause: unknown) {
    super('diskFull', `There is no room left on the disk (${cause instanceof Error ? cause.message : String(cause)}). Make room; what was acknowledged is safe.`, { cause });
  }
}

/** Thrown by every call after `close`. */
export class StoreClosedError extends StorageError {
  constructor() {
    super('storeClosed', 'The store is closed. Open it again.');
  }
}

/** Thrown when a sequence number is given to a second, different command. */
export class SequenceReusedError extends StorageError {
  constructor(session: string, sequence: number) {
    super('sequenceReused', `Sequence ${sequence} of session ${session} is already taken by another command. Take the next one.`);
  }
}
