/** Time as a port: real in processes, simulated in tests. */
export interface Clock {
  /** Monotonic ms since some fixed moment; counts on in suspend where the platform can. Fractions allowed. */
  nowMs(): number;
  /** Calls back once after at least `delayMs`. Returns what cancels it. */
  setTimer(delayMs: number, callback: () => void): () => void;
  /** Calls back in a later turn of the event loop, after pending I/O was read. */
  defer(callback: () => void): void;
}
