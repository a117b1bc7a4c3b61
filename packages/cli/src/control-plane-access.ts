import type { Command } from 'commander';
import type { ControlPlaneClient } from '@raft-mesh/mesh-node';
import { CliError } from './cli-error.ts';
import { directoryOf, type CommonOptions } from './command-options.ts';
import { loadContext } from './context.ts';
import { controlPlaneClient } from './control-plane-client.ts';
import { exitCodes } from './exit-codes.ts';

/** How a command says which control plane it means: that of a `mesh dev`, or any by its address and a key. */
export interface ControlPlaneAccessOptions extends CommonOptions { readonly controlPlane?: string; readonly keyFile?: string }

export function withControlPlaneOptions(command: Command): Command {
  return command
    .option('--control-plane <url>', 'the control plane (default: that of the mesh dev here)')
    .option('--key-file <file>', 'file with the admin key or an API key (default: the admin key of the mesh dev here)');
}

export async function controlPlaneOf(options: ControlPlaneAccessOptions): Promise<ControlPlaneClient> {
  const { controlPlane, keyFile } = options;
  if (controlPlane === undefined) {
    const context = await loadContext(directoryOf(options));
    return controlPlaneClient(context.controlPlane, keyFile ?? context.adminKeyFile);
  }
  if (keyFile === undefined) throw new CliError('accessIncomplete', exitCodes.usage, '--control-plane says where, but not with which key.', 'add --key-file <file>');
  return controlPlaneClient(controlPlane, keyFile);
}
