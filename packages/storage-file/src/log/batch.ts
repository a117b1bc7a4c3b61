import { crc32 } from 'node:zlib';
import type { LogIndex } from '@raft-mesh/raft';

/** What one flush wrote: the unit that is whole after a crash, or not there. */
export interface BatchHeader {
  /** Counts all batches of a directory, from 1. */
  readonly batchNumber: number;
  readonly segmentNumber: number;
  /** Where this batch begins in its segment. Everything before it had been flushed when it was written. */
  readonly flushedBytes: number;
  /** The last index in the log at that moment. */
  readonly flushedIndex: LogIndex;
}

export interface Batch extends BatchHeader {
  readonly payload: Buffer;
  /** Header and payload. */
  readonly sizeBytes: number;
}

export const batchHeaderBytes = 44;
const marker = Buffer.from('RMBT', 'latin1');

/** `payloads` one after the other as one batch. `seed` ties the checksum to one manager. */
export function encodeBatch(header: BatchHeader, payload: Uint8Array, seed: number): Buffer {
  const batch = Buffer.allocUnsafe(batchHeaderBytes + payload.length);
  marker.copy(batch, 0);
  batch.writeUInt32LE(payload.length, 4);
  batch.writeUInt32LE(1, 12);
  batch.writeBigUInt64LE(BigInt(header.batchNumber), 16);
  batch.writeUInt32LE(header.segmentNumber, 24);
  batch.writeBigUInt64LE(BigInt(header.flushedBytes), 28);
  batch.writeBigUInt64LE(BigInt(header.flushedIndex), 36);
  batch.set(payload, batchHeaderBytes);
  batch.writeUInt32LE(checksum(batch, seed), 8);
  return batch;
}

/** The batch at this position of a segment; `null` when there is none, or not all of it. */
export function decodeBatch(segment: Buffer, positionBytes: number, seed: number): Batch | null {
  if (segment.length - positionBytes < batchHeaderBytes) return null;
  if (marker.compare(segment, positionBytes, positionBytes + marker.length) !== 0) return null;
  const payloadBytes = segment.readUInt32LE(positionBytes + 4);
  const sizeBytes = batchHeaderBytes + payloadBytes;
  // A batch knows its own place, so bytes of a command that look like a batch are not taken for one.
  if (segment.length - positionBytes < sizeBytes || segment.readBigUInt64LE(positionBytes + 28) !== BigInt(positionBytes)) return null;
  const batch = segment.subarray(positionBytes, positionBytes + sizeBytes);
  if (batch.readUInt32LE(8) !== checksum(batch, seed) || batch.readUInt32LE(12) !== 1) return null;
  return {
    batchNumber: Number(batch.readBigUInt64LE(16)),
    segmentNumber: batch.readUInt32LE(24),
    flushedBytes: positionBytes,
    flushedIndex: Number(batch.readBigUInt64LE(36)),
    payload: batch.subarray(batchHeaderBytes),
    sizeBytes,
  };
}

/** Where the next whole batch begins, at or after this position; `null` when there is none. */
export function findBatch(segment: Buffer, fromBytes: number, seed: number): number | null {
  for (let position = segment.indexOf(marker, fromBytes); position !== -1; position = segment.indexOf(marker, position + 1)) {
    if (decodeBatch(segment, position, seed) !== null) return position;
  }
  return null;
}

function checksum(batch: Buffer, seed: number): number {
  return crc32(batch.subarray(12), crc32(batch.subarray(4, 8), seed));
}
