import type { JsonValue, Worker } from '@raft-mesh/mesh-node';
import type { MafiaView } from '../index.ts';

export interface PlayOnceOptions {
  /** Must be allowed to start a game it has no seat in: an admin. */
  readonly worker: Worker;
  /** How many are waited for at the table. */
  readonly players: number;
}

// Bots need no time to read.
const options = { nightMs: 10_000, dayMs: 15_000 };

/** Waits until everyone sits, starts a game, and gives how it ended. Rejects when the worker ends, or may not start a game. */
export async function playOnce({ worker, players }: PlayOnceOptions): Promise<JsonValue> {
  const over = await until(worker, (view) => view.phase === 'ended' || (view.phase === 'lobby' && view.players.length >= players));
  const lobby = over.phase === 'ended' ? await nextLobby(worker, over, players) : over;
  const started = await worker.send('mafia', 'start', { game: lobby.game, phase: lobby.phase, round: lobby.round, options });
  if (started.status !== 'committed') throw new Error(`the game could not be started: ${started.status === 'refused' ? started.refusal.message : started.reason}`);
  const end = await until(worker, (view) => view.phase === 'ended' && view.game === lobby.game);
  return { winner: end.winner, players: end.players.length, days: end.days.length };
}

async function nextLobby(worker: Worker, over: MafiaView, players: number): Promise<MafiaView> {
  await worker.send('mafia', 'rematch', { game: over.game, phase: over.phase, round: over.round });
  return until(worker, (view) => view.phase === 'lobby' && view.players.length >= players);
}

function until(worker: Worker, holds: (view: MafiaView) => boolean): Promise<MafiaView> {
  return new Promise((resolve, reject) => {
    const stops: (() => void)[] = [];
    const settle = (act: () => void): void => {
      queueMicrotask(() => { for (const stop of stops) stop(); });
      act();
    };
    stops.push(worker.watch('mafia', null, (view) => {
      // The view of this module is a MafiaView: the module itself made it.
      const seen = view.value as unknown as MafiaView;
      if (holds(seen)) settle(() => resolve(seen));
    }, (refusal) => settle(() => reject(new Error(refusal.message)))));
    stops.push(worker.onState((state) => { if (state.phase === 'ended') settle(() => reject(new Error('the mesh no longer takes this worker'))); }));
  });
}
