import type { Due, EventLoop } from '../event-loop.ts';
import type { SimulatedProcess } from '../simulated-process.ts';
import type { SimulatedRandom } from '../simulated-random.ts';

/** One flush: of a file, or of the names in a directory. */
export interface Flush {
  complete(): void;
  fail(random: SimulatedRandom): void;
}

interface Waiting {
  readonly flush: Flush;
  readonly process: SimulatedProcess;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export interface FlushQueueOptions {
  readonly loop: EventLoop;
  readonly random: SimulatedRandom;
  readonly flushMinMs: number;
  readonly flushMeanMs: number;
  /** A flush fails now. */
  readonly onFailed: () => void;
  readonly onPending: () => void;
}

/** Flushes one after the other, each after a drawn delay. It can be slow, hang, and fail one. */
export class FlushQueue {
  readonly #options: FlushQueueOptions;
  #waiting: Waiting[] = [];
  #running: Due | null = null;
  #hangs = 0;
  readonly #slowMs: number[] = [];
  #failsNext = false;

  constructor(options: FlushQueueOptions) {
    this.#options = options;
  }

  /** Settles when it is flushed, or has failed; never when the process dies before. */
  add(process: SimulatedProcess, flush: Flush): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ flush, process, resolve, reject });
      this.#arm();
      this.#options.onPending();
    });
  }

  /** What has to come from the disk takes its time, too; a hanging disk gives nothing. Settles as `look` returns or throws. */
  fetch<Value>(process: SimulatedProcess, look: () => Value): Promise<Value> {
    return new Promise((resolve, reject) => {
      const { loop, flushMinMs } = this.#options;
      const tryNow = (): void => {
        if (this.#hangs > 0) { loop.after(50, tryNow); return; }
        process.run(() => {
          try {
            resolve(look());
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        });
      };
      loop.after(flushMinMs, tryNow);
    });
  }

  slow(flushMs: number): () => void {
    this.#slowMs.push(flushMs);
    return once(() => { this.#slowMs.splice(this.#slowMs.indexOf(flushMs), 1); });
  }

  hang(): () => void {
    this.#hangs += 1;
    return once(() => { this.#hangs -= 1; this.#arm(); });
  }

  failNext(): () => void {
    this.#failsNext = true;
    return () => { this.#failsNext = false; };
  }

  /** Nobody waits any more. */
  crash(): void {
    this.#waiting = [];
    this.#failsNext = false;
    if (this.#running !== null) this.#running.callback = null;
    this.#running = null;
  }

  #arm(): void {
    if (this.#waiting.length === 0 || this.#running !== null || this.#hangs > 0) return;
    const { loop, random, flushMinMs, flushMeanMs } = this.#options;
    const slowMs = Math.max(0, ...this.#slowMs);
    const delayMs = flushMinMs + random.exponential(Math.max(0, flushMeanMs - flushMinMs)) + (slowMs > 0 ? random.exponential(slowMs) : 0);
    this.#running = loop.after(delayMs, () => {
      this.#running = null;
      if (this.#hangs > 0) return;
      this.#completeFirst();
      this.#arm();
    });
  }

  #completeFirst(): void {
    const first = this.#waiting.shift();
    if (first === undefined) return;
    const { flush, process, resolve, reject } = first;
    const fails = this.#failsNext;
    this.#failsNext = false;
    if (fails) {
      this.#options.onFailed();
      flush.fail(this.#options.random);
    } else {
      flush.complete();
    }
    process.run(() => { if (fails) reject(new Error('the flush failed')); else resolve(); });
  }
}

/** Does it the first time alone. */
export function once(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    action();
  };
}
