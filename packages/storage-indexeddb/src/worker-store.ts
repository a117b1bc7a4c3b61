import type { StoredCommand, StoredOutcome, WorkerIdentity, WorkerRecord, WorkerStore } from '@raft-mesh/mesh';
import type { IDBPDatabase } from 'idb';
import { openDatabase, type WorkerDatabase, type WorkerHead } from './database.ts';
import { DatabaseLostError, SequenceReusedError, StoreClosedError } from './errors.ts';
import { acquireOwnership, type Ownership } from './ownership.ts';

export interface IndexedDbWorkerStoreOptions {
  readonly databaseName: string;
  /** What to do when another tab owns the database. `refuse`. */
  readonly whenOwned?: 'refuse' | 'wait';
  /** How many outcomes are kept for auditors, the newest. 4096. */
  readonly outcomesMax?: number;
}

type Change =
  | { readonly kind: 'identity'; readonly identity: WorkerIdentity }
  | { readonly kind: 'command'; readonly command: StoredCommand }
  | { readonly kind: 'outcome'; readonly outcome: StoredOutcome };

interface Waiting {
  readonly change: Change;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/**
 * Opens or makes a worker's database, in a page or in a dedicated Worker. The store owns it until `close`. A database that the browser evicted
 * is simply empty: `load` gives `null`. Throws `DatabaseOwnedError`, `DatabaseBlockedError`, and what IndexedDB throws where it is switched off.
 */
export async function createIndexedDbWorkerStore({ databaseName, whenOwned = 'refuse', outcomesMax = 4096 }: IndexedDbWorkerStoreOptions): Promise<WorkerStore> {
  const ownership = await acquireOwnership(databaseName, whenOwned);
  try {
    const store = new IndexedDbWorkerStore(databaseName, ownership, outcomesMax);
    await store.open();
    return store;
  } catch (error) {
    ownership.release();
    throw error;
  }
}

/** The outcomes that a database keeps, oldest first, for auditors. Takes no ownership. */
export async function readOutcomes(databaseName: string): Promise<readonly StoredOutcome[]> {
  const database = await openDatabase(databaseName, () => undefined);
  try {
    return await database.getAll('outcomes');
  } finally {
    database.close();
  }
}

class IndexedDbWorkerStore implements WorkerStore {
  readonly #databaseName: string;
  readonly #ownership: Ownership;
  readonly #outcomesMax: number;
  #database: IDBPDatabase<WorkerDatabase> | null = null;
  #failure: Error | null = null;
  #closed = false;
  #waiting: Waiting[] = [];
  #running: Promise<void> | null = null;

  constructor(databaseName: string, ownership: Ownership, outcomesMax: number) {
    this.#databaseName = databaseName;
    this.#ownership = ownership;
    this.#outcomesMax = outcomesMax;
  }

  async open(): Promise<void> {
    this.#database = await openDatabase(this.#databaseName, (reason) => { this.#failure ??= new DatabaseLostError(this.#databaseName, reason); });
  }

  async load(): Promise<WorkerRecord | null> {
    await this.#drained();
    const transaction = this.#usable().transaction(['worker', 'commands']);
    const head = await transaction.objectStore('worker').get('worker');
    if (head === undefined) return null;
    const { session } = head.identity;
    const open = await transaction.objectStore('commands').getAll(sessionRange(session));
    return { identity: head.identity, open, nextSequence: head.nextSequences[session] ?? 1 };
  }

  saveIdentity(identity: WorkerIdentity): Promise<void> {
    return this.#add({ kind: 'identity', identity });
  }

  /** Rejects with `SequenceReusedError` when the sequence is taken by another command; the same one again changes nothing. */
  saveCommand(command: StoredCommand): Promise<void> {
    return this.#add({ kind: 'command', command });
  }

  saveOutcome(outcome: StoredOutcome): Promise<void> {
    return this.#add({ kind: 'outcome', outcome });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#drained();
    this.#database?.close();
    this.#ownership.release();
  }

