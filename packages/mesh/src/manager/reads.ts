import type { Clock } from '../ports/clock.ts';
import type { ReadResult } from './raft-driver.ts';

export interface ReadsOptions {
  readonly clock: Clock;
  readonly read: (done: (result: ReadResult) => void) => void;
}

interface PendingRead { readonly askedAtMs: number; readonly done: (ready: boolean) => void }

const pendingMax = 8_192;
/** An election takes less than this. */
const patienceMs = 1_500;
const againMs = 25;

/** Linearizable reads that outlive a change of leader: one that is refused is asked for again until it has waited too long. */
export class Reads {
  readonly #options: ReadsOptions;
  #refused: PendingRead[] = [];
  #pending = 0;
  #timerSet = false;
  #closed = false;

  constructor(options: ReadsOptions) {
    this.#options = options;
  }

  /** `done(true)`: read the state machine now, in this call. `done(false)`: no leader confirmed it in time. */
  read(done: (ready: boolean) => void): void {
    if (this.#closed || this.#pending >= pendingMax) { done(false); return; }
    this.#pending += 1;
    this.#ask({ askedAtMs: this.#options.clock.nowMs(), done: (ready) => { this.#pending -= 1; done(ready); } });
  }

  /** Everything that was committed before this call is applied here when it resolves to true. */
  barrier(): Promise<boolean> {
    return new Promise((resolve) => { this.read(resolve); });
  }

  close(): void {
    this.#closed = true;
    const refused = this.#refused;
    this.#refused = [];
    for (const pending of refused) pending.done(false);
  }

  #ask(pending: PendingRead): void {
    this.#options.read((result) => {
      if (result.ready) { pending.done(true); return; }
      if (this.#closed || result.reason.code === 'stopped' || this.#options.clock.nowMs() - pending.askedAtMs > patienceMs) { pending.done(false); return; }
      this.#refused.push(pending);
      if (this.#timerSet) return;
      this.#timerSet = true;
      this.#options.clock.setTimer(againMs, () => {
        this.#timerSet = false;
        const again = this.#refused;
        this.#refused = [];
        for (const read of again) this.#ask(read);
      });
    });
  }
}
