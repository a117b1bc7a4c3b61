/** Starts the dedicated Worker. A bundler that knows `new URL(…, import.meta.url)`, as Vite does, bundles its code along. */
export function spawnWorker(): Worker {
  return new Worker(new URL('../worker.js', import.meta.url), { type: 'module', name: 'raft-mesh' });
}
