/** Something that is going to happen. `callback` is `null` once it was cancelled or has happened. */
export interface Due {
  readonly atMs: number;
  readonly order: number;
  callback: (() => void) | null;
}

/** Its callbacks are microtasks, and cost less than those of `queueMicrotask`. */
const settled = Promise.resolve();

/** So often the platform gets a turn: only then does it report promises that were rejected with nobody to hear. */
const eventsPerPlatformTurn = 1 << 15;

/**
 * The time of the run: one list of everything that is due. Between two events every promise that can settle has settled. What is
 * due at the same moment happens in the order in which it was asked for, so that a run repeats exactly.
 */
export class EventLoop {
  #nowMs = 0;
  #order = 0;
  #events = 0;
  readonly #heap: Due[] = [];
  /** Happens now, after everything that is due now: as a real loop hears its I/O before its deferred callbacks. */
  #soon: (() => void)[] = [];
  #soonAt = 0;

  /** True time, in ms since the start of the run. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** How many events have happened. */
  get events(): number {
    return this.#events;
  }

  at(atMs: number, callback: () => void): Due {
    const due: Due = { atMs: atMs > this.#nowMs ? atMs : this.#nowMs, order: this.#order++, callback };
    this.#rise(due);
    return due;
  }

  after(delayMs: number, callback: () => void): Due {
    return this.at(this.#nowMs + delayMs, callback);
  }

  soon(callback: () => void): void {
    this.#soon.push(callback);
  }

  /**
   * Lets events happen until `isOver` says so before one of them, none is left, or time reaches `untilMs`. Rejects with what an event threw.
   */
  run(isOver: () => boolean, untilMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const pump = (): void => {
        try {
          if (isOver() || !this.#next(untilMs)) { resolve(); return; }
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
          return;
        }
        if (this.#events % eventsPerPlatformTurn === 0) setImmediate(pump);
        else void settled.then(again);
      };
      // A tick that is asked for in a microtask comes when no microtask is left.
      const again = (): void => { process.nextTick(pump); };
      // Called from the platform, a tick would come before what has begun already has settled; called after a promise, it would not.
      void settled.then(again);
    });
  }

  #next(untilMs: number): boolean {
    const heap = this.#heap;
    let first = heap[0];
    while (first !== undefined && first.callback === null) {
      this.#sink();
      first = heap[0];
    }
    if (this.#soonAt < this.#soon.length && (first === undefined || first.atMs > this.#nowMs)) {
      this.#events += 1;
      const callback = this.#soon[this.#soonAt];
      this.#soonAt += 1;
      if (this.#soonAt === this.#soon.length) {
        this.#soon = [];
        this.#soonAt = 0;
      }
      callback?.();
      return true;
    }
    if (first === undefined || first.atMs > untilMs) {
      if (Number.isFinite(untilMs) && untilMs > this.#nowMs) this.#nowMs = untilMs;
      return false;
    }
    this.#events += 1;
    this.#sink();
    this.#nowMs = first.atMs;
    const { callback } = first;
    first.callback = null;
    callback?.();
    return true;
  }

  #rise(due: Due): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(due);
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt];
      if (parent === undefined || !isBefore(due, parent)) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = due;
  }

  /** Takes the first one out. */
  #sink(): void {
    const heap = this.#heap;
    const last = heap.pop();
    const { length } = heap;
    if (last === undefined || length === 0) return;
    let at = 0;
    for (;;) {
      const leftAt = 2 * at + 1;
      if (leftAt >= length) break;
      const left = heap[leftAt];
      const right = leftAt + 1 < length ? heap[leftAt + 1] : undefined;
      const isRight = right !== undefined && left !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (child === undefined || !isBefore(child, last)) break;
      heap[at] = child;
      at = isRight ? leftAt + 1 : leftAt;
    }
    heap[at] = last;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs;
}
