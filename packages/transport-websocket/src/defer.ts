/** Runs `callback` when what this event-loop turn still has to do is done: after pending reads in Node, after this task in browsers. */
export function atEndOfTurn(callback: () => void): void {
  if (typeof setImmediate === 'function') setImmediate(callback);
  else queueMicrotask(callback);
}
