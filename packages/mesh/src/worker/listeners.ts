/** Callbacks of the application. One that throws harms neither the others nor the worker: its error surfaces as an unhandled rejection. */
export class Listeners<Arguments extends readonly unknown[]> {
  readonly #listeners = new Set<(...args: Arguments) => void>();

  /** Returns what ends it. */
  add(listener: (...args: Arguments) => void): () => void {
    // Wrapped, so that adding the same function twice calls it twice and each is removed on its own.
    const own = (...args: Arguments) => listener(...args);
    this.#listeners.add(own);
    return () => { this.#listeners.delete(own); };
  }

  call(...args: Arguments): void {
    for (const listener of this.#listeners) callSafely(listener, ...args);
  }
}

/** Calls the application without letting what it throws come back here. */
export function callSafely<Arguments extends readonly unknown[]>(listener: (...args: Arguments) => void, ...args: Arguments): void {
  try {
    listener(...args);
  } catch (error) {
    void Promise.reject(error);
  }
}
