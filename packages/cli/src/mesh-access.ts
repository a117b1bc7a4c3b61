import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { createOperatorClient, type ControlPlaneClient, type OperatorClient } from '@raft-mesh/mesh-node';
import type { MeshDescription } from '@raft-mesh/protocol';
import { CliError } from './cli-error.ts';
import { directoryOf, type CommonOptions } from './command-options.ts';
import { loadContext, saveContext, type Context } from './context.ts';
import { controlPlaneClient, operateTokenSeconds, valueOf } from './control-plane-client.ts';
import { exitCodes } from './exit-codes.ts';

/** How a command says which mesh it means: by the folder of a `mesh dev`, or by name on any machine. */
export interface AccessOptions extends CommonOptions { readonly controlPlane?: string; readonly mesh?: string; readonly keyFile?: string }

export function withAccessOptions(command: Command): Command {
  return command
    .option('--control-plane <url>', 'the control plane, on a machine that holds no mesh dev (with --mesh and --key-file)')
    .option('--mesh <id>', 'the mesh')
    .option('--key-file <file>', 'file with the control plane\'s admin key');
}

/** What an operator's command works with. */
export interface MeshAccess {
  /** Where `mesh dev` keeps its state; `null` on a machine that has none. */
  readonly directory: string | null;
  readonly controlPlane: string;
  readonly adminKeyFile: string;
  readonly client: ControlPlaneClient;
  /** As the control plane has it, or as it was seen last when that does not answer. */
  readonly mesh: MeshDescription;
  readonly controlPlaneAnswers: boolean;
  readonly operateToken: string;
  readonly operator: OperatorClient;
}

export async function meshAccess(options: AccessOptions): Promise<MeshAccess> {
  if (options.controlPlane === undefined) return await accessByContext(directoryOf(options));
  if (options.mesh === undefined || options.keyFile === undefined) throw new CliError('accessIncomplete', exitCodes.usage, '--control-plane says where, but not which mesh, or with which key.', 'add --mesh <id> --key-file <file>');
  const client = await controlPlaneClient(options.controlPlane, options.keyFile);
  const mesh = valueOf(await client.mesh(options.mesh));
  return access({ directory: null, controlPlane: options.controlPlane, adminKeyFile: options.keyFile, client, mesh, controlPlaneAnswers: true, operateToken: await newToken(client, mesh) });
}

/** Notes who is in the mesh now, for other commands; a running `mesh dev` follows. */
export async function rememberMesh({ directory, controlPlane, adminKeyFile, operateToken }: MeshAccess, mesh: MeshDescription): Promise<void> {
  if (directory !== null) await saveContext(directory, { controlPlane, adminKeyFile, mesh, operateToken });
}

async function accessByContext(directory: string): Promise<MeshAccess> {
  const context: Context = await loadContext(directory);
  const client = await controlPlaneClient(context.controlPlane, context.adminKeyFile);
  const found = await client.mesh(context.mesh.mesh);
  // Managers verify by themselves: what needs only them goes on without the control plane.
  const answers = found.ok || found.problem.code !== 'unreachable';
  const mesh = answers ? valueOf(found) : context.mesh;
  return access({
    directory: existsSync(join(directory, 'context.json')) ? directory : null, controlPlane: context.controlPlane, adminKeyFile: context.adminKeyFile, client, mesh,
    controlPlaneAnswers: answers, operateToken: answers ? await newToken(client, mesh) : context.operateToken,
  });
}

function access(parts: Omit<MeshAccess, 'operator'>): MeshAccess {
  const { mesh, operateToken } = parts;
  return { ...parts, operator: createOperatorClient({ mesh: mesh.mesh, managerUrls: mesh.managers.map(({ url }) => url), token: operateToken }) };
}

async function newToken(client: ControlPlaneClient, mesh: MeshDescription): Promise<string> {
  return valueOf(await client.createOperateToken(mesh.mesh, { accessRole: 'admin', expiresInSeconds: operateTokenSeconds })).token;
}
