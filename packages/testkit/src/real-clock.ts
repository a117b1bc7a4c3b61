import type { Clock } from '@raft-mesh/mesh';

/** The process's own monotonic time, for tests that use real sockets or disks. Timers do not keep the process alive. */
export function realClock(): Clock {
  return {
    nowMs: () => performance.now(),
    setTimer(delayMs, callback) {
      const timer = setTimeout(callback, Math.max(0, delayMs));
      timer.unref();
      return () => clearTimeout(timer);
    },
    defer: (callback) => { setImmediate(callback); },
  };
}
