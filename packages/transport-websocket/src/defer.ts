/**
 * Runs `callback` when the task under way is done, with all that its promises still do: what follows from one event goes out together, and at once.
 * In Node a tick asked for by the last microtask comes after all of them; `setImmediate` would let the poll for other sockets go first.
 */
export function atEndOfTask(callback: () => void): void {
  if (typeof process === 'object' && typeof process.nextTick === 'function') process.nextTick(callback);
  else queueMicrotask(callback);
}
