import type { Clock } from '@raft-mesh/mesh';

/**
 * When a memory store's writes become durable: at once (in the next microtask), only when the test calls `flush`, or a while
 * after they were made, one flush at a time, each covering everything that waited when it began.
 */
export type FlushMode =
  | { readonly kind: 'immediate' }
  | { readonly kind: 'manual' }
  | { readonly kind: 'delayed'; readonly clock: Clock; readonly delayMs: number };

interface Waiting {
  readonly apply: () => void;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/** The way from "written" to "durable" in the memory stores: first in, first out, and a crash loses what still waits. */
export class FlushQueue {
  mode: FlushMode;
  /** Called when something begins to wait. */
  onWaiting: () => void = () => {};
  #waiting: Waiting[] = [];
  #flushing = false;
  #crashed = false;
  #failure: Error | null = null;

  constructor(mode: FlushMode) {
    this.mode = mode;
  }

  /** Changes that are not durable yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** `apply` makes the change on the disk; the promise settles after it. After a crash nothing happens, and it never settles. */
  enqueue(apply: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#crashed) return;
      this.#waiting.push({ apply, resolve, reject });
      this.#schedule();
      this.onWaiting();
    });
  }

  /** Makes the first `count` waiting changes durable, all by default. */
  flush(count: number = this.#waiting.length): void {
    for (const { apply, resolve, reject } of this.#waiting.splice(0, count)) {
      try {
        if (this.#failure !== null) throw this.#failure;
        apply();
        resolve();
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  /** From now on every flush fails, as on a broken disk. */
  fail(reason: Error): void {
    this.#failure = reason;
  }

  /** Makes the first `durable` waiting changes durable without telling anyone, and loses the rest. */
  crash(durable: number): void {
    for (const { apply } of this.#waiting.splice(0, durable)) apply();
    this.#waiting = [];
    this.#crashed = true;
  }

  #schedule(): void {
    const mode = this.mode;
    if (this.#flushing || mode.kind === 'manual') return;
    this.#flushing = true;
    const covers = this.#waiting.length;
    const run = (count: number) => {
      this.#flushing = false;
      if (this.#crashed) return;
      this.flush(count);
      if (this.#waiting.length > 0) this.#schedule();
    };
    if (mode.kind === 'immediate') queueMicrotask(() => run(this.#waiting.length));
    else mode.clock.setTimer(mode.delayMs, () => run(covers));
  }
}
