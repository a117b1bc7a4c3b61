import { readFile } from 'node:fs/promises';
import { createControlPlaneClient, type ControlPlaneClient, type Problem, type Result } from '@raft-mesh/mesh-node';
import { CliError } from './cli-error.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';

/** How long the status token in a context lasts. */
export const operateTokenSeconds = 30 * 24 * 3600;

/** The control plane at `url`, with the admin key that this file holds. */
export async function controlPlaneClient(url: string, adminKeyFile: string): Promise<ControlPlaneClient> {
  return createControlPlaneClient({ url, adminKey: (await readFile(adminKeyFile, 'utf8')).trim() });
}

/** The value of a result; its problem becomes the error of the command. */
export function valueOf<Value>(result: Result<Value>): Value {
  if (result.ok) return result.value;
  const { problem } = result;
  throw new CliError(problem.code, exitCodeOf(problem), problem.detail, problem.next);
}

function exitCodeOf({ status }: Problem): ExitCode {
  if (status === 401 || status === 403) return exitCodes.notAllowed;
  if (status === 404) return exitCodes.notFound;
  if (status === 409 || status === 412) return exitCodes.conflict;
  if (status === 408 || status === 504) return exitCodes.timedOut;
  return exitCodes.failed;
}
