import { join } from 'node:path';
import type { Entry, HardState, LogIndex } from '@raft-mesh/raft';
import type { FileSystem, OpenFile } from '../file-system.ts';
import { encodeBatch } from './batch.ts';
import { encodeOperations, type LogOperation } from './operation.ts';
import { checksumSeedOf, recoverLog, type RecoveredLog, type SegmentSummary } from './recovery.ts';
import { encodeSegmentHeader, segmentHeaderBytes, segmentName } from './segment.ts';

export interface SegmentedLogOptions {
  readonly files: FileSystem;
  readonly directory: string;
  readonly identity: Buffer;
  /** A segment that has grown to this is followed by a new one. */
  readonly segmentBytesMax: number;
}

/** What a restart finds in a log. */
export interface LogContents {
  readonly hardState: HardState;
  readonly entries: readonly Entry[];
  readonly lastIndex: LogIndex;
}

/**
 * The log on disk: segments of batches, one flush each. Calls must not overlap, but for `compact`. After a rejection the
 * log must not be used again.
 */
export class SegmentedLog {
  readonly #options: SegmentedLogOptions;
  #segments: SegmentSummary[];
  #file: OpenFile;
  #endBytes: number;
  #nextBatchNumber: number;
  #hardState: HardState;
  #nextIndex: LogIndex;
  #removal: Promise<void> = Promise.resolve();

  private constructor(options: SegmentedLogOptions, recovered: RecoveredLog, file: OpenFile) {
    this.#options = options;
    this.#segments = [...recovered.segments];
    this.#file = file;
    this.#endBytes = recovered.endBytes;
    this.#nextBatchNumber = recovered.nextBatchNumber;
    this.#hardState = recovered.replay.hardState;
    this.#nextIndex = (recovered.replay.lastIndex ?? 0) + 1;
  }

  /** Makes the first segment of a new log, durable. */
  static async create(options: SegmentedLogOptions, hardState: HardState, nextIndex: LogIndex): Promise<void> {
    await options.files.makeDirectory(options.directory);
    const { file } = await writeSegment(options, { segmentNumber: 1, batchNumber: 1, flushedIndex: nextIndex - 1 }, [{ kind: 'start', nextIndex, reset: false }, { kind: 'hardState', hardState }]);
    await file.close();
  }

