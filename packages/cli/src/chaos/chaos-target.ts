import { networkInterfaces } from 'node:os';
import { ChaosDirectory, type ChaosControl } from '@raft-mesh/chaos/control';
import { meshStatus } from '@raft-mesh/mesh-node';
import type { ManagerId, MeshStatus } from '@raft-mesh/protocol';
import { CliError } from '../cli-error.ts';
import { directoryOf, type CommonOptions } from '../command-options.ts';
import { loadContext } from '../context.ts';
import { layout } from '../dev/layout.ts';
import { exitCodes } from '../exit-codes.ts';

/** What a chaos command breaks: the mesh of a data directory, as it is now. */
export interface ChaosTarget {
  readonly directory: string;
  readonly status: MeshStatus;
  readonly chaosDirectory: ChaosDirectory;
}

export async function chaosTarget(options: CommonOptions): Promise<ChaosTarget> {
  const directory = directoryOf(options);
  const { mesh, operateToken } = await loadContext(directory);
  const status = await meshStatus({ mesh: mesh.mesh, managers: mesh.managers, token: operateToken });
  return { directory, status, chaosDirectory: new ChaosDirectory(layout.chaos(directory)) };
}

/** For what only a mesh in chaos mode can do. */
export async function inChaosMode(options: CommonOptions): Promise<{ readonly control: ChaosControl; readonly chaosDirectory: ChaosDirectory }> {
  const directory = directoryOf(options);
  await loadContext(directory);
  const chaosDirectory = new ChaosDirectory(layout.chaos(directory));
  const control = await chaosDirectory.readControl();
  if (control === null) throw new CliError('noChaosMode', exitCodes.conflict, `The mesh in ${directory} does not run in chaos mode: its managers dial each other directly, and write to the disk itself.`, 'mesh dev --chaos   (end the running one first; it keeps its state)');
  return { control, chaosDirectory };
}

/** A manager of the mesh whose process runs on this machine. */
export function localManager(status: MeshStatus, named: string): { readonly id: ManagerId; readonly pid: number } {
  const manager = status.managers.find(({ id }) => id === named);
  if (manager === undefined) throw noSuchManager(named, status.managers);
  if (manager.pid === null) throw new CliError('managerUnreachable', exitCodes.failed, `${manager.id} does not answer at ${manager.url}: it has ended already, or hangs.`, 'mesh status   (or mesh chaos heal)');
  if (!isThisMachine(new URL(manager.url).hostname)) throw new CliError('notHere', exitCodes.notAllowed, `${manager.id} does not run on this machine (${manager.url}).`, 'run this command there');
  return { id: manager.id, pid: manager.pid };
}

export function knownManager({ managers }: ChaosControl, named: string): ManagerId {
  const manager = managers.find(({ id }) => id === named);
  if (manager === undefined) throw noSuchManager(named, managers);
  return manager.id;
}

/** Changes what is broken; resolves when the relay has followed. */
export async function steer(chaosDirectory: ChaosDirectory, changed: (control: ChaosControl) => ChaosControl): Promise<void> {
  const { revision } = await chaosDirectory.change(changed);
  if (!await chaosDirectory.applied(revision)) throw new CliError('relaySilent', exitCodes.timedOut, 'The relay has not followed within 2 s: it does not run, or hangs.', 'mesh dev --chaos   (starts it; its log: logs/relay.log in the data directory)');
}

function noSuchManager(named: string, managers: readonly { readonly id: string }[]): CliError {
  return new CliError('noSuchManager', exitCodes.notFound, `The mesh has no manager ${named}; it has ${managers.map(({ id }) => id).join(', ')}.`, 'mesh status');
}

function isThisMachine(hostname: string): boolean {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []).map(({ address }) => address);
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname) || own.includes(hostname);
}