  #usable(): IDBPDatabase<WorkerDatabase> {
    if (this.#closed || this.#database === null) throw new StoreClosedError();
    if (this.#failure !== null) throw this.#failure;
    return this.#database;
  }

  #add(change: Change): Promise<void> {
    if (this.#closed) return Promise.reject(new StoreClosedError());
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ change, resolve, reject });
      // Begun in a microtask, so that all of one turn share a transaction: a strict one costs a flush.
      this.#running ??= Promise.resolve().then(() => this.#run());
    });
  }

  async #drained(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        const refusals = await this.#write(batch.map(({ change }) => change));
        for (const [position, { resolve, reject }] of batch.entries()) {
          const refusal = refusals.get(position);
          if (refusal === undefined) resolve();
          else reject(refusal);
        }
      } catch (error) {
        this.#fail(error, batch);
      }
    }
    this.#running = null;
  }

  /** One transaction for all of them. Says which were refused; the others are durable when it resolves. */
  async #write(changes: readonly Change[]): Promise<ReadonlyMap<number, Error>> {
    if (this.#failure !== null) throw this.#failure;
    if (this.#database === null) throw new StoreClosedError();
    const transaction = this.#database.transaction(['worker', 'commands', 'outcomes'], 'readwrite', { durability: 'strict' });
    const commands = transaction.objectStore('commands');
    const outcomes = transaction.objectStore('outcomes');
    const refusals = new Map<number, Error>();
    let head = await transaction.objectStore('worker').get('worker');
    for (const [position, change] of changes.entries()) {
      if (head === undefined && change.kind !== 'identity') {
        refusals.set(position, new Error('There is no identity yet: save it before the first command.'));
        continue;
      }
      switch (change.kind) {
        case 'identity':
          head = withIdentity(head, change.identity);
          break;
        case 'command': {
          const { session, sequence } = change.command;
          const known = await commands.get([session, sequence]);
          if (sequence < nextSequenceOf(head, session) && (known === undefined || !isSame(known, change.command))) {
            refusals.set(position, new SequenceReusedError(session, sequence));
            break;
          }
          await commands.put(change.command);
          head = withUsed(head, session, sequence);
          break;
        }
        case 'outcome': {
          const { session, sequence } = change.outcome;
          await commands.delete([session, sequence]);
          const key = await outcomes.add(change.outcome);
          await outcomes.delete(IDBKeyRange.upperBound(key - this.#outcomesMax));
          head = withUsed(head, session, sequence);
          break;
        }
        default: change satisfies never;
      }
    }
    if (head !== undefined) await transaction.objectStore('worker').put(head, 'worker');
    await transaction.done;
    return refusals;
  }

  #fail(cause: unknown, batch: readonly Waiting[]): void {
    const failure = this.#failure ?? new DatabaseLostError(this.#databaseName, cause instanceof Error ? cause.message : String(cause), { cause });
    this.#failure = failure;
    const rejected = [...batch, ...this.#waiting];
    this.#waiting = [];
    for (const { reject } of rejected) reject(failure);
  }
}

function sessionRange(session: string): IDBKeyRange {
  return IDBKeyRange.bound([session, 0], [session, Number.MAX_SAFE_INTEGER]);
}

function nextSequenceOf(head: WorkerHead | undefined, session: string): number {
  return head?.nextSequences[session] ?? 1;
}

/** A new session leaves the numbers of the ones before behind. */
function withIdentity(head: WorkerHead | undefined, identity: WorkerIdentity): WorkerHead {
  const { session } = identity;
  return { identity, nextSequences: { [session]: nextSequenceOf(head, session) } };
}

function withUsed(head: WorkerHead | undefined, session: string, sequence: number): WorkerHead | undefined {
  if (head === undefined || session !== head.identity.session) return head;
  return { ...head, nextSequences: { [session]: Math.max(nextSequenceOf(head, session), sequence + 1) } };
}

/** Whether two commands of one session and sequence are the same. Their arguments are JSON, and a retry has them in the same order. */
function isSame(one: StoredCommand, other: StoredCommand): boolean {
  return one.module === other.module && one.command === other.command && JSON.stringify(one.arguments) === JSON.stringify(other.arguments);
}
