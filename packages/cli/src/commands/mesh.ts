import { Option, type Command } from 'commander';
import { configuredAppName } from '@raft-mesh/mesh-node';
import type { MeshDescription, MeshId, control } from '@raft-mesh/protocol';
import { CliError } from '../cli-error.ts';
import { directoryOf, outputOf, withCommonOptions } from '../command-options.ts';
import { loadContext } from '../context.ts';
import { controlPlaneOf, withControlPlaneOptions, type ControlPlaneAccessOptions } from '../control-plane-access.ts';
import { valueOf } from '../control-plane-client.ts';
import { exitCodes } from '../exit-codes.ts';

interface CreateOptions extends ControlPlaneAccessOptions { readonly app?: string; readonly managers: number; readonly signIn?: 'anyone' | 'accounts' }

export function addMesh(program: Command): void {
  withControlPlaneOptions(withCommonOptions(program.command('create [mesh]'))).description('make a mesh whose managers run on the hosts of the control plane')
    .option('--app <name>', 'the app it runs, by the name that hosts list it under (default: "app" in mesh.config.json)')
    .option('--managers <n>', 'how many managers, 1 to 7', Number, 3)
    .addOption(new Option('--sign-in <whom>', 'players get in by signing in: anyone, also without an account, or accounts only (nobody by default; the control plane needs --sign-in-project)').choices(['anyone', 'accounts']))
    .action(async (mesh: string | undefined, options: CreateOptions) => {
      const app = options.app ?? configuredAppName();
      if (app === null) throw new CliError('noApp', exitCodes.usage, 'Which app the mesh runs is not said.', 'add --app <name>');
      const client = await controlPlaneOf(options);
      const created = valueOf(await client.createMesh({ app, placed: options.managers, ...(options.signIn === undefined ? {} : { signIn: { accessRole: 'worker', anonymous: options.signIn === 'anyone' } }), ...(mesh === undefined ? {} : { mesh: mesh as MeshId }) })).mesh;
      const places = created.managers.map(({ id, host }) => `${id} on ${host ?? 'no host'}`).join(', ');
      outputOf(options).print({ json: created, text: `Mesh ${created.mesh} is being made: ${places}.\nNext: mesh show ${created.mesh}` });
    });
  withControlPlaneOptions(withCommonOptions(program.command('delete <mesh>'))).description('delete a mesh: its snapshots, and what its managers hold on hosts').action(async (mesh: string, options: ControlPlaneAccessOptions) => {
    valueOf(await (await controlPlaneOf(options)).deleteMesh(mesh));
    outputOf(options).print({ json: { deleted: mesh }, text: `Mesh ${mesh} is deleted.\nNext: mesh list` });
  });
  withControlPlaneOptions(withCommonOptions(program.command('list'))).description('the meshes that the control plane knows').action(async (options: ControlPlaneAccessOptions) => {
    const client = await controlPlaneOf(options);
    const meshes: MeshDescription[] = [];
    for (let cursor: string | null = null; ;) {
      const page: control.MeshList = valueOf(await client.listMeshes({ limit: 1_000, cursor }));
      meshes.push(...page.meshes);
      for (const { mesh, detail } of page.unreadable) outputOf(options).note(`The mesh ${mesh} cannot be shown: ${detail}`);
      if (page.next === null) break;
      cursor = page.next;
    }
    outputOf(options).print({ json: meshes, text: JSON.stringify(meshes, null, 2) });
  });
  withControlPlaneOptions(withCommonOptions(program.command('show [mesh]'))).description('one mesh: its managers, app and incarnation').action(async (mesh: string | undefined, options: ControlPlaneAccessOptions) => {
    const client = await controlPlaneOf(options);
    const description = valueOf(await client.mesh(mesh ?? (await loadContext(directoryOf(options))).mesh.mesh));
    outputOf(options).print({ json: description, text: JSON.stringify(description, null, 2) });
  });
}
