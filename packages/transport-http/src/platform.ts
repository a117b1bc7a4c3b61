import type { Clock, Random } from '@raft-mesh/mesh';

/** What the platform offers of the ports that links need. */
export const platformClock: Pick<Clock, 'setTimer'> = {
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

export const platformRandom: Random = {
  bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  identifier: () => crypto.randomUUID(),
};
