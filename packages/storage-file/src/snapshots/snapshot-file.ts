import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { SnapshotMeta } from '@raft-mesh/raft';
import { SnapshotDamagedError, UnsupportedFormatError } from '../errors.ts';
import type { OpenFile } from '../file-system.ts';
import { formatVersion } from '../identity-file.ts';
import { configurationFrom } from '../log/operation.ts';

// A snapshot file is: the data, a trailer of JSON, and 16 bytes that say how long the trailer is. The data comes first, so
// that it can be streamed before its size and digest are known.
const footerBytes = 16;
const magic = Buffer.from('RMESHSNP', 'latin1');
const copyBytes = 256 * 1024;

export function encodeTrailer(meta: SnapshotMeta, sha256: string, identity: Buffer): Buffer {
  const trailer = Buffer.from(JSON.stringify({ formatVersion, identity: identity.toString('hex'), meta, sha256 }));
  const footer = Buffer.alloc(footerBytes);
  footer.writeUInt32LE(trailer.length, 0);
  footer.writeUInt32LE(crc32(trailer), 4);
  magic.copy(footer, 8);
  return Buffer.concat([trailer, footer]);
}

/** Reads a whole snapshot file and says what it stands for. Throws `SnapshotDamagedError` and `UnsupportedFormatError`. */
export async function verifySnapshot(path: string, file: OpenFile, identity: Buffer): Promise<SnapshotMeta> {
  const sizeBytes = await file.sizeBytes();
  const footer = await file.read(footerBytes, Math.max(0, sizeBytes - footerBytes));
  if (footer.length < footerBytes || !footer.subarray(8).equals(magic)) throw new SnapshotDamagedError(path, 'it has no end');
  const trailerBytes = footer.readUInt32LE(0);
  const dataBytes = sizeBytes - footerBytes - trailerBytes;
  if (dataBytes < 0) throw new SnapshotDamagedError(path, 'it is too short');
  const trailer = await file.read(trailerBytes, dataBytes);
  if (crc32(trailer) !== footer.readUInt32LE(4)) throw new SnapshotDamagedError(path, 'the description at its end is not what was written');
  const description = described(path, trailer);
  if (description['formatVersion'] !== formatVersion) throw new UnsupportedFormatError(path, description['formatVersion'], formatVersion);
  if (description['identity'] !== identity.toString('hex')) throw new SnapshotDamagedError(path, 'it belongs to another manager');
  const meta = metaFrom(path, Object(description['meta']) as Record<string, unknown>);
  if (description['sha256'] !== await digestOf(file, dataBytes)) throw new SnapshotDamagedError(path, 'its data is not what was written');
  return { ...meta, sizeBytes: dataBytes };
}

function described(path: string, trailer: Buffer): Record<string, unknown> {
  try {
    return Object(JSON.parse(trailer.toString('utf8'))) as Record<string, unknown>;
  } catch {
    throw new SnapshotDamagedError(path, 'the description at its end is not JSON');
  }
}

function metaFrom(path: string, { lastIndex, lastTerm, logTimeMs, configuration }: Record<string, unknown>): Omit<SnapshotMeta, 'sizeBytes'> {
  if (!isWhole(lastIndex) || !isWhole(lastTerm) || !isWhole(logTimeMs)) throw new SnapshotDamagedError(path, 'its description lacks index, term or log time');
  try {
    return { lastIndex, lastTerm, logTimeMs, configuration: configurationFrom(configuration) };
  } catch (error) {
    throw new SnapshotDamagedError(path, error instanceof Error ? error.message : String(error));
  }
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** SHA-256, in hexadecimal, of the first bytes of a file. */
export async function digestOf(file: OpenFile, lengthBytes: number): Promise<string> {
  const hash = createHash('sha256');
  for (let position = 0; position < lengthBytes; position += copyBytes) {
    hash.update(await file.read(Math.min(copyBytes, lengthBytes - position), position));
  }
  return hash.digest('hex');
}
