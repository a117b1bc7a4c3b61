import { connect } from '@raft-mesh/mesh';
import type { ConnectOptions, Worker, WorkerStore } from '@raft-mesh/mesh';
import type { MeshDescription } from '@raft-mesh/protocol';
import { openWorkerStore } from '@raft-mesh/storage-file';
import { createHttpDialer } from '@raft-mesh/transport-http';
import { createWebSocketDialer } from '@raft-mesh/transport-websocket';
import { systemClock } from './clock.ts';
import { createControlPlaneClient } from './control-plane-client.ts';
import { MemoryWorkerStore } from './memory-worker-store.ts';
import { processTracing } from './observability/tracing/process-tracing.ts';
import { wallMs } from './observability/tracing/wall-ms.ts';
import { WorkerTracer } from './observability/tracing/worker-tracer.ts';
import { failed } from './problem.ts';
import { ProblemError } from './problem-error.ts';
import { systemRandom } from './random.ts';
import { rerouted } from './rerouted.ts';

export interface ConnectWorkerOptions {
  /** Where this worker keeps who it is and what it has sent; made when missing. Left out: nothing outlives the process. */
  readonly directory?: string;
  /** Needed the first time, as a join token's answer gives it. When the directory holds an identity, that is used, and the token only if the mesh does not know it any more. */
  readonly join?: { readonly mesh: MeshDescription; readonly token: string; readonly name: string };
  /** Default `http`. */
  readonly transport?: 'http' | 'websocket';
  /** Gives up after this long without a welcome, in ms, with a `ConnectError` (`noLeader`); by default it tries for ever. */
  readonly timeoutMs?: number;
  /** Where to dial a manager instead of at its address, as when a relay stands between. */
  readonly dialAddress?: (address: string) => string;
}

/**
 * Connects a worker of this process, as a new agent or as the one in its directory. Resolves once a manager has said welcome. Rejects with a
 * `ConnectError` when the mesh will not have it, with an error for which `isDirectoryLocked` holds when another process is that worker.
 */
export async function connectWorker(options: ConnectWorkerOptions): Promise<Worker> {
  const store = await openStore(options.directory);
  return connectWithStore(store, options.transport, options.join === undefined ? undefined : joinFrom(options.join), options.timeoutMs, options.dialAddress);
}

export interface JoinMeshOptions {
  readonly directory: string;
  /** Shown to others; taken the first time. */
  readonly name: string;
  readonly transport?: 'http' | 'websocket';
}

/**
 * The one call of a small program: opens an invitation link (`https://…/#invitation=…`) the first time, and comes back as the same agent
 * every other time, when the link is not looked at. Rejects as `connectWorker` does, and with a `ProblemError` when the link is not good.
 */
export async function joinMesh(link: string, options: JoinMeshOptions): Promise<Worker> {
  const store = await openStore(options.directory);
  let join: ConnectOptions['join'];
  try {
    join = await store.load() === null ? joinFrom({ ...await redeem(link, options.name), name: options.name }) : undefined;
  } catch (error) {
    await store.close();
    throw error;
  }
  return connectWithStore(store, options.transport, join);
}

async function connectWithStore(store: WorkerStore, transport: 'http' | 'websocket' = 'http', join: ConnectOptions['join'], timeoutMs?: number, dialAddress?: ConnectWorkerOptions['dialAddress']): Promise<Worker> {
  const dialer = rerouted(transport === 'http' ? createHttpDialer() : createWebSocketDialer(), dialAddress);
  try {
    const tracing = await processTracing();
    return await connect({ ...(tracing === null ? {} : { observer: new WorkerTracer(tracing, wallMs) }), store, dialer, clock: systemClock, random: systemRandom, agentKind: 'cli', ...(join === undefined ? {} : { join }), ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  } catch (error) {
    await store.close();
    throw error;
  }
}

function openStore(directory: string | undefined): Promise<WorkerStore> {
  return directory === undefined ? Promise.resolve(new MemoryWorkerStore()) : openWorkerStore({ directory });
}

function joinFrom({ mesh: { mesh, incarnation, managers }, token, name }: NonNullable<ConnectWorkerOptions['join']>): NonNullable<ConnectOptions['join']> {
  return { mesh: { mesh, incarnation }, token, name, managers: managers.map(({ id, url }) => ({ id, url })) };
}

async function redeem(link: string, name: string): Promise<{ readonly mesh: MeshDescription; readonly token: string }> {
  const url = URL.canParse(link) ? new URL(link) : null;
  const code = url === null ? null : new URLSearchParams(url.hash.slice(1)).get('invitation');
  if (url === null || code === null) throw new ProblemError(failed(422, 'linkInvalid', 'This is no invitation link.', 'Ask for one: `mesh dev` prints it; it ends in #invitation=….').problem);
  const redeemed = await createControlPlaneClient({ url: url.origin }).redeemInvitation(code, name);
  if (!redeemed.ok) throw new ProblemError(redeemed.problem);
  return redeemed.value;
}
