import type { StartPlayer } from '@raft-mesh/simulator';
import { sides } from './app.ts';

/** Chooses once in each round, and begins the next when one has ended. */
export const runBot: StartPlayer = ({ worker, seed, setTimer, signal }) => {
  let drawn = seed;
  let acted = '';
  const endWatch = worker.watch('rounds', null, (view) => {
    const { round, open } = view.value as { readonly round: number; readonly open: boolean };
    const now = `${round}/${String(open)}`;
    if (now === acted) return;
    acted = now;
    drawn = (Math.imul(drawn, 1_103_515_245) + 12_345) >>> 0;
    setTimer(drawn % 100, () => {
      if (signal.aborted) return;
      if (open) void worker.send('rounds', 'choose', { round, side: drawn % sides });
      else void worker.send('rounds', 'begin', { round: round + 1 });
    });
  });
  signal.addEventListener('abort', endWatch, { once: true });
};
