import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod/mini';
import { control } from '@raft-mesh/protocol';
import type { HostId } from '@raft-mesh/protocol';
import { errorCode } from '../error-code.ts';
import { managerFiles } from '../manager-directory.ts';
import { parsedJson } from '../parsed-json.ts';
import { flushDirectory, readIfThere, writePrivateFile } from '../private-file.ts';
import { failed } from '../problem.ts';
import { ProblemError } from '../problem-error.ts';
import { generateSigningKey, signingKey } from '../signing-key.ts';
import type { SigningKey } from '../signing-key.ts';

/** What a host's directory holds; each manager has a directory of its own in `managers`. */
export const hostFiles = { host: 'host.json', acknowledged: 'acknowledged.json', managers: 'managers', removed: 'removed', damaged: 'damaged', audit: 'audit' } as const;

/** Damaged directories that are kept for whoever wants to know why. */
const damagedMax = 4;

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

/** Puts the directory of a manager whose store is damaged aside: the mesh needs nothing of it, and only it can tell what has broken. The newest few are kept. Gives where it lies now. */
export async function keepDamagedDirectory(directory: string, own: string): Promise<string> {
  const damaged = path.join(directory, hostFiles.damaged);
  await mkdir(damaged, { recursive: true, mode: 0o700 });
  const kept = path.join(damaged, `${new Date().toISOString().replaceAll(':', '-')}.${path.basename(own)}`);
  await rename(own, kept);
  await flushDirectory(path.dirname(own));
  for (const name of (await readdir(damaged)).toSorted().slice(0, -damagedMax)) await rm(path.join(damaged, name), { recursive: true, force: true });
  return kept;
}

/** What a crash left of managers that were being deleted. */
export async function clearRemoved(directory: string): Promise<void> {
  await rm(path.join(directory, hostFiles.removed), { recursive: true, force: true });
}

/** Whether the mesh took this manager out of itself. */
export async function hasDeparted(own: string): Promise<boolean> {
  return await readIfThere(path.join(own, managerFiles.departed)) !== null;
}
