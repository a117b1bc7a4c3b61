import { join } from 'node:path';
import type { LogIndex } from '@raft-mesh/raft';
import { LogDamagedError, UnsupportedFormatError } from '../errors.ts';
import { type FileSystem, readWholeFile } from '../file-system.ts';
import { formatVersion } from '../identity-file.ts';
import { type Batch, decodeBatch, findBatch } from './batch.ts';
import { decodeOperations } from './operation.ts';
import { LogReplay } from './replay.ts';
import { decodeSegmentHeader, segmentHeaderBytes, segmentName, segmentNumberOf } from './segment.ts';

/** A file of the log as compaction sees it. */
export interface SegmentSummary {
  readonly segmentNumber: number;
  readonly path: string;
  /** The highest index ever written into it, truncated entries too; 0 for none. */
  readonly highestIndex: LogIndex;
}

export interface RecoveredLog {
  readonly replay: LogReplay;
  /** Oldest first; the last is the one to append to. */
  readonly segments: readonly SegmentSummary[];
  /** Where valid data ends in the last segment. */
  readonly endBytes: number;
  readonly nextBatchNumber: number;
  /** What is behind the end: the remains of a write that was never acknowledged. */
  readonly torn: { readonly path: string; readonly fromBytes: number } | null;
  /** A segment whose first write never completed. */
  readonly unfinishedSegment: string | null;
}

/** How the checksums of one manager's log begin. */
export function checksumSeedOf(identity: Buffer): number {
  return identity.readUInt32LE(0);
}

/**
 * Reads a whole log and changes nothing. What is torn (in the last batch, with nothing valid after it) is left out and named;
 * all other damage throws `LogDamagedError`.
 */
export async function recoverLog(files: FileSystem, directory: string, identity: Buffer): Promise<RecoveredLog> {
  const numbers = (await files.list(directory)).map(segmentNumberOf).filter((number) => number !== null);
  const reader = new LogReader(files, directory, identity);
  for (const [position, number] of numbers.entries()) await reader.read(number, position === numbers.length - 1);
  return reader.finish();
}

class LogReader {
  readonly #files: FileSystem;
  readonly #directory: string;
  readonly #identity: Buffer;
  readonly #seed: number;
  readonly #replay = new LogReplay();
  readonly #segments: SegmentSummary[] = [];
  #endBytes = 0;
  #nextBatchNumber: number | null = null;
  #torn: RecoveredLog['torn'] = null;
  #unfinishedSegment: string | null = null;

  constructor(files: FileSystem, directory: string, identity: Buffer) {
    this.#files = files;
    this.#directory = directory;
    this.#identity = identity;
    this.#seed = checksumSeedOf(identity);
  }

  async read(segmentNumber: number, isLast: boolean): Promise<void> {
    const path = join(this.#directory, segmentName(segmentNumber));
    const previous = this.#segments.at(-1);
    if (previous !== undefined && segmentNumber !== previous.segmentNumber + 1) {
      throw new LogDamagedError(join(this.#directory, segmentName(previous.segmentNumber + 1)), 0, 'the file is missing');
    }
    const segment = await readWholeFile(this.#files, path);
    if (segment === null) throw new LogDamagedError(path, 0, 'the file is missing');

    const firstBatch = decodeBatch(segment, segmentHeaderBytes, this.#seed);
    if (isLast && previous !== undefined && firstBatch === null && findBatch(segment, 0, this.#seed) === null) {
      this.#unfinishedSegment = path;
      return;
    }
    this.#checkHeader(path, segment, segmentNumber);

    let highestIndex = 0;
    let position = segmentHeaderBytes;
    for (let batch = firstBatch; batch !== null; batch = decodeBatch(segment, position, this.#seed)) {
      highestIndex = Math.max(highestIndex, this.#applyBatch(path, segmentNumber, batch));
      position += batch.sizeBytes;
    }
    if (position < segment.length) this.#checkTail(path, segment, position, isLast);
    else if (position === segmentHeaderBytes) throw new LogDamagedError(path, position, 'its first batch is missing');
    this.#segments.push({ segmentNumber, path, highestIndex });
    this.#endBytes = position;
  }

  finish(): RecoveredLog {
    if (this.#segments.length === 0 || this.#nextBatchNumber === null) throw new LogDamagedError(join(this.#directory, segmentName(1)), 0, 'the log is missing');
    return {
      replay: this.#replay, segments: this.#segments, endBytes: this.#endBytes, nextBatchNumber: this.#nextBatchNumber,
      torn: this.#torn, unfinishedSegment: this.#unfinishedSegment,
    };
  }

  #checkHeader(path: string, segment: Buffer, segmentNumber: number): void {
    const header = decodeSegmentHeader(segment);
    if (header === null) throw new LogDamagedError(path, 0, 'its header is not what was written');
    if (header.formatVersion !== formatVersion) throw new UnsupportedFormatError(path, header.formatVersion, formatVersion);
    if (!header.identity.equals(this.#identity)) throw new LogDamagedError(path, 32, 'it belongs to another manager');
    if (header.segmentNumber !== segmentNumber) throw new LogDamagedError(path, 12, `it is segment ${header.segmentNumber}, under the wrong name`);
    this.#nextBatchNumber ??= header.firstBatchNumber;
    if (header.firstBatchNumber !== this.#nextBatchNumber) throw new LogDamagedError(path, 24, `it begins with batch ${header.firstBatchNumber}, but ${this.#nextBatchNumber} comes next: the end of the file before it is missing`);
    if (header.nextIndex < 1) throw new LogDamagedError(path, 16, 'it begins before index 1');
  }

  #applyBatch(path: string, segmentNumber: number, batch: Batch): number {
    const { flushedBytes } = batch;
    const lastIndex = this.#replay.lastIndex;
    if (batch.batchNumber !== this.#nextBatchNumber) throw new LogDamagedError(path, flushedBytes, `batch ${batch.batchNumber} is where ${String(this.#nextBatchNumber)} comes next`);
    if (batch.segmentNumber !== segmentNumber) throw new LogDamagedError(path, flushedBytes, `it holds a batch of segment ${batch.segmentNumber}`);
    if (lastIndex !== null && batch.flushedIndex !== lastIndex) throw new LogDamagedError(path, flushedBytes, `index ${batch.flushedIndex} had been flushed before it, but the log ends at ${lastIndex}`);
    let highestIndex = 0;
    try {
      for (const operation of decodeOperations(batch.payload)) {
        this.#replay.apply(operation);
        if (operation.kind === 'entry') highestIndex = Math.max(highestIndex, operation.entry.index);
      }
    } catch (error) {
      throw new LogDamagedError(path, flushedBytes, error instanceof Error ? error.message : String(error));
    }
    this.#nextBatchNumber = batch.batchNumber + 1;
    return highestIndex;
  }

  #checkTail(path: string, segment: Buffer, position: number, isLast: boolean): void {
    if (!isLast) throw new LogDamagedError(path, position, 'no valid batch is here, and a later segment follows');
    const later = findBatch(segment, position, this.#seed);
    if (later !== null) throw new LogDamagedError(path, position, `no valid batch is here, but one follows at byte ${later}, and it says that all before it had been flushed`);
    // The first batch of the only segment was flushed before the directory had an identity.
    if (this.#segments.length === 0 && position === segmentHeaderBytes) throw new LogDamagedError(path, position, 'its first batch is not what was written');
    this.#torn = { path, fromBytes: position };
  }
}
