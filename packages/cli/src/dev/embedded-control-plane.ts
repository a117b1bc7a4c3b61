import { existsSync } from 'node:fs';
import type { Context } from '../context.ts';
import type { ControlPlaneClient } from '@raft-mesh/mesh-node';
import { controlPlaneClient } from '../control-plane-client.ts';
import { Child } from './child.ts';
import { controlPlaneArguments } from './control-plane-arguments.ts';
import { layout, loadDevState } from './layout.ts';

/** The control plane of this context: the running one, or the embedded one of this folder, started for the moment. */
export async function startControlPlaneFor(directory: string, context: Context): Promise<{ readonly client: ControlPlaneClient; stop(): Promise<void> }> {
  const client = await controlPlaneClient(context.controlPlane, context.adminKeyFile);
  const answers = await fetch(`${context.controlPlane}/healthz`, { signal: AbortSignal.timeout(3_000) }).then((response) => response.ok, () => false);
  if (answers || !existsSync(layout.controlPlane(directory))) return { client, stop: async () => {} };
  const url = new URL(context.controlPlane);
  const state = await loadDevState(directory);
  const child = new Child({ args: ['control-plane', 'start', '--data-dir', layout.controlPlane(directory), '--port', url.port, '--public-url', context.controlPlane, ...(state === null ? [] : controlPlaneArguments(state))], logFile: layout.log(directory, 'control-plane') });
  await child.ready;
  return { client, stop: () => child.stop(3_000) };
}
