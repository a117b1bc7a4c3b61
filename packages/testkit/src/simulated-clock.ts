import type { Clock } from '@raft-mesh/mesh';

interface Due {
  readonly atMs: number;
  /** Deferred callbacks run after every timer that is due at the same moment, as a real loop reads its I/O first. */
  readonly deferred: boolean;
  readonly order: number;
  callback: (() => void) | null;
}

function isBefore(a: Due, b: Due): boolean {
  if (a.atMs !== b.atMs) return a.atMs < b.atMs;
  if (a.deferred !== b.deferred) return b.deferred;
  return a.order < b.order;
}

/**
 * Time that passes only when told to. What is due at the same moment runs in the order in which it was asked for, deferred
 * callbacks last, so that a run repeats exactly. Times in ms.
 */
export class SimulatedClock implements Clock {
  #nowMs: number;
  #order = 0;
  /** A binary heap: the earliest is first. Cancelled ones stay in it, without callback, until they surface. */
  readonly #heap: Due[] = [];

  constructor(startMs: number = 0) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, callback: () => void): () => void {
    const due = this.#push(this.#nowMs + Math.max(0, delayMs), false, callback);
    return () => { due.callback = null; };
  }

  defer(callback: () => void): void {
    this.#push(this.#nowMs, true, callback);
  }

  /** When the next callback is due; `null` when none is. */
  get nextDueMs(): number | null {
    let first = this.#heap[0];
    while (first !== undefined && first.callback === null) {
      this.#pop();
      first = this.#heap[0];
    }
    return first === undefined ? null : first.atMs;
  }

  /** Runs the next callback if it is due at or before `untilMs`, and moves time to it. False when there is none. */
  runNext(untilMs: number = Number.POSITIVE_INFINITY): boolean {
    const atMs = this.nextDueMs;
    if (atMs === null || atMs > untilMs) return false;
    const due = this.#pop();
    this.#nowMs = Math.max(this.#nowMs, atMs);
    const callback = due?.callback ?? null;
    if (due !== undefined) due.callback = null;
    callback?.();
    return true;
  }

  /** Time jumps, as over a sleep of the machine: what fell due meanwhile runs late, when time next passes. */
  skip(byMs: number): void {
    this.#nowMs += byMs;
  }

  /** Lets this much time pass and runs what falls due, without letting promises settle in between. */
  advanceNow(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    while (this.runNext(untilMs));
    this.#nowMs = untilMs;
  }

  /** Lets this much time pass; promises settle between one callback and the next. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    do await settled(); while (this.runNext(untilMs));
    this.#nowMs = untilMs;
  }

  /** Lets time pass until `holds` does. Throws when it still does not after `withinMs` of simulated time. */
  async advanceUntil(holds: () => boolean, withinMs: number = 60_000): Promise<void> {
    const untilMs = this.#nowMs + withinMs;
    await settled();
    while (!holds()) {
      if (!this.runNext(untilMs)) throw new Error(`What was awaited did not happen within ${withinMs} ms of simulated time.`);
      await settled();
    }
  }

  #push(atMs: number, deferred: boolean, callback: () => void): Due {
    const due: Due = { atMs, deferred, order: this.#order++, callback };
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
    return due;
  }

  #pop(): Due | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      const child = right !== undefined && left !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || !isBefore(child, last)) break;
      heap[at] = child;
      at = child === right ? 2 * at + 2 : 2 * at + 1;
    }
    heap[at] = last;
    return first;
  }
}

/** Resolves when every promise that can settle without time or I/O has settled. */
export function settled(): Promise<void> {
  return new Promise((resolve) => { setImmediate(resolve); });
}