  /**
   * Opens a log and repairs what a crash may leave: a torn last batch is cut off, and what was written but perhaps not
   * flushed is made durable before anyone relies on it. Throws `LogDamagedError` on anything else.
   */
  static async open(options: SegmentedLogOptions): Promise<{ readonly log: SegmentedLog; readonly contents: LogContents; readonly termAt: (index: LogIndex) => number | null }> {
    const { files, directory, identity } = options;
    const recovered = await recoverLog(files, directory, identity);
    if (recovered.unfinishedSegment !== null) await files.remove(recovered.unfinishedSegment);
    // Whoever made the last segment may have been killed before its name was flushed.
    await files.flushDirectory(directory);
    const active = recovered.segments.at(-1);
    if (active === undefined) throw new Error('A recovered log has no segment.');
    const file = await files.open(active.path, 'update');
    try {
      if (recovered.torn !== null) await file.truncate(recovered.torn.fromBytes);
      // By itself, because the mark may begin a new segment.
      await file.flush();
      const log = new SegmentedLog(options, recovered, file);
      await log.mark();
      return { log, contents: contentsOf(recovered), termAt: (index) => recovered.replay.termAt(index) };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get lastIndex(): LogIndex {
    return this.#nextIndex - 1;
  }

  /** Reads everything again. Nothing may be written meanwhile. */
  async reread(): Promise<LogContents> {
    return contentsOf(await recoverLog(this.#options.files, this.#options.directory, this.#options.identity));
  }

  /** Writes one batch; durable when it resolves. Throws before anything is written when the entries do not continue the log. */
  async append(operations: readonly LogOperation[]): Promise<void> {
    const after = followed(operations, this.#nextIndex, this.#hardState);
    if (this.#endBytes >= this.#options.segmentBytesMax) {
      await this.#startSegment([{ kind: 'start', nextIndex: this.#nextIndex, reset: false }, { kind: 'hardState', hardState: this.#hardState }, ...operations], after.highestIndex);
    } else {
      const active = this.#active();
      const batch = encodeBatch({
        batchNumber: this.#nextBatchNumber, segmentNumber: active.segmentNumber, flushedBytes: this.#endBytes, flushedIndex: this.lastIndex,
      }, encodeOperations(operations), checksumSeedOf(this.#options.identity));
      await this.#file.write(batch, this.#endBytes);
      await this.#file.flush();
      this.#endBytes += batch.length;
      this.#nextBatchNumber += 1;
      if (after.highestIndex > active.highestIndex) this.#segments[this.#segments.length - 1] = { ...active, highestIndex: after.highestIndex };
    }
    this.#nextIndex = after.nextIndex;
    this.#hardState = after.hardState;
  }

  /** An empty batch: says that everything before it was flushed, so that damage to the last batch can be told from a torn write. */
  mark(): Promise<void> {
    return this.append([]);
  }

  /** Drops every entry; the next has this index. Durable when it resolves. */
  async reset(nextIndex: LogIndex): Promise<void> {
    await this.#startSegment([{ kind: 'start', nextIndex, reset: true }, { kind: 'hardState', hardState: this.#hardState }], 0);
    this.#nextIndex = nextIndex;
    const { segmentNumber } = this.#active();
    await this.#removeWhile((segment) => segment.segmentNumber < segmentNumber);
  }

  /** Deletes the oldest segments in which no entry is above this index. They must be covered by a durable snapshot. */
  compact(throughIndex: LogIndex): Promise<void> {
    return this.#removeWhile((segment) => segment.highestIndex <= throughIndex);
  }

  async close(): Promise<void> {
    await this.#removal.catch(() => undefined);
    await this.#file.close();
  }

  async #startSegment(operations: readonly LogOperation[], highestIndex: LogIndex): Promise<void> {
    const segmentNumber = this.#active().segmentNumber + 1;
    const position = { segmentNumber, batchNumber: this.#nextBatchNumber, flushedIndex: this.lastIndex };
    const { file, path, sizeBytes } = await writeSegment(this.#options, position, operations);
    await this.#file.close();
    this.#file = file;
    this.#endBytes = sizeBytes;
    this.#nextBatchNumber += 1;
    this.#segments.push({ segmentNumber, path, highestIndex });
  }

  #removeWhile(condition: (segment: SegmentSummary) => boolean): Promise<void> {
    const { files, directory } = this.#options;
    this.#removal = this.#removal.then(async () => {
      for (let oldest = this.#segments[0]; oldest !== undefined && this.#segments.length > 1 && condition(oldest); oldest = this.#segments[0]) {
        await files.remove(oldest.path);
        // Flushed one by one: were a later one gone and an earlier one back after a power cut, the log would have a hole.
        await files.flushDirectory(directory);
        this.#segments.shift();
      }
    });
    return this.#removal;
  }

  #active(): SegmentSummary {
    const active = this.#segments.at(-1);
    if (active === undefined) throw new Error('The log has no segment to append to.');
    return active;
  }
}

function contentsOf({ replay }: RecoveredLog): LogContents {
  return { hardState: replay.hardState, entries: replay.entries, lastIndex: replay.lastIndex ?? 0 };
}

/** What the log is after these operations. */
function followed(operations: readonly LogOperation[], startIndex: LogIndex, startHardState: HardState) {
  let nextIndex = startIndex;
  let hardState = startHardState;
  let highestIndex = 0;
  for (const operation of operations) {
    switch (operation.kind) {
      case 'hardState': hardState = operation.hardState; break;
      case 'truncate': nextIndex = Math.min(nextIndex, operation.from); break;
      case 'entry':
        if (operation.entry.index !== nextIndex) throw new Error(`Entry ${operation.entry.index} was to be written where ${nextIndex} comes next: the log would have a gap or two of one.`);
        nextIndex += 1;
        highestIndex = Math.max(highestIndex, operation.entry.index);
        break;
      case 'start': throw new Error('Only a new segment has a start.');
      default: operation satisfies never;
    }
  }
  return { nextIndex, hardState, highestIndex };
}

async function writeSegment(
  { files, directory, identity }: SegmentedLogOptions,
  { segmentNumber, batchNumber, flushedIndex }: { readonly segmentNumber: number; readonly batchNumber: number; readonly flushedIndex: LogIndex },
  operations: readonly LogOperation[],
): Promise<{ readonly file: OpenFile; readonly path: string; readonly sizeBytes: number }> {
  const path = join(directory, segmentName(segmentNumber));
  const start = operations.find((operation) => operation.kind === 'start');
  if (start === undefined) throw new Error('A segment needs a start.');
  const header = encodeSegmentHeader({ segmentNumber, nextIndex: start.nextIndex, firstBatchNumber: batchNumber, identity });
  const batch = encodeBatch({ batchNumber, segmentNumber, flushedBytes: segmentHeaderBytes, flushedIndex }, encodeOperations(operations), checksumSeedOf(identity));
  const data = Buffer.concat([header, batch]);
  const file = await files.open(path, 'create');
  try {
    await file.write(data, 0);
    await file.flush();
    await files.flushDirectory(directory);
    return { file, path, sizeBytes: data.length };
  } catch (error) {
    await file.close();
    throw error;
  }
}
