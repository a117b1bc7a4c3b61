import type { Clock } from '../ports/clock.ts';

/** A link's own end, as far as its unread bytes go. */
export interface SlowReader {
  readonly bufferedBytes: number;
  /** Ends it, because what waits for all slow readers together is too much. */
  shed(): void;
}

/** From here on a reader counts as slow, and is looked at. */
export const slowBytes = 256 * 1024;
const lookAgainMs = 100;

/**
 * What waits for readers that do not keep up is bounded for all of them together: each may have its share for a while, and when that comes to
 * too much, those who have most waiting go first. It costs them a reconnect, and nobody else anything.
 */
export class SlowReaders {
  readonly #clock: Clock;
  readonly #totalBytesMax: number;
  readonly #slow = new Set<SlowReader>();
  #cancelLook: (() => void) | null = null;

  constructor(clock: Clock, totalBytesMax: number) {
    this.#clock = clock;
    this.#totalBytesMax = totalBytesMax;
  }

  /** Something was sent to this reader, and more than `slowBytes` wait for it. */
  note(reader: SlowReader): void {
    if (this.#slow.has(reader)) return;
    this.#slow.add(reader);
    this.#cancelLook ??= this.#clock.setTimer(lookAgainMs, () => this.#look());
    // Many at once must not outrun the timer: each of them has a bound of its own.
    if (this.#slow.size % 16 === 0) this.#shed();
  }

  forget(reader: SlowReader): void {
    this.#slow.delete(reader);
  }

  close(): void {
    this.#cancelLook?.();
    this.#slow.clear();
  }

  #look(): void {
    this.#cancelLook = null;
    for (const reader of this.#slow) if (reader.bufferedBytes <= slowBytes) this.#slow.delete(reader);
    this.#shed();
    if (this.#slow.size > 0) this.#cancelLook = this.#clock.setTimer(lookAgainMs, () => this.#look());
  }

  #shed(): void {
    let total = 0;
    for (const reader of this.#slow) total += reader.bufferedBytes;
    if (total <= this.#totalBytesMax) return;
    for (const reader of [...this.#slow].sort((one, other) => other.bufferedBytes - one.bufferedBytes)) {
      if (total <= this.#totalBytesMax) return;
      total -= reader.bufferedBytes;
      this.#slow.delete(reader);
      reader.shed();
    }
  }
}
