import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import type { StoredCommand, StoredOutcome, WorkerIdentity, WorkerRecord, WorkerStore } from '@raft-mesh/mesh';
import { DirectoryLock } from '../directory-lock.ts';
import { SequenceReusedError, StoreClosedError, UnsupportedFormatError, WorkerStoreDamagedError } from '../errors.ts';
import { type FileSystem, nodeFileSystem, readWholeFile, replaceFile } from '../file-system.ts';
import { GroupCommit } from '../group-commit.ts';
import { CommandBook, identityFileName, journalFileName, type JournalItem, outcomesFileName } from './journal.ts';
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
}

const formatVersion = 1;
const flushBytesMax = 4 * 1024 * 1024;

/**
 * Opens or makes a worker's directory. The store owns it until `close`.
 * Throws `DirectoryLockedError`, `UnsupportedFormatError`, `WorkerStoreDamagedError`.
 */
export async function openWorkerStore({ directory, fileSystem: files = nodeFileSystem, journalBytesMax = 1024 * 1024 }: OpenWorkerStoreOptions): Promise<WorkerStore> {
  await files.makeDirectory(directory);
  const lock = await DirectoryLock.acquire(directory);
  try {
    return await FileWorkerStore.open(files, directory, lock, journalBytesMax);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

class FileWorkerStore implements WorkerStore {
  readonly #files: FileSystem;
  readonly #directory: string;
  readonly #lock: DirectoryLock;
  readonly #journalBytesMax: number;
  readonly #book: CommandBook;
  readonly #queue: GroupCommit<QueueItem>;
  #identity: WorkerIdentity | null;
  #journal: LineFile;
  readonly #outcomes: LineFile;
  #compactAtBytes: number;
  #closed = false;

  private constructor(parts: {
    readonly files: FileSystem; readonly directory: string; readonly lock: DirectoryLock; readonly journalBytesMax: number;
    readonly book: CommandBook; readonly identity: WorkerIdentity | null; readonly journal: LineFile; readonly outcomes: LineFile;
  }) {
    this.#files = parts.files;
    this.#directory = parts.directory;
    this.#lock = parts.lock;
    this.#journalBytesMax = parts.journalBytesMax;
    this.#compactAtBytes = parts.journalBytesMax;
    this.#book = parts.book;
    this.#identity = parts.identity;
    this.#journal = parts.journal;
    this.#outcomes = parts.outcomes;
    this.#queue = new GroupCommit({
      flush: (items) => this.#flush(items), alone: (item) => item.kind === 'identity', sizeBytes: () => 1024, flushBytesMax,
    });
  }

  static async open(files: FileSystem, directory: string, lock: DirectoryLock, journalBytesMax: number): Promise<FileWorkerStore> {
    const identity = await readIdentity(files, join(directory, identityFileName));
    const book = new CommandBook();
    const journalPath = join(directory, journalFileName);
    const outcomesPath = join(directory, outcomesFileName);
    const journalLines = await readLines(files, journalPath, 0, isJournalItem);
    let outcomesBytes = 0;
    for (const [place, item] of (journalLines?.items ?? []).entries()) {
      switch (item.type) {
        case 'start':
          // Further on it would take numbers back that are given already.
          if (place > 0) throw new WorkerStoreDamagedError(journalPath, 0, 'it begins anew in its middle');
          outcomesBytes = item.outcomesBytes;
          book.start(item.session, item.nextSequence);
          break;
        case 'command': book.command(item.command); break;
        default: item satisfies never;
      }
    }
    const outcomeLines = await readLines(files, outcomesPath, outcomesBytes, isStoredOutcome);
    if (outcomeLines === null && outcomesBytes > 0) throw new WorkerStoreDamagedError(outcomesPath, 0, 'the file is missing');
    for (const outcome of outcomeLines?.items ?? []) book.outcome(outcome);

    const opened: LineFile[] = [];
    try {
      const outcomes = await LineFile.open(files, outcomesPath, outcomeLines?.endBytes ?? 0, outcomeLines !== null);
      opened.push(outcomes);
      const journal = await LineFile.open(files, journalPath, journalLines?.endBytes ?? 0, journalLines !== null);
      opened.push(journal);
      await files.flushDirectory(directory);
      const store = new FileWorkerStore({ files, directory, lock, journalBytesMax, book, identity, journal, outcomes });
      if (journal.endBytes > 0) await store.#compact();
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
    if (this.#journal.endBytes >= this.#compactAtBytes) await this.#compact();
  }

  /** Rewrites the journal without what is settled. The old one counts until the new one is whole and in its place. */
  async #compact(): Promise<void> {
    if (this.#identity === null) return;
    const { session } = this.#identity;
    this.#book.keepOnly(session);
    const start: JournalItem = { type: 'start', session, nextSequence: this.#book.nextSequence(session), outcomesBytes: this.#outcomes.endBytes };
    const open = this.#book.openOf(session);
    const line = encodeLine(0, [start, ...open.map((command) => ({ type: 'command', command }))]);
    await replaceFile(this.#files, this.#directory, journalFileName, line);
    await this.#journal.close();
    this.#journal = await LineFile.open(this.#files, join(this.#directory, journalFileName), line.length, true);
    this.#compactAtBytes = Math.max(this.#journalBytesMax, 2 * line.length);
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
