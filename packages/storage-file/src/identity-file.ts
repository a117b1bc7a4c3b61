import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { ManagerId, ManagerIdentity, MeshId } from '@raft-mesh/protocol';
import { LogDamagedError, UnsupportedFormatError } from './errors.ts';
import { type FileSystem, nodeFileSystem, readWholeFile, replaceFile } from './file-system.ts';

/** The version of everything in a manager's directory, see docs/storage-format.md. */
export const formatVersion = 1;
export const identityFileName = 'identity.json';

/** 16 bytes that stand in every log segment and snapshot, so that a file carried over from another manager is noticed. */
export function identityHash(identity: ManagerIdentity): Buffer {
  const { mesh, incarnation, manager, managerIncarnation } = identity;
  return createHash('sha256').update(JSON.stringify([mesh, incarnation, manager, managerIncarnation])).digest().subarray(0, 16);
}

export function describeIdentity(identity: ManagerIdentity): string {
  return `manager ${identity.manager} (incarnation ${identity.managerIncarnation}) of mesh ${identity.mesh} (incarnation ${identity.incarnation})`;
}

export async function writeIdentityFile(files: FileSystem, directory: string, identity: ManagerIdentity): Promise<void> {
  const { mesh, incarnation, manager, managerIncarnation } = identity;
  const text = `${JSON.stringify({ formatVersion, mesh, incarnation, manager, managerIncarnation })}\n`;
  await replaceFile(files, directory, identityFileName, Buffer.from(text));
}

/**
 * Whose directory this is; `null` when no manager was ever created in it. Takes no lock.
 * Throws `UnsupportedFormatError`, and `LogDamagedError` when the file is not what was written.
 */
export async function readManagerIdentity(directory: string, files: FileSystem = nodeFileSystem): Promise<ManagerIdentity | null> {
  const path = join(directory, identityFileName);
  const data = await readWholeFile(files, path);
  if (data === null) return null;
  const value = parsed(data.toString('utf8'));
  if (value === null) throw new LogDamagedError(path, 0, 'it is not a JSON object');
  if (value.formatVersion !== formatVersion) throw new UnsupportedFormatError(path, value.formatVersion, formatVersion);
  const { mesh, incarnation, manager, managerIncarnation } = value;
  if (typeof mesh !== 'string' || typeof manager !== 'string' || !isWhole(incarnation) || !isWhole(managerIncarnation)) {
    throw new LogDamagedError(path, 0, 'it names no mesh, manager and incarnations');
  }
  return { mesh: mesh as MeshId, incarnation, manager: manager as ManagerId, managerIncarnation };
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
