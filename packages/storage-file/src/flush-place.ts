import { performance } from 'node:perf_hooks';

/** More than this not flushed yet, and a flush is a wait of unknown length. */
const bytesMax = 256 * 1024;
/** Above this the disk counts as slow, until it is below the other. */
const slowMs = 1;
const fastMs = 0.5;
/** Weight of the newest flush in the running average. */
const newest = 1 / 8;

/**
 * Where a flush is done: in place, with this thread waiting for the disk, or on the thread pool. On a fast disk the way to the pool and back costs as much
 * as the flush (measured: 50–100 µs beside 190, and twice that on a busy machine), so a small flush is done in place: as long as flushes have been fast
 * lately, and never so often that this thread waits more than half of its time, however many logs it serves.
 */
export class FlushPlace {
  readonly #nowMs: () => number;
  #averageMs = 0;
  #isSlow = false;
  /** Not in place before this. */
  #restUntilMs = Number.NEGATIVE_INFINITY;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Whether a flush of so many bytes is done in place now. */
  isHere(unflushedBytes: number): boolean {
    return !this.#isSlow && unflushedBytes <= bytesMax && this.#nowMs() >= this.#restUntilMs;
  }

  /** A flush of so many bytes, begun at `startedMs`, has ended; where it was done. */
  ended(unflushedBytes: number, startedMs: number, where: 'here' | 'pool'): void {
    const nowMs = this.#nowMs();
    const tookMs = nowMs - startedMs;
    if (where === 'here') this.#restUntilMs = nowMs + tookMs;
    if (unflushedBytes > bytesMax) return;
    this.#averageMs += (tookMs - this.#averageMs) * newest;
    if (this.#averageMs > slowMs) this.#isSlow = true;
    else if (this.#averageMs < fastMs) this.#isSlow = false;
  }

  get nowMs(): number {
    return this.#nowMs();
  }
}
