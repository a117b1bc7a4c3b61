import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parsedJson, writePrivateFile } from '@raft-mesh/mesh-node';
import { control, type MeshDescription } from '@raft-mesh/protocol';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';

/** Which mesh commands mean, and how to reach it. Lives in `<data dir>/context.json`, readable by its owner only. */
export interface Context {
  readonly controlPlane: string;
  /** Holds the control plane's admin key. */
  readonly adminKeyFile: string;
  /** The mesh as last seen, so that commands work while the control plane is down. */
  readonly mesh: MeshDescription;
  /** Lets its bearer ask managers for their status. */
  readonly operateToken: string;
}

export const defaultDirectory = '.mesh';

/** `--data-dir`, else `MESH_DATA_DIR`, else `.mesh`. */
export function dataDirectory(option: string | undefined): string {
  return resolve(option ?? process.env['MESH_DATA_DIR'] ?? defaultDirectory);
}

const contextFile = (directory: string): string => join(directory, 'context.json');

export async function saveContext(directory: string, context: Context): Promise<void> {
  await writePrivateFile(contextFile(directory), JSON.stringify(context, null, 2));
}

export async function loadContext(directory: string): Promise<Context> {
  const path = contextFile(directory);
  if (!existsSync(path)) throw new CliError('noContext', exitCodes.notFound, `No mesh is known in ${directory}.`, 'mesh dev   (or name its folder: --data-dir DIR)');
  const read = parsedJson(await readFile(path, 'utf8'));
  if (typeof read !== 'object' || read === null || !('controlPlane' in read) || !('adminKeyFile' in read) || !('mesh' in read) || !('operateToken' in read)) throw damaged(path);
  const mesh = control.meshDescription.safeParse(read.mesh);
  if (!mesh.success || typeof read.controlPlane !== 'string' || typeof read.adminKeyFile !== 'string' || typeof read.operateToken !== 'string') throw damaged(path);
  return { controlPlane: read.controlPlane, adminKeyFile: read.adminKeyFile, mesh: mesh.data, operateToken: read.operateToken };
}

function damaged(path: string): CliError {
  return new CliError('contextDamaged', exitCodes.failed, `${path} is not a context file.`, 'mesh dev   (writes it anew)');
}
