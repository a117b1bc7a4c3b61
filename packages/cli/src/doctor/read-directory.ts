import { existsSync } from 'node:fs';
import { open, readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ChaosDirectory } from '@raft-mesh/chaos/control';
import { managerFiles, parsedJson, readManagerIdentity } from '@raft-mesh/mesh-node';
import { isFree } from '../dev/free-port.ts';
import { layout } from '../dev/layout.ts';
import type { DirectoryReading } from './directory-checks.ts';
import type { MachineReading } from './machine-checks.ts';

export async function readMachine(directory: string, wantedPorts: readonly number[], host: string): Promise<MachineReading> {
  const report = process.report.getReport() as { readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } } };
  const descriptors = Number(report.userLimits?.open_files?.soft ?? Number.NaN);
  const place = await statfs(nearestThatIs(directory)).catch(() => null);
  const free = await Promise.all(wantedPorts.map((port) => isFree(port, host)));
  return {
    nodeVersion: process.versions.node, environment: process.env, descriptorsMax: Number.isFinite(descriptors) ? descriptors : null,
    disk: place === null ? null : { freeBytes: place.bavail * place.bsize, sizeBytes: place.blocks * place.bsize },
    takenPorts: wantedPorts.filter((_port, at) => free[at] === false),
  };
}

export async function readDirectory(directory: string): Promise<DirectoryReading> {
  const parent = layout.manager(directory, '');
  const homes = existsSync(parent) ? (await readdir(parent).catch(() => [])).map((name) => join(parent, name)) : [];
  const identities = await Promise.all(homes.map(async (path) => ({ path, identity: await readManagerIdentity(path).catch(() => null) })));
  const secrets = [join(directory, 'context.json'), layout.adminKey(directory), ...homes.flatMap((home) => [join(home, managerFiles.key), join(home, managerFiles.credential)])];
  const places = await Promise.all([directory, ...secrets].map(async (path) => {
    const found = await stat(path).catch(() => null);
    // The directory itself may be seen into: what is secret in it is closed by itself.
    return found === null ? [] : [{ path, uid: found.uid, mode: path === directory ? found.mode & 0o022 : found.mode & 0o777 }];
  }));
  return {
    path: directory, privatePlaces: places.flat(), ownUid: process.getuid?.() ?? null, brokenOnPurpose: await brokenIn(layout.chaos(directory)),
    managerDirectories: identities.flatMap(({ path, identity }) => (identity === null || isSetAside(path) ? [] : [{ path, mesh: identity.mesh }])),
  };
}

async function brokenIn(chaos: string): Promise<readonly string[]> {
  if (!existsSync(chaos)) return [];
  const directory = new ChaosDirectory(chaos);
  const [control, paused] = await Promise.all([directory.readControl().catch(() => null), directory.readPaused().catch(() => [])]);
  const disks = Object.entries(control?.disks ?? {}).flatMap(([id, { full, flushDelayMs }]) => (full ? [`the disk of ${id} is full`] : flushDelayMs > 0 ? [`the disk of ${id} is slow`] : []));
  const count = (list: readonly unknown[] | undefined, what: string): readonly string[] => (list === undefined || list.length === 0 ? [] : [`${list.length} ${what}`]);
  return [...count(control?.cuts, 'links are cut'), ...count(control?.delays, 'links are slow'), ...disks, ...paused.map(({ id }) => `${id} is stopped`)];
}

/** Enough for the last few lines. */
const lastBytes = 8 * 1024;
const lastLines = 3;
const pinoError = 50;

/** Why a part that a `mesh dev` ran here ended, if the last lines of its log tell; `null`: they do not, or there is no log. */
export async function lastWords(logFile: string): Promise<string | null> {
  const file = await open(logFile).catch(() => null);
  if (file === null) return null;
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(lastBytes), 0, lastBytes, Math.max(0, size - lastBytes));
    const lines = buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n').slice(-lastLines);
    return lines.toReversed().map(complaintIn).find((complaint) => complaint !== null) ?? null;
  } finally {
    await file.close();
  }
}

function complaintIn(line: string): string | null {
  if (line.startsWith('error: ')) return line.slice('error: '.length);
  const value = parsedJson(line);
  if (typeof value !== 'object' || value === null || !('level' in value) || Number(value.level) < pinoError || !('msg' in value)) return null;
  return `${String(value.msg)}${'reason' in value ? `: ${String(value.reason)}` : ''}`;
}

/** What a restore or a rebuild has put out of the way. */
function isSetAside(path: string): boolean {
  return /\.(incarnation-|initialising)/.test(path);
}

/** A directory that is not there yet will lie on the disk of the nearest one above it that is. */
function nearestThatIs(directory: string): string {
  return existsSync(directory) || dirname(directory) === directory ? directory : nearestThatIs(dirname(directory));
}
