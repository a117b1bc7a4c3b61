import type { Clock, Random } from '@raft-mesh/mesh';
import { nanoid } from 'nanoid';

/** Monotonic time of this page or Worker. In a dedicated Worker its timers keep their pace in hidden tabs. */
export const browserClock: Clock = {
  nowMs: () => performance.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, Math.max(0, delayMs));
    return () => clearTimeout(timer);
  },
  defer: (callback) => { setTimeout(callback, 0); },
};

/** Cryptographically strong, also where the page is not a secure context. */
export const browserRandom: Random = {
  bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  identifier: () => nanoid(),
};
