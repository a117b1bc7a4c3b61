import type { Worker as MeshWorker, WorkerState } from '@raft-mesh/mesh';
import type { ManagerAddress, MeshIdentity } from '@raft-mesh/protocol';
import { channelOver } from './channel.ts';
import type { PageRequest, WorkerReport } from './messages.ts';
import { spawnWorker } from './spawn-worker.ts';
import { WorkerProxy } from './worker-proxy.ts';

export interface ConnectBrowserOptions {
  /** The mesh and its managers, as the control plane describes it. */
  readonly mesh: MeshIdentity & { readonly managers: readonly ManagerAddress[] };
  /** For a browser that is not in the mesh yet; without it, the identity in this browser's store is used. */
  readonly join?: { readonly token: string; readonly name: string };
  /** Names one of several agents that this browser is in the mesh: each has a store of its own. 1 to 64 letters, digits, - or _. */
  readonly identity?: string;
  /** Gives up after this long without a welcome, in ms; by default it tries for ever. */
  readonly timeoutMs?: number;
  /** Called as `Worker.onState` does, from the first dial on. */
  readonly onState?: (state: WorkerState) => void;
  /** Starts the dedicated Worker from `@raft-mesh/mesh-browser/worker`, for bundlers that need to be told (Vite: import it with `?worker`). */
  readonly spawn?: () => Worker;
}

/**
 * Connects this browser as one agent of a mesh. The worker runs in a dedicated Worker and keeps itself in IndexedDB; further tabs of
 * the same browser are windows on the same agent. Rejects with a `ConnectError` when the managers refuse the credentials.
 */
export async function connectBrowser({ mesh, join, identity, timeoutMs, onState, spawn = spawnWorker }: ConnectBrowserOptions): Promise<MeshWorker> {
  const { mesh: name, incarnation } = mesh;
  const dedicated = spawn();
  const crashed = new Promise<never>((_, reject) => {
    dedicated.addEventListener('error', (event) => reject(new Error(`The mesh worker could not run: ${event.message || 'its script did not load'}. Reload the page.`)));
  });
  let stopWatching = () => {};
  const connecting = WorkerProxy.connect(
    { mesh: { mesh: name, incarnation }, managers: mesh.managers.map(({ id, url }) => ({ id, url })), join: join ?? null, identity: identity ?? null, timeoutMs: timeoutMs ?? null },
    {
      channel: channelOver<PageRequest, WorkerReport>(dedicated),
      nowMs: () => performance.now(),
      onOver: () => { stopWatching(); dedicated.terminate(); },
      ...(onState === undefined ? {} : { onState }),
    },
  );
  try {
    const worker = await Promise.race([connecting, crashed]);
    stopWatching = wakeWithPage(worker);
    return worker;
  } catch (error) {
    dedicated.terminate();
    throw error;
  } finally {
    // From here on nobody waits for it.
    crashed.catch(() => {});
  }
}

/** Links may have died while the tab was hidden or the machine offline: checks them when that ends. Returns what stops it. */
function wakeWithPage(worker: MeshWorker): () => void {
  const wake = () => { if (document.visibilityState === 'visible') worker.wake(); };
  document.addEventListener('visibilitychange', wake);
  window.addEventListener('online', wake);
  window.addEventListener('pageshow', wake);
  return () => {
    document.removeEventListener('visibilitychange', wake);
    window.removeEventListener('online', wake);
    window.removeEventListener('pageshow', wake);
  };
}
