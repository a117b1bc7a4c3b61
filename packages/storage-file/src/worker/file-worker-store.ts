import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import type { StoredCommand, StoredOutcome, WorkerIdentity, WorkerRecord, WorkerStore } from '@raft-mesh/mesh';
import { DirectoryLock } from '../directory-lock.ts';
import { SequenceReusedError, StoreClosedError, UnsupportedFormatError, WorkerStoreDamagedError } from '../errors.ts';
import { type FileSystem, nodeFileSystem, readWholeFile, replaceFile } from '../file-system.ts';
import { GroupCommit } from '../group-commit.ts';
import { CommandBook, identityFileName, journalFileName, type JournalItem, outcomesFileName, outcomesGenerationOf } from './journal.ts';
import { encodeLine, LineFile, readLines } from './line-file.ts';
import { isJournalItem, isStoredOutcome, isWorkerIdentity } from './stored-shapes.ts';

type QueueItem =
  | { readonly kind: 'identity'; readonly identity: WorkerIdentity }
  | { readonly kind: 'command'; readonly command: StoredCommand }
  | { readonly kind: 'outcome'; readonly outcome: StoredOutcome };

export interface OpenWorkerStoreOptions {
  /** Made when it is not there. */
  readonly directory: string;
  readonly fileSystem?: FileSystem;
  /** The journal is rewritten without its settled commands when it has grown to this. 1 MiB. */
  readonly journalBytesMax?: number;
  /** A file of outcomes that has grown to this is full; the next begins, and the one before is kept for auditors, but none before that. 8 MiB. */
  readonly outcomesBytesMax?: number;
}

type Limits = Required<Pick<OpenWorkerStoreOptions, 'journalBytesMax' | 'outcomesBytesMax'>>;

const formatVersion = 1;
const flushBytesMax = 4 * 1024 * 1024;

/**
 * Opens or makes a worker's directory. The store owns it until `close`.
 * Throws `DirectoryLockedError`, `UnsupportedFormatError`, `WorkerStoreDamagedError`.
 */
export async function openWorkerStore({ directory, fileSystem: files = nodeFileSystem, journalBytesMax = 1024 * 1024, outcomesBytesMax = 8 * 1024 * 1024 }: OpenWorkerStoreOptions): Promise<WorkerStore> {
  await files.makeDirectory(directory);
  const lock = await DirectoryLock.acquire(directory);
  try {
    return await FileWorkerStore.open(files, directory, lock, { journalBytesMax, outcomesBytesMax });
  } catch (error) {
    await lock.release();
    throw error;
  }
}

class FileWorkerStore implements WorkerStore {
  readonly #files: FileSystem;
  readonly #directory: string;
  readonly #lock: DirectoryLock;
  readonly #limits: Limits;
  readonly #book: CommandBook;
  readonly #queue: GroupCommit<QueueItem>;
  #identity: WorkerIdentity | null;
  #journal: LineFile;
  #outcomes: LineFile;
  #outcomesGeneration: number;
  #compactAtBytes: number;
  #closed = false;

