import { mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod/mini';
import { control } from '@raft-mesh/protocol';
import type { HostId } from '@raft-mesh/protocol';
import { errorCode } from '../error-code.ts';
import { flushDirectory, managerFiles, writePrivateFile } from '../manager-directory.ts';
import { failed } from '../problem.ts';
import { ProblemError } from '../problem-error.ts';
import { generateSigningKey, signingKey } from '../signing-key.ts';
import type { SigningKey } from '../signing-key.ts';

/** What a host's directory holds; each manager has a directory of its own in `managers`. */
export const hostFiles = { host: 'host.json', acknowledged: 'acknowledged.json', managers: 'managers', removed: 'removed', audit: 'audit' } as const;

const hostFile = z.object({ host: control.registerHost.shape.host, url: z.string(), controlPlane: z.string(), key: signingKey });
const acknowledgedFile = z.object({ acknowledged: control.beatHost.shape.acknowledged });

/** Who this host is: drawn up at its first start, the same ever after. */
export interface HostSettings {
  readonly host: HostId;
  /** How others reach its port. */
  readonly url: string;
  readonly controlPlane: string;
  readonly key: SigningKey;
}

/** `null` when no host was ever started here. Throws a `ProblemError` (`hostFileDamaged`). */
export async function readHostSettings(directory: string): Promise<HostSettings | null> {
  const file = path.join(directory, hostFiles.host);
  const text = await readIfThere(file);
  if (text === null) return null;
  const parsed = hostFile.safeParse(parsedJson(text));
  if (!parsed.success) throw new ProblemError(failed(422, 'hostFileDamaged', `${file} is not what this host wrote.`, 'Put it back from a copy, or start a new host in another directory.').problem);
  return parsed.data;
}

export async function writeHostSettings(directory: string, settings: Omit<HostSettings, 'key'>): Promise<HostSettings> {
  const made: HostSettings = { ...settings, key: generateSigningKey() };
  await writePrivateFile(path.join(directory, hostFiles.host), JSON.stringify(made, null, 2));
  return made;
}

/** Up to which order all is done; 0 when nothing ever was. What is done again does no harm. */
export async function readAcknowledged(directory: string): Promise<number> {
  const parsed = acknowledgedFile.safeParse(parsedJson(await readIfThere(path.join(directory, hostFiles.acknowledged)) ?? ''));
  return parsed.success ? parsed.data.acknowledged : 0;
}

export async function writeAcknowledged(directory: string, acknowledged: number): Promise<void> {
  await writePrivateFile(path.join(directory, hostFiles.acknowledged), JSON.stringify({ acknowledged }));
}

/** Where a manager of a mesh keeps what it has. Capitals are marked, because some file systems do not tell them from small ones. */
export function managerDirectoryOf(directory: string, mesh: string, manager: string): string {
  return path.join(directory, hostFiles.managers, `${mesh.replace(/[A-Z]/g, (letter) => `=${letter.toLowerCase()}`)}.${manager}`);
}

/** The directories of all managers that were made whole here. */
export async function managerDirectories(directory: string): Promise<readonly string[]> {
  await mkdir(path.join(directory, hostFiles.managers), { recursive: true, mode: 0o700 });
  const names = (await readdir(path.join(directory, hostFiles.managers))).filter((name) => !name.endsWith('.initialising')).toSorted();
  return names.map((name) => path.join(directory, hostFiles.managers, name));
}

/** Deletes a manager's directory so that a crash leaves it whole or nowhere. */
export async function removeManagerDirectory(directory: string, own: string): Promise<void> {
  const removed = path.join(directory, hostFiles.removed);
  await mkdir(removed, { recursive: true, mode: 0o700 });
  const aside = path.join(removed, `${path.basename(own)}.${Date.now()}`);
  try {
    await rename(own, aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  await flushDirectory(path.dirname(own));
  await rm(aside, { recursive: true, force: true });
}

/** What a crash left of managers that were being deleted. */
export async function clearRemoved(directory: string): Promise<void> {
  await rm(path.join(directory, hostFiles.removed), { recursive: true, force: true });
}

/** Whether the mesh took this manager out of itself. */
export async function hasDeparted(own: string): Promise<boolean> {
  return await readIfThere(path.join(own, managerFiles.departed)) !== null;
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
