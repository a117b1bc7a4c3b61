import type { Clock } from '../ports/clock.ts';
import type { ReadResult } from './raft-driver.ts';

export interface ReadsOptions {
  readonly clock: Clock;
  readonly read: (done: (result: ReadResult) => void) => void;
}

/** `ready`: read the state machine now, in this call. `noLeader`: none confirmed it in time. `overloaded`: too many reads are open; refused at once. */
export type ReadEnd = 'ready' | 'noLeader' | 'overloaded';

interface PendingRead { readonly askedAtMs: number; readonly done: (end: ReadEnd) => void }

const pendingMax = 8_192;
/** An election takes less than this. */
const patienceMs = 1_500;
/** What was refused for want of a leader is asked for again when there is one; this is for what was lost on its way to it. */
const againMs = 100;

/** Linearizable reads that outlive a change of leader: one that is refused is asked for again until it has waited too long. */
export class Reads {
  readonly #options: ReadsOptions;
  #refused: PendingRead[] = [];
  #pending = 0;
  #cancelTimer: (() => void) | null = null;
  #closed = false;

  constructor(options: ReadsOptions) {
    this.#options = options;
  }

  read(done: (end: ReadEnd) => void): void {
    if (this.#closed) { done('noLeader'); return; }
    if (this.#pending >= pendingMax) { done('overloaded'); return; }
    this.#pending += 1;
    this.#ask({ askedAtMs: this.#options.clock.nowMs(), done: (end) => { this.#pending -= 1; done(end); } });
  }

  /** Everything that was committed before this call is applied here when it resolves to true. */
  barrier(): Promise<boolean> {
    return new Promise((resolve) => { this.read((end) => resolve(end === 'ready')); });
  }

  /** Whatever was refused is asked for again, of whoever leads now. */
  leadershipChanged(): void {
    if (!this.#closed) this.#askAgain();
  }

  close(): void {
    this.#closed = true;
    this.#stopTimer();
    const refused = this.#refused;
    this.#refused = [];
    for (const pending of refused) pending.done('noLeader');
  }

  #ask(pending: PendingRead): void {
    this.#options.read((result) => {
      if (result.ready) { pending.done('ready'); return; }
      if (this.#closed || result.reason.code === 'stopped' || this.#options.clock.nowMs() - pending.askedAtMs > patienceMs) { pending.done('noLeader'); return; }
      this.#refused.push(pending);
      this.#cancelTimer ??= this.#options.clock.setTimer(againMs, () => this.#askAgain());
    });
  }

  #askAgain(): void {
    this.#stopTimer();
    const again = this.#refused;
    this.#refused = [];
    for (const read of again) this.#ask(read);
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }
}
