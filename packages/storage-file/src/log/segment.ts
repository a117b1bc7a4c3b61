import { crc32 } from 'node:zlib';
import type { LogIndex } from '@raft-mesh/raft';
import { formatVersion } from '../identity-file.ts';

/** The first bytes of each file of the log. */
export interface SegmentHeader {
  readonly formatVersion: number;
  /** Counts the segments of a directory, from 1, without gaps. */
  readonly segmentNumber: number;
  /** The index that the next entry had when the segment was begun. */
  readonly nextIndex: LogIndex;
  readonly firstBatchNumber: number;
  readonly identity: Buffer;
}

export const segmentHeaderBytes = 64;
const magic = Buffer.from('RMESHLOG', 'latin1');
const nameDigits = 10;

export function segmentName(segmentNumber: number): string {
  return `${String(segmentNumber).padStart(nameDigits, '0')}.segment`;
}

/** `null` for any other file. */
export function segmentNumberOf(name: string): number | null {
  const match = /^(\d{10})\.segment$/.exec(name);
  return match === null ? null : Number(match[1]);
}

export function encodeSegmentHeader(header: Omit<SegmentHeader, 'formatVersion'>): Buffer {
  const data = Buffer.alloc(segmentHeaderBytes);
  magic.copy(data, 0);
  data.writeUInt32LE(formatVersion, 8);
  data.writeUInt32LE(header.segmentNumber, 12);
  data.writeBigUInt64LE(BigInt(header.nextIndex), 16);
  data.writeBigUInt64LE(BigInt(header.firstBatchNumber), 24);
  header.identity.copy(data, 32);
  data.writeUInt32LE(crc32(data.subarray(0, 60)), 60);
  return data;
}

/** `null` when the bytes are no such header. */
export function decodeSegmentHeader(segment: Buffer): SegmentHeader | null {
  if (segment.length < segmentHeaderBytes) return null;
  const data = segment.subarray(0, segmentHeaderBytes);
  if (magic.compare(data, 0, magic.length) !== 0 || data.readUInt32LE(60) !== crc32(data.subarray(0, 60))) return null;
  return {
    formatVersion: data.readUInt32LE(8),
    segmentNumber: data.readUInt32LE(12),
    nextIndex: Number(data.readBigUInt64LE(16)),
    firstBatchNumber: Number(data.readBigUInt64LE(24)),
    identity: data.subarray(32, 48),
  };
}
