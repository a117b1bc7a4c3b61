import { join } from 'node:path';
import type { DevMesh } from '@raft-mesh/cli';
import { connectWorker, type View, type Worker } from '@raft-mesh/mesh-node';

/** The parts of the game's view that these tests look at. */
export interface GameView {
  readonly game: number; readonly phase: 'lobby' | 'night' | 'day' | 'ended'; readonly round: number; readonly deadlineMs: number | null;
  readonly players: readonly { readonly id: string; readonly name: string; readonly alive: boolean; readonly character: string | null }[];
  readonly winner: string | null;
  readonly votes: readonly { readonly by: string; readonly target: string | null }[];
}

/** A worker with every permission. */
export async function connectAdmin(mesh: DevMesh, name: string): Promise<Worker> {
  return await connectWorker({ directory: join(mesh.directory, name), transport: 'websocket', join: await mesh.adminJoin(name) });
}

export function untilGame(worker: Worker, holds: (game: GameView, view: View) => boolean, timeoutMs = 60_000): Promise<GameView> {
  return new Promise((resolve, reject) => {
    let stop: () => void = () => {};
    let last: GameView | null = null;
    const timer = setTimeout(() => { stop(); reject(new Error(`the game did not come that far within ${timeoutMs / 1000} s; it stands at ${JSON.stringify(last)}`)); }, timeoutMs);
    stop = worker.watch('mafia', null, (view) => {
      const game = view.value as unknown as GameView;
      last = game;
      if (!holds(game, view)) return;
      clearTimeout(timer);
      queueMicrotask(() => stop());
      resolve(game);
    });
  });
}

export async function startGame(worker: Worker, options: { readonly nightMs: number; readonly dayMs: number }): Promise<void> {
  const { game } = await untilGame(worker, ({ phase }) => phase === 'lobby');
  const started = await worker.send('mafia', 'start', { game, phase: 'lobby', round: 0, options });
  if (started.status !== 'committed') throw new Error(`the game did not start: ${JSON.stringify(started)}`);
}

/** A module's view as it stands. */
export function viewOf(worker: Worker, module: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const stop = worker.watch(module, null, (view) => { queueMicrotask(() => stop()); resolve(view.value); }, (refusal) => reject(new Error(refusal.message)));
  });
}
