import type { Clock } from '@raft-mesh/mesh';
import type { Due, EventLoop } from './event-loop.ts';

interface Timer {
  /** By this process's own clock. */
  readonly atMs: number;
  readonly callback: () => void;
  due: Due | null;
}

/** A timer must not fire a rounding error too early by its own clock, or it would have to be set again. */
const roundingMs = 1e-6;

/** Thrown out of a process that nobody caught: where it happened. */
export class UncaughtError extends Error {
  override readonly name = 'UncaughtError';

  constructor(process: string, cause: unknown) {
    super(`${process} died of an error that nobody caught: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`, { cause });
  }
}

/**
 * One life of one process, with a clock of its own that may run fast or slow, jump, and stand still. Paused, it runs nothing and
 * hears nothing; when it goes on, everything comes at once, in the order in which it came about. Dead, it never runs again.
 */
export class SimulatedProcess implements Clock {
  readonly name: string;
  readonly #loop: EventLoop;
  readonly #timers = new Set<Timer>();
  /** Ms of its own clock in one true ms; 0 while the clock stands still. */
  #rate: number;
  readonly #trueRate: number;
  /** Where its clock stood (`#baseMs`) at a true time. */
  #baseMs: number;
  #baseAtMs: number;
  #waiting: (() => void)[] = [];
  #paused = false;
  #alive = true;

  constructor(name: string, loop: EventLoop, options: { readonly driftPpm: number; readonly clockStartMs: number }) {
    this.name = name;
    this.#loop = loop;
    this.#trueRate = 1 + options.driftPpm / 1_000_000;
    this.#rate = this.#trueRate;
    this.#baseMs = options.clockStartMs;
    this.#baseAtMs = loop.nowMs;
  }

  get alive(): boolean {
    return this.#alive;
  }

  get paused(): boolean {
    return this.#paused;
  }

  nowMs(): number {
    return this.#baseMs + (this.#loop.nowMs - this.#baseAtMs) * this.#rate;
  }

  setTimer(delayMs: number, callback: () => void): () => void {
    if (!this.#alive) return () => {};
    const timer: Timer = { atMs: this.nowMs() + Math.max(0, delayMs), callback, due: null };
    this.#timers.add(timer);
    this.#arm(timer);
    return () => {
      this.#timers.delete(timer);
      if (timer.due !== null) timer.due.callback = null;
    };
  }

  defer(callback: () => void): void {
    if (this.#alive) this.#loop.soon(() => this.run(callback));
  }

  /** What comes from outside: now, or when the pause is over, or never. */
  run(callback: () => void): void {
    if (!this.#alive) return;
    if (this.#paused) { this.#waiting.push(callback); return; }
    try {
      callback();
    } catch (error) {
      throw new UncaughtError(this.name, error);
    }
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const callback of waiting) this.#loop.at(this.#loop.nowMs, () => this.run(callback));
  }

  kill(): void {
    this.#alive = false;
    this.#waiting = [];
    for (const timer of this.#timers) if (timer.due !== null) timer.due.callback = null;
    this.#timers.clear();
  }

  /** The clock jumps ahead: what fell due meanwhile fires late. */
  stepClock(byMs: number): void {
    this.#rebase(this.nowMs() + byMs, this.#rate);
  }

  /** The clock stands still, while the process goes on. */
  stopClock(): void {
    this.#rebase(this.nowMs(), 0);
  }

  startClock(): void {
    this.#rebase(this.nowMs(), this.#trueRate);
  }

  #rebase(nowMs: number, rate: number): void {
    this.#baseMs = nowMs;
    this.#baseAtMs = this.#loop.nowMs;
    this.#rate = rate;
    for (const timer of this.#timers) {
      if (timer.due !== null) timer.due.callback = null;
      this.#arm(timer);
    }
  }

  #arm(timer: Timer): void {
    timer.due = null;
    if (this.#rate === 0) return;
    const delayMs = (timer.atMs - this.nowMs()) / this.#rate;
    timer.due = this.#loop.after(delayMs + roundingMs, () => {
      this.#timers.delete(timer);
      this.run(timer.callback);
    });
  }
}
