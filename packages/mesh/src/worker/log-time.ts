import type { Clock } from '../ports/clock.ts';

/** Off by less than this, the managers' word does not move the reading back: it was only on its way. */
const jitterMs = 100;

/** Log time as the managers tell it, moved on by this worker's own clock while they have a leader. In ms. */
export class LogTime {
  readonly #clock: Clock;
  readonly #hasLeader: () => boolean;
  #toldMs = 0;
  #toldAtMs = 0;

  constructor(clock: Clock, hasLeader: () => boolean) {
    this.#clock = clock;
    this.#hasLeader = hasLeader;
  }

  get nowMs(): number {
    return this.#hasLeader() ? Math.floor(this.#toldMs + this.#clock.nowMs() - this.#toldAtMs) : this.#toldMs;
  }

  told(logTimeMs: number): void {
    const readingMs = this.nowMs;
    this.#toldMs = logTimeMs < readingMs && readingMs - logTimeMs < jitterMs ? readingMs : logTimeMs;
    this.#toldAtMs = this.#clock.nowMs();
  }
}
