import { readdir, readFile, statfs } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createControlPlaneClient, meshStatus, readManagerIdentity } from '@raft-mesh/mesh-node';
import { loadContext, type Context } from '../context.ts';
import { isFree } from '../dev/free-port.ts';
import { loadDevState } from '../dev/layout.ts';
import type { Finding } from './finding.ts';
import { checkMachine, type MachineReading } from './machine-checks.ts';
import { checkMesh, type MeshReading } from './mesh-checks.ts';

const askTimeoutMs = 3_000;
const defaultPort = 7070;

export interface DiagnoseOptions {
  readonly directory: string;
  /** Looks as this key, instead of the admin key of the mesh here. */
  readonly keyFile?: string;
}

/** Looks at this machine, the mesh that the directory knows, and its control plane. Changes nothing. */
export async function diagnose({ directory, keyFile }: DiagnoseOptions): Promise<readonly Finding[]> {
  const context = await loadContext(directory).catch(() => null);
  const mesh = await readMesh(directory, context, keyFile);
  return [...checkMachine(await readMachine(directory, mesh)), ...checkMesh(mesh)];
}

async function readMachine(directory: string, { context, controlPlane, status }: MeshReading): Promise<MachineReading> {
  const report = process.report.getReport() as { readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } } };
  const descriptors = Number(report.userLimits?.open_files?.soft ?? Number.NaN);
  const place = await statfs(nearestThatIs(directory)).catch(() => null);
  const state = await loadDevState(directory).catch(() => null);
  // Who answers at its own port has it rightly.
  const answering = new Set((status?.managers ?? []).filter(({ role }) => role !== 'unreachable').map(({ id }) => id));
  const wanted = [
    ...(controlPlane === null ? [state?.controlPlanePort ?? (context === null ? defaultPort : Number(new URL(context.controlPlane).port))] : []),
    ...(state?.managers ?? []).filter(({ id }) => !answering.has(id)).map(({ port }) => port),
  ].filter((port) => port > 0);
  const free = await Promise.all(wanted.map((port) => isFree(port, state?.host ?? '127.0.0.1')));
  return {
    nodeVersion: process.versions.node, environment: process.env, descriptorsMax: Number.isFinite(descriptors) ? descriptors : null,
    disk: place === null ? null : { freeBytes: place.bavail * place.bsize, sizeBytes: place.blocks * place.bsize },
    takenPorts: wanted.filter((_port, at) => free[at] === false),
  };
}

async function readMesh(directory: string, context: Context | null, keyFile: string | undefined): Promise<MeshReading> {
  if (context === null) return { context: null, directory, managerDirectories: [], controlPlane: null, status: null };
  const { mesh, controlPlane, adminKeyFile, operateToken } = context;
  const [managerDirectories, answered, status] = await Promise.all([
    readManagerDirectories(join(directory, 'managers')), askControlPlane(controlPlane, keyFile ?? adminKeyFile, mesh.mesh),
    meshStatus({ mesh: mesh.mesh, managers: mesh.managers, token: operateToken, timeoutMs: askTimeoutMs }),
  ]);
  return { context: { mesh: mesh.mesh, controlPlane }, directory, managerDirectories, controlPlane: answered, status };
}

async function readManagerDirectories(parent: string): Promise<MeshReading['managerDirectories']> {
  const names = existsSync(parent) ? await readdir(parent) : [];
  const read = await Promise.all(names.map(async (name) => ({ path: join(parent, name), identity: await readManagerIdentity(join(parent, name)).catch(() => null) })));
  return read.flatMap(({ path, identity }) => (identity === null ? [] : [{ path, mesh: identity.mesh }]));
}

async function askControlPlane(url: string, keyFile: string, mesh: string): Promise<MeshReading['controlPlane']> {
  const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(askTimeoutMs) }).catch(() => null);
  if (answer === null || !answer.ok) return null;
  const date = Date.parse(answer.headers.get('date') ?? '');
  const adminKey = (await readFile(keyFile, 'utf8').catch(() => '')).trim();
  const found = await createControlPlaneClient({ url, adminKey }).mesh(mesh);
  return { clockAheadMs: Number.isNaN(date) ? 0 : date - Date.now(), keyProblem: !found.ok && (found.problem.status === 401 || found.problem.status === 403) ? found.problem : null };
}

/** A directory that is not there yet will lie on the disk of the nearest one above it that is. */
function nearestThatIs(directory: string): string {
  return existsSync(directory) || dirname(directory) === directory ? directory : nearestThatIs(dirname(directory));
}
