import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import type { Command } from 'commander';
import { initManager, meshStatus, type ControlPlaneClient } from '@raft-mesh/mesh-node';
import type { MeshDescription, MeshStatus } from '@raft-mesh/protocol';
import { directoryOf, outputOf, withCommonOptions, type CommonOptions } from '../command-options.ts';
import { loadContext, saveContext, type Context } from '../context.ts';
import { operateTokenSeconds, valueOf } from '../control-plane-client.ts';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { isDevRunning } from '../dev/dev-lock.ts';
import { layout } from '../dev/layout.ts';
import { startControlPlaneFor } from '../dev/embedded-control-plane.ts';

interface RestoreOptions extends CommonOptions { readonly yes?: boolean; readonly force?: boolean }
type ReachableManager = MeshStatus['managers'][number];

export function addSnapshot(program: Command): void {
  const snapshot = program.command('snapshot').description('snapshots that the control plane keeps');
  withCommonOptions(snapshot.command('restore'))
    .description('bring back a mesh whose managers are all gone, from its last snapshot, as a new incarnation')
    .option('--yes', 'do not ask; managers of the old incarnation can never come back')
    .option('--force', 'also when most managers are alive: what came after the last snapshot is lost')
    .action(async (options: RestoreOptions) => {
      const directory = directoryOf(options);
      const context = await loadContext(directory);
      const controlPlane = await startControlPlaneFor(directory, context);
      try {
        outputOf(options).print(await restore(directory, context, controlPlane.client, options));
      } finally {
        await controlPlane.stop();
      }
    });
}

async function restore(directory: string, context: Context, client: ControlPlaneClient, options: RestoreOptions): Promise<{ readonly json: unknown; readonly text: string }> {
  // The control plane knows what the mesh is now; the context may be older.
  const before = valueOf(await client.mesh(context.mesh.mesh));
  const alive = await reachableManagers(before, client);
  if (alive.length * 2 > before.managers.length && options.force !== true) throw managersAlive(before, alive);
  const from = await lastSnapshot(directory, before, client);
  if (options.yes !== true) throw notConfirmed(directory, before, from.takenAt);

  const { mesh } = valueOf(await client.restoreMesh(before.mesh, {}));
  for (const { id } of mesh.managers) {
    const own = layout.manager(directory, id);
    // What is left of the old incarnation is kept, for people to look at.
    if (existsSync(own)) await rename(own, `${own}.incarnation-${before.incarnation}-${Date.now()}`);
    await initManager({ directory: own, controlPlane: context.controlPlane, mesh: mesh.mesh, manager: id, adminKeyFile: context.adminKeyFile });
  }
  // A running `mesh dev` follows this file: it comes last.
  await saveContext(directory, { ...context, mesh: valueOf(await client.mesh(mesh.mesh)), operateToken: await operateToken(mesh.mesh, client) });
  const managers = mesh.managers.map(({ id }) => id);
  const isFollowed = await isDevRunning(directory);
  const left = isFollowed ? [] : alive;
  return {
    json: { mesh: mesh.mesh, incarnation: mesh.incarnation, managers, snapshot: { index: from.index, term: from.term, takenAt: from.takenAt }, stillRunning: left.map(({ id, pid }) => ({ id, pid })) },
    text: [
      `Mesh ${mesh.mesh} is restored as incarnation ${mesh.incarnation}, as it was at ${from.takenAt}; managers ${managers.join(', ')} have new data directories.`,
      ...left.map(({ id, pid }) => `${id} of incarnation ${before.incarnation} still runs and has its port: kill ${pid ?? '…'}`),
      isFollowed ? 'Next: mesh status   (the running mesh dev starts them)' : 'Next: mesh dev',
    ].join('\n'),
  };
}

/** The managers of the mesh's present incarnation that answer. */
async function reachableManagers(mesh: MeshDescription, client: ControlPlaneClient): Promise<readonly ReachableManager[]> {
  const { managers } = await meshStatus({ mesh: mesh.mesh, managers: mesh.managers, token: await operateToken(mesh.mesh, client) });
  return managers.filter(({ role }) => role !== 'unreachable');
}

async function operateToken(mesh: string, client: ControlPlaneClient): Promise<string> {
  return valueOf(await client.createOperateToken(mesh, { accessRole: 'admin', expiresInSeconds: operateTokenSeconds })).token;
}

async function lastSnapshot(directory: string, mesh: MeshDescription, client: ControlPlaneClient) {
  const described = await client.snapshotDescription(mesh.mesh, null);
  if (described.ok || described.problem.code !== 'noSnapshot') return valueOf(described);
  const next = disksOf(directory, mesh).length * 2 > mesh.managers.length ? 'mesh dev   (the managers\' disks are here: they come back with everything)' : 'mesh dev --fresh   (begins a new mesh; nothing of this one is kept)';
  throw new CliError('noSnapshot', exitCodes.notFound, `The control plane keeps no snapshot of mesh ${mesh.mesh}: its leader had not sent one yet.`, next);
}

function managersAlive(mesh: MeshDescription, alive: readonly ReachableManager[]): CliError {
  const who = alive.map(({ id, pid }) => (pid === null ? id : `${id} (pid ${pid})`)).join(', ');
  return new CliError('managersAlive', exitCodes.conflict, `Mesh ${mesh.mesh} is alive: ${who} of ${mesh.managers.length} managers answer. A restore would end them for good and lose what came after the last snapshot.`, 'mesh status   (if you mean it all the same: mesh snapshot restore --yes --force)');
}

function notConfirmed(directory: string, mesh: MeshDescription, takenAt: string): CliError {
  const disks = disksOf(directory, mesh);
  const instead = disks.length * 2 > mesh.managers.length ? ` The disks of ${disks.join(', ')} are still here: \`mesh dev\` brings the mesh back with everything on them.` : '';
  return new CliError('notConfirmed', exitCodes.usage, `This ends incarnation ${mesh.incarnation} of mesh ${mesh.mesh} for good, and goes on from its snapshot of ${takenAt}: its managers can never come back, and what came later is lost.${instead}`, 'mesh snapshot restore --yes');
}

/** The managers whose data directories are here. */
function disksOf(directory: string, mesh: MeshDescription): readonly string[] {
  return mesh.managers.map(({ id }) => id).filter((id) => existsSync(layout.manager(directory, id)));
}
