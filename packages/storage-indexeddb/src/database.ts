import type { StoredCommand, StoredOutcome, WorkerIdentity } from '@raft-mesh/mesh';
import { deleteDB, type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { DatabaseBlockedError } from './errors.ts';

/** The layout of a worker's database. */
export interface WorkerDatabase extends DBSchema {
  /** One record, under the key `worker`. */
  worker: { key: 'worker'; value: WorkerHead };
  /** Commands with no outcome yet, by session and sequence. */
  commands: { key: [string, number]; value: StoredCommand };
  /** The newest outcomes, in the order in which they came. */
  outcomes: { key: number; value: StoredOutcome };
}

export interface WorkerHead {
  readonly identity: WorkerIdentity;
  /** The next sequence number of each session that this store has seen since the last change of session. */
  readonly nextSequences: Readonly<Record<string, number>>;
}

const databaseVersion = 1;

/** `onLost` is called when the browser, or another tab with a newer version of the page, takes the database away. */
export async function openDatabase(databaseName: string, onLost: (reason: string) => void): Promise<IDBPDatabase<WorkerDatabase>> {
  let refuse: (reason: Error) => void = () => undefined;
  const refused = new Promise<never>((_, reject) => { refuse = reject; });
  const opening = openDB<WorkerDatabase>(databaseName, databaseVersion, {
    upgrade(database) {
      database.createObjectStore('worker');
      database.createObjectStore('commands', { keyPath: ['session', 'sequence'] });
      database.createObjectStore('outcomes', { autoIncrement: true });
    },
    blocked: () => refuse(new DatabaseBlockedError(databaseName)),
    blocking(_currentVersion, _blockedVersion, event) {
      // Let go at once: the tab that waits would otherwise hang until this one is closed.
      (event.target as IDBDatabase).close();
      onLost('another tab removes it or moves it to a newer version');
    },
    terminated: () => onLost('the browser closed it'),
  });
  try {
    return await Promise.race([opening, refused]);
  } catch (error) {
    // It may still open later; nobody would use it then, and it would block others.
    void opening.then((database) => database.close(), () => undefined);
    throw error;
  }
}

/** Deletes a database and all that is in it. Tabs that have it open lose it; from one that sleeps it goes when that tab wakes or closes, and nobody waits for that. */
export function deleteWorkerDatabase(databaseName: string): Promise<void> {
  return new Promise((resolve, reject) => { deleteDB(databaseName, { blocked: () => resolve() }).then(resolve, reject); });
}
