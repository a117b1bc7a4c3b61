import type { Command } from 'commander';
import { directoryOf, outputOf, withCommonOptions, type CommonOptions } from '../command-options.ts';
import { loadContext } from '../context.ts';
import { controlPlaneClient, valueOf } from '../control-plane-client.ts';

export function addMesh(program: Command): void {
  withCommonOptions(program.command('list')).description('the meshes that the control plane knows').action(async (options: CommonOptions) => {
    const context = await loadContext(directoryOf(options));
    const client = await controlPlaneClient(context.controlPlane, context.adminKeyFile);
    const meshes = valueOf(await client.listMeshes()).meshes;
    outputOf(options).print({ json: meshes, text: JSON.stringify(meshes, null, 2) });
  });
  withCommonOptions(program.command('show [mesh]')).description('one mesh: its managers, app and incarnation').action(async (mesh: string | undefined, options: CommonOptions) => {
    const context = await loadContext(directoryOf(options));
    const client = await controlPlaneClient(context.controlPlane, context.adminKeyFile);
    const description = valueOf(await client.mesh(mesh ?? context.mesh.mesh));
    outputOf(options).print({ json: description, text: JSON.stringify(description, null, 2) });
  });
}