  private constructor(parts: {
    readonly files: FileSystem; readonly directory: string; readonly lock: DirectoryLock; readonly limits: Limits;
    readonly book: CommandBook; readonly identity: WorkerIdentity | null; readonly journal: LineFile; readonly outcomes: LineFile; readonly outcomesGeneration: number;
  }) {
    this.#files = parts.files;
    this.#directory = parts.directory;
    this.#lock = parts.lock;
    this.#limits = parts.limits;
    this.#compactAtBytes = parts.limits.journalBytesMax;
    this.#book = parts.book;
    this.#identity = parts.identity;
    this.#journal = parts.journal;
    this.#outcomes = parts.outcomes;
    this.#outcomesGeneration = parts.outcomesGeneration;
    this.#queue = new GroupCommit({
      flush: (items) => this.#flush(items), alone: (item) => item.kind === 'identity', sizeBytes: () => 1024, flushBytesMax,
    });
  }

  static async open(files: FileSystem, directory: string, lock: DirectoryLock, limits: Limits): Promise<FileWorkerStore> {
    const identity = await readIdentity(files, join(directory, identityFileName));
    const book = new CommandBook();
    const journalPath = join(directory, journalFileName);
    const journalLines = await readLines(files, journalPath, 0, isJournalItem);
    let outcomesBytes = 0;
    let outcomesGeneration = 0;
    for (const [place, item] of (journalLines?.items ?? []).entries()) {
      switch (item.type) {
        case 'start':
          // Further on it would take numbers back that are given already.
          if (place > 0) throw new WorkerStoreDamagedError(journalPath, 0, 'it begins anew in its middle');
          outcomesBytes = item.outcomesBytes;
          outcomesGeneration = item.outcomesGeneration ?? 0;
          book.start(item.session, item.nextSequence);
          break;
        case 'command': book.command(item.command); break;
        default: item satisfies never;
      }
    }
    const outcomesPath = join(directory, outcomesFileName(outcomesGeneration));
    const outcomeLines = await readLines(files, outcomesPath, outcomesBytes, isStoredOutcome);
    if (outcomeLines === null && (outcomesBytes > 0 || outcomesGeneration > 0)) throw new WorkerStoreDamagedError(outcomesPath, 0, 'the file is missing');
    for (const outcome of outcomeLines?.items ?? []) book.outcome(outcome);

    const opened: LineFile[] = [];
    try {
      const outcomes = await LineFile.open(files, outcomesPath, outcomeLines?.endBytes ?? 0, outcomeLines !== null);
      opened.push(outcomes);
      const journal = await LineFile.open(files, journalPath, journalLines?.endBytes ?? 0, journalLines !== null);
      opened.push(journal);
      await files.flushDirectory(directory);
      const store = new FileWorkerStore({ files, directory, lock, limits, book, identity, journal, outcomes, outcomesGeneration });
      if (journal.endBytes > 0) await store.#compact();
      await store.#removeOldOutcomes();
      return store;
    } catch (error) {
      for (const file of opened) await file.close();
      throw error;
    }
  }

  async load(): Promise<WorkerRecord | null> {
    this.#refuseUnlessUsable();
    await this.#queue.drained();
    const identity = this.#identity;
    if (identity === null) return null;
    return { identity, open: this.#book.openOf(identity.session), nextSequence: this.#book.nextSequence(identity.session) };
  }

  saveIdentity(identity: WorkerIdentity): Promise<void> {
    return this.#add({ kind: 'identity', identity });
  }

  /** Rejects with `SequenceReusedError` when the sequence is taken by another command; the same one again changes nothing. */
  saveCommand(command: StoredCommand): Promise<void> {
    const taken = command.sequence < this.#book.nextSequence(command.session);
    const stored = this.#book.find(command.session, command.sequence);
    if (taken && (stored === null || !isDeepStrictEqual(stored, command))) return Promise.reject(new SequenceReusedError(command.session, command.sequence));
    this.#book.command(command);
    return this.#add({ kind: 'command', command });
  }

  saveOutcome(outcome: StoredOutcome): Promise<void> {
    return this.#add({ kind: 'outcome', outcome });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#queue.drained();
    try {
      await this.#journal.close();
      await this.#outcomes.close();
    } finally {
      await this.#lock.release();
    }
  }

  #add(item: QueueItem): Promise<void> {
    return this.#closed ? Promise.reject(new StoreClosedError()) : this.#queue.add(item);
  }

  async #flush(items: readonly QueueItem[]): Promise<void> {
    const commands: unknown[] = [];
    const outcomes: unknown[] = [];
    for (const item of items) {
      switch (item.kind) {
        case 'identity':
          await replaceFile(this.#files, this.#directory, identityFileName, Buffer.from(`${JSON.stringify({ formatVersion, identity: item.identity })}\n`));
          this.#identity = item.identity;
          break;
        case 'command': commands.push({ type: 'command', command: item.command } satisfies JournalItem); break;
        case 'outcome': outcomes.push(item.outcome); break;
        default: item satisfies never;
      }
    }
    await Promise.all([
      ...(commands.length > 0 ? [this.#journal.append(commands)] : []),
      ...(outcomes.length > 0 ? [this.#outcomes.append(outcomes)] : []),
    ]);
    for (const item of items) {
      // Again: a compaction may have forgotten a command of a session that had not begun then.
      if (item.kind === 'command') this.#book.command(item.command);
      if (item.kind === 'outcome') this.#book.outcome(item.outcome);
    }
    if (this.#journal.endBytes >= this.#compactAtBytes || this.#outcomes.endBytes >= this.#limits.outcomesBytesMax) await this.#compact();
  }

  /**
   * Rewrites the journal without what is settled, and goes on with a new file of outcomes when the one so far is full: the journal says which. What was there before counts
   * until the new journal is whole and in its place.
   */
  async #compact(): Promise<void> {
    if (this.#identity === null) return;
    const { session } = this.#identity;
    this.#book.keepOnly(session);
    const isFull = this.#outcomes.endBytes >= this.#limits.outcomesBytesMax;
    const outcomesGeneration = this.#outcomesGeneration + (isFull ? 1 : 0);
    const outcomes = isFull ? await LineFile.open(this.#files, join(this.#directory, outcomesFileName(outcomesGeneration)), 0, false) : this.#outcomes;
    const start: JournalItem = { type: 'start', session, nextSequence: this.#book.nextSequence(session), outcomesBytes: outcomes.endBytes, outcomesGeneration };
    const open = this.#book.openOf(session);
    const line = encodeLine(0, [start, ...open.map((command) => ({ type: 'command', command }))]);
    try {
      await replaceFile(this.#files, this.#directory, journalFileName, line);
    } catch (error) {
      if (isFull) await outcomes.close();
      throw error;
    }
    await this.#journal.close();
    this.#journal = await LineFile.open(this.#files, join(this.#directory, journalFileName), line.length, true);
    this.#compactAtBytes = Math.max(this.#limits.journalBytesMax, 2 * line.length);
    if (!isFull) return;
    await this.#outcomes.close();
    this.#outcomes = outcomes;
    this.#outcomesGeneration = outcomesGeneration;
    await this.#removeOldOutcomes();
  }

  /** A file later than the one in use was left by a crash before the journal named it. */
  async #removeOldOutcomes(): Promise<void> {
    for (const name of await this.#files.list(this.#directory)) {
      const generation = outcomesGenerationOf(name);
      if (generation !== null && (generation < this.#outcomesGeneration - 1 || generation > this.#outcomesGeneration)) await this.#files.remove(join(this.#directory, name));
    }
  }

  #refuseUnlessUsable(): void {
    if (this.#closed) throw new StoreClosedError();
    if (this.#queue.failure !== null) throw this.#queue.failure;
  }
}

async function readIdentity(files: FileSystem, path: string): Promise<WorkerIdentity | null> {
  const data = await readWholeFile(files, path);
  if (data === null) return null;
  let value: { readonly formatVersion?: unknown; readonly identity?: unknown };
  try {
    value = Object(JSON.parse(data.toString('utf8'))) as typeof value;
  } catch {
    throw new WorkerStoreDamagedError(path, 0, 'it is not JSON');
  }
  if (value.formatVersion !== formatVersion) throw new UnsupportedFormatError(path, value.formatVersion, formatVersion);
  if (!isWorkerIdentity(value.identity)) throw new WorkerStoreDamagedError(path, 0, 'it does not say whose it is');
  return value.identity;
}
