import { readFile } from 'node:fs/promises';
import { createControlPlaneClient, type ControlPlaneClient, type Result } from '@raft-mesh/mesh-node';
import { problemError } from './cli-error.ts';

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
