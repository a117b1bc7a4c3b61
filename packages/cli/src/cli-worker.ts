import { join } from 'node:path';
import { ConnectError, connectWorker, isDirectoryLocked, type Worker } from '@raft-mesh/mesh-node';
import { existsSync } from 'node:fs';
import { CliError } from './cli-error.ts';
import { loadContext } from './context.ts';
import { controlPlaneClient, valueOf } from './control-plane-client.ts';
import { exitCodes } from './exit-codes.ts';

/** How many commands may run side by side on one data directory. */
const identitiesMax = 16;
const connectTimeoutMs = 10_000;
const forgottenCodes: readonly string[] = ['resumeRefused', 'wrongIncarnation', 'notAuthenticated', 'tokenExpired', 'tokenSpent'];

/**
 * Runs `use` with a worker of the mesh. Commands reuse a few admin identities kept in the data directory, so that a
 * thousand commands are not a thousand members, and one that was interrupted is finished by the next.
 */
export async function withWorker<Result>(directory: string, use: (worker: Worker) => Promise<Result>): Promise<Result> {
  const worker = await connectFirstFree(directory);
  try {
    return await use(worker);
  } finally {
    await worker.close();
  }
}

async function connectFirstFree(directory: string): Promise<Worker> {
  const context = await loadContext(directory);
  for (let number = 1; number <= identitiesMax; number += 1) {
    const name = `mesh-cli-${number}`;
    const own = join(directory, 'cli', name);
    try {
      const worker = existsSync(own) ? await comeBack(own) : null;
      if (worker !== null) return worker;
      const client = await controlPlaneClient(context.controlPlane, context.adminKeyFile);
      const { token, mesh } = valueOf(await client.createJoinToken(context.mesh.mesh, { name, accessRole: 'admin', permissions: ['*'] }));
      return await connectWorker({ directory: own, join: { mesh, token, name }, timeoutMs: connectTimeoutMs });
    } catch (error) {
      if (!isDirectoryLocked(error)) throw error;
    }
  }
  throw new CliError('tooManyCommands', exitCodes.failed, `${identitiesMax} commands use ${directory} already.`, 'wait for one to end');
}

/** `null` when the mesh does not know this identity: it was restored from a snapshot that is older, or never got as far as a welcome. */
async function comeBack(own: string): Promise<Worker | null> {
  try {
    return await connectWorker({ directory: own, timeoutMs: connectTimeoutMs });
  } catch (error) {
    if (error instanceof ConnectError && forgottenCodes.includes(error.error.code)) return null;
    throw error;
  }
}
