import { performance } from 'node:perf_hooks';
import type { Clock } from '@raft-mesh/mesh';

/** The clock of this process: monotonic ms since it started; untouched by changes of the wall clock. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  defer(callback) {
    // setImmediate runs after the poll phase, so what the sockets already hold is read first.
    setImmediate(callback);
  },
};
