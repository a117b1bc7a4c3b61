import { join } from 'node:path';
import { connectWorker, isDirectoryLocked, type Worker } from '@raft-mesh/mesh-node';
import { existsSync } from 'node:fs';
import { CliError } from './cli-error.ts';
import { loadContext } from './context.ts';
import { controlPlaneClient, valueOf } from './control-plane-client.ts';
import { exitCodes } from './exit-codes.ts';

/** How many commands may run side by side on one data directory. */
const identitiesMax = 16;
const connectTimeoutMs = 10_000;

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
      if (existsSync(own)) return await connectInTime({ directory: own });
      const client = await controlPlaneClient(context.controlPlane, context.adminKeyFile);
      const { token, mesh } = valueOf(await client.createJoinToken(context.mesh.mesh, { name, accessRole: 'admin', permissions: ['*'] }));
      return await connectInTime({ directory: own, join: { mesh, token, name } });
    } catch (error) {
      if (!isDirectoryLocked(error)) throw error;
    }
  }
  throw new CliError('tooManyCommands', exitCodes.failed, `${identitiesMax} commands use ${directory} already.`, 'wait for one to end');
}

async function connectInTime(options: Parameters<typeof connectWorker>[0]): Promise<Worker> {
  const connecting = connectWorker(options);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new CliError('noLeader', exitCodes.noLeader, `No manager with a leader answered within ${connectTimeoutMs / 1000} s.`, 'mesh status')), connectTimeoutMs);
  });
  // A connection that comes too late is closed.
  connecting.then(async (worker) => { if (timer === undefined) await worker.close(); }, () => {});
  try {
    return await Promise.race([connecting, late]);
  } finally {
    clearTimeout(timer);
    timer = undefined;
  }
}
