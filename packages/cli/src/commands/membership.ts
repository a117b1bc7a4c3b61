import type { Command } from 'commander';
import { meshStatus } from '@raft-mesh/mesh-node';
import { CliError } from '../cli-error.ts';
import { outputOf, withCommonOptions } from '../command-options.ts';
import { valueOf } from '../control-plane-client.ts';
import { exitCodes } from '../exit-codes.ts';
import { meshAccess, rememberMesh, withAccessOptions, type AccessOptions, type MeshAccess } from '../mesh-access.ts';
import type { ManagerId } from '@raft-mesh/protocol';

/** Adds `remove` and `transfer` to `mesh manager`. */
export function addMembership(manager: Command): void {
  withAccessOptions(withCommonOptions(manager.command('remove <id>')))
    .description('take a manager out of the mesh, live; a leader hands over first')
    .action(async (id: string, options: AccessOptions) => {
      const access = await meshAccess(options);
      outputOf(options).print(await remove(access, id));
    });

  withAccessOptions(withCommonOptions(manager.command('transfer [id]')))
    .description('hand leadership over to this manager, or to whoever is best placed')
    .action(async (id: string | undefined, options: AccessOptions) => {
      const { operator } = await meshAccess(options);
      const result = valueOf(await operator.transferLeadership((id ?? null) as ManagerId | null));
      outputOf(options).print({ json: result, text: `${result.from} handed over to ${result.to} in ${result.tookMs} ms.\nNext: mesh status` });
    });
}

async function remove(access: MeshAccess, id: string): Promise<{ readonly json: unknown; readonly text: string }> {
  const { mesh, client, operator, operateToken, controlPlaneAnswers } = access;
  const registered = mesh.managers.find((manager) => manager.id === id);
  const present = await meshStatus({ mesh: mesh.mesh, managers: mesh.managers, token: operateToken });
  if (registered === undefined && !present.managers.some((manager) => manager.id === id)) throw noSuchManager(access, id);
  const { voters, learners, index } = valueOf(await operator.changeMembership({ change: 'remove', id: id as ManagerId }));
  const left = [...voters, ...learners].map((manager) => manager.id);
  // It comes last: only who has left for good is forgotten.
  const forgotten = controlPlaneAnswers && (registered === undefined || (await client.forgetManager(mesh.mesh, id, registered.managerIncarnation)).ok);
  await rememberMesh(access, { ...mesh, managers: mesh.managers.filter((manager) => manager.id !== id) });
  return {
    json: { removed: id, index, voters: voters.map((manager) => manager.id), learners: learners.map((manager) => manager.id), forgotten },
    text: [
      `${id} has left mesh ${mesh.mesh}; its process ends by itself. Left: ${left.join(', ')}.`,
      ...(forgotten ? [] : [`The control plane did not answer and still lists ${id}: run this again when it does.`]),
      'Next: mesh status',
    ].join('\n'),
  };
}

export function noSuchManager({ mesh }: MeshAccess, id: string): CliError {
  return new CliError('noSuchManager', exitCodes.notFound, `Mesh ${mesh.mesh} has no manager ${id}; it has ${mesh.managers.map((manager) => manager.id).join(', ')}.`, 'mesh status');
}
