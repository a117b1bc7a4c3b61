/** Calls back once after at least `delayMs`. Returns what cancels it. */
export type SetTimer = (delayMs: number, callback: () => void) => () => void;

/** Real time. */
export const systemTimer: SetTimer = (delayMs, callback) => {
  const timer = setTimeout(callback, delayMs);
  return () => clearTimeout(timer);
};
