/** What every error of this package has in common: a stable code, and a message that says what to do next. */
export class IndexedDbStoreError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** Thrown when another tab, or another store of this one, owns the database. */
export class DatabaseOwnedError extends IndexedDbStoreError {
  constructor(databaseName: string) {
    super('databaseOwned', `The database ${databaseName} is in use by another tab or store. Close that one first, or wait for it.`);
  }
}

/** Thrown when the browser took the database away (eviction, "clear site data", a newer version of the page), and by every later call. */
export class DatabaseLostError extends IndexedDbStoreError {
  constructor(databaseName: string, reason: string, options?: ErrorOptions) {
    super('databaseLost', `The database ${databaseName} is gone or cannot be written: ${reason}. Open the store again; what was stored may be lost.`, options);
  }
}

/** Thrown when another connection keeps the database from being opened. */
export class DatabaseBlockedError extends IndexedDbStoreError {
  constructor(databaseName: string) {
    super('databaseBlocked', `The database ${databaseName} is being changed or removed by another tab. Close the other tabs of this page, then open it again.`);
  }
}

/** Thrown by every call after `close`. */
export class StoreClosedError extends IndexedDbStoreError {
  constructor() {
    super('storeClosed', 'The store is closed. Open it again.');
  }
}

/** Thrown when a sequence number is given to a second, different command. */
export class SequenceReusedError extends IndexedDbStoreError {
  constructor(session: string, sequence: number) {
    super('sequenceReused', `Sequence ${sequence} of session ${session} is already taken by another command. Take the next one.`);
  }
}
