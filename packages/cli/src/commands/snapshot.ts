import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import type { Command } from 'commander';
import { initManager } from '@raft-mesh/mesh-node';
import { directoryOf, outputOf, withCommonOptions, type CommonOptions } from '../command-options.ts';
import { loadContext, saveContext, type Context } from '../context.ts';
import { operateTokenSeconds, valueOf } from '../control-plane-client.ts';
import type { ControlPlaneClient } from '@raft-mesh/mesh-node';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { layout } from '../dev/layout.ts';
import { startControlPlaneFor } from '../dev/embedded-control-plane.ts';

export function addSnapshot(program: Command): void {
  const snapshot = program.command('snapshot').description('snapshots that the control plane keeps');
  withCommonOptions(snapshot.command('restore'))
    .description('bring back a mesh whose managers are all gone, from its last snapshot, as a new incarnation')
    .option('--yes', 'do not ask; managers of the old incarnation can never come back')
    .action(async (options: CommonOptions & { readonly yes?: boolean }) => {
      const directory = directoryOf(options);
      const context = await loadContext(directory);
      if (options.yes !== true) throw new CliError('notConfirmed', exitCodes.usage, `This ends incarnation ${context.mesh.incarnation} of mesh ${context.mesh.mesh} for good: its managers can never come back.`, 'mesh snapshot restore --yes');
      const controlPlane = await startControlPlaneFor(directory, context);
      try {
        outputOf(options).print(await restore(directory, context, controlPlane.client));
      } finally {
        await controlPlane.stop();
      }
    });
}

async function restore(directory: string, context: Context, client: ControlPlaneClient): Promise<{ readonly json: unknown; readonly text: string }> {
  const before = context.mesh.incarnation;
  const { mesh } = valueOf(await client.restoreMesh(context.mesh.mesh, {}));
  for (const { id } of mesh.managers) {
    const own = layout.manager(directory, id);
    // What is left of the old incarnation is kept, for people to look at.
    if (existsSync(own)) await rename(own, `${own}.incarnation-${before}-${Date.now()}`);
    await initManager({ directory: own, controlPlane: context.controlPlane, mesh: mesh.mesh, manager: id, adminKeyFile: context.adminKeyFile });
  }
  await saveContext(directory, { ...context, mesh, operateToken: valueOf(await client.createOperateToken(mesh.mesh, { accessRole: 'admin', expiresInSeconds: operateTokenSeconds })).token });
  const managers = mesh.managers.map(({ id }) => id);
  return {
    json: { mesh: mesh.mesh, incarnation: mesh.incarnation, managers },
    text: `Mesh ${mesh.mesh} is restored as incarnation ${mesh.incarnation}; managers ${managers.join(', ')} have new data directories.\nNext: mesh dev   (a running one starts them by itself)`,
  };
}
