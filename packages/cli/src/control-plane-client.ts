import { readFile } from 'node:fs/promises';
import { createControlPlaneClient, type ControlPlaneClient, type Result } from '@raft-mesh/mesh-node';
import { problemError } from './cli-error.ts';

type BotJoinToken = Extract<Awaited<ReturnType<ControlPlaneClient['createJoinToken']>>, { readonly ok: true }>['value'];

/** How long the status token in a context lasts. */
export const operateTokenSeconds = 30 * 24 * 3600;

/** The control plane at `url`, with the admin key that this file holds. */
export async function controlPlaneClient(url: string, adminKeyFile: string): Promise<ControlPlaneClient> {
  return createControlPlaneClient({ url, adminKey: (await readFile(adminKeyFile, 'utf8')).trim() });
}

/** The value of a result; its problem becomes the error of the command. */
export function valueOf<Value>(result: Result<Value>): Value {
  if (result.ok) return result.value;
  throw problemError(result.problem);
}

/**
 * What lets a bot in. One that was in before needs it only if the mesh has forgotten it, as after a restore: it goes on without when
 * the control plane is down.
 */
export async function botJoinToken(client: ControlPlaneClient, mesh: string, name: string, wasIn: boolean): Promise<BotJoinToken | null> {
  const token = await client.createJoinToken(mesh, { name, accessRole: 'worker', permissions: [] });
  return wasIn && !token.ok ? null : valueOf(token);
}
