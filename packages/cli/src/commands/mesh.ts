import type { Command } from 'commander';
import type { MeshDescription, control } from '@raft-mesh/protocol';
import { directoryOf, outputOf, withCommonOptions } from '../command-options.ts';
import { loadContext } from '../context.ts';
import { controlPlaneOf, withControlPlaneOptions, type ControlPlaneAccessOptions } from '../control-plane-access.ts';
import { valueOf } from '../control-plane-client.ts';

export function addMesh(program: Command): void {
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
