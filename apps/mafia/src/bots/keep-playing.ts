import type { Worker } from '@raft-mesh/mesh-node';
import type { MafiaView } from '../index.ts';
import { playersMin } from '../game/limits.ts';
import { systemTimer, type SetTimer } from './timer.ts';

export interface KeepPlayingOptions {
  readonly worker: Worker;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** What it waits with. Default: `setTimeout`. */
  readonly setTimer?: SetTimer;
  /** How long nights and days may take, in ms of log time. */
  readonly options?: { readonly nightMs: number; readonly dayMs: number };
}

/** A table waits this long for more players, and each seat this much longer than the one before it, in ms. */
const seatingMs = 300;
const eachSeatMs = 100;

/**
 * Lets one who has a seat begin game after game: starts when enough sit, opens the lobby again when a game has ended. Others at the
 * table may do the same: whoever comes late is refused, and nothing is lost. The worker stays the caller's.
 */
export function keepPlaying({ worker, signal, setTimer = systemTimer, options = { nightMs: 2_000, dayMs: 3_000 } }: KeepPlayingOptions): void {
  if (signal.aborted) return;
  let planned = '';
  let cancel: () => void = () => undefined;
  const endWatch = worker.watch('mafia', null, (next) => {
    // The view of this module is a MafiaView: the module itself made it.
    const view = next.value as unknown as MafiaView;
    const { game, phase, round } = view;
    const seat = view.players.findIndex((player) => player.id === worker.agent);
    const command = seat === -1 ? null : phase === 'lobby' && view.players.length >= playersMin ? 'start' : phase === 'ended' ? 'rematch' : null;
    const plan = command === null ? '' : `${next.incarnation}/${game}/${command}`;
    if (plan === planned) return;
    planned = plan;
    cancel();
    if (command === null) return;
    cancel = setTimer(seatingMs + seat * eachSeatMs, () => {
      void worker.send('mafia', command, { game, phase, round, ...(command === 'start' ? { options } : {}) });
    });
  });
  signal.addEventListener('abort', () => { cancel(); endWatch(); }, { once: true });
}
