import { encodeRecord } from '@raft-mesh/protocol';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import type { ProposalResult } from './raft-driver.ts';

export interface LogTimeKeeperOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly isLeader: () => boolean;
  /** The leader's log time now, in ms. */
  readonly logTimeMs: () => number;
  /** The earliest deadline of the state machine, in log time. */
  readonly nextDeadlineMs: () => number | null;
  readonly propose: (data: Uint8Array, done: (result: ProposalResult) => void) => void;
}

/** Only for a deadline as near as this is time itself worth writing down. */
const nearMs = 10 * 60 * 1000;
/** After a crash of all managers log time goes on from the last entry: at most this much of a countdown runs twice. */
const silenceMs = 1_000;
const retryDelayMs = 100;
/** Platforms fire timers of more than 2^31 ms at once. */
const lookAgainMsMax = 60 * 60 * 1000;

/**
 * Brings the time into the log while this manager leads: when a deadline has come, and once a second of silence while
 * one is near. The entry says nothing but the time, so a late or double one does no harm.
 */
export class LogTimeKeeper {
  readonly #options: LogTimeKeeperOptions;
  #cancelTimer: (() => void) | null = null;
  #timerAtMs = 0;
  /** The log time that the last applied entry brought, and when it was applied here. */
  #lastAppliedAtMs = 0;
  /** Index of our own entry that is not applied yet; 0: being proposed; `null`: none. */
  #outstanding: number | null = null;
  #closed = false;

  constructor(options: LogTimeKeeperOptions) {
    this.#options = options;
  }

  /** Entries up to `index` are applied. */
  applied(index: number): void {
    this.#lastAppliedAtMs = this.#options.clock.nowMs();
    if (this.#outstanding !== null && this.#outstanding !== 0 && index >= this.#outstanding) this.#outstanding = null;
    this.#look();
  }

  /** This manager has come to lead, or leads no more. */
  leadershipChanged(): void {
    this.#outstanding = null;
    this.#look();
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
  }

  #look(): void {
    if (this.#closed || !this.#options.isLeader() || this.#outstanding !== null) return;
    const deadlineMs = this.#options.nextDeadlineMs();
    if (deadlineMs === null) { this.#cancelTimer?.(); this.#cancelTimer = null; return; }
    const untilMs = deadlineMs - this.#options.logTimeMs();
    if (untilMs <= 0) { this.#propose(); return; }
    const nowMs = this.#options.clock.nowMs();
    if (untilMs > nearMs) { this.#lookAt(nowMs + untilMs - nearMs); return; }
    const silenceEndsAtMs = this.#lastAppliedAtMs + silenceMs;
    if (silenceEndsAtMs <= nowMs) { this.#propose(); return; }
    this.#lookAt(Math.min(nowMs + untilMs, silenceEndsAtMs));
  }

  #lookAt(atMs: number): void {
    if (this.#cancelTimer !== null && this.#timerAtMs <= atMs) return;
    this.#cancelTimer?.();
    this.#timerAtMs = atMs;
    // A timer may come a fraction early by this clock; a whole millisecond more spares the second look.
    this.#cancelTimer = this.#options.clock.setTimer(Math.min(lookAgainMsMax, Math.max(1, Math.ceil(atMs - this.#options.clock.nowMs()))), () => { this.#cancelTimer = null; this.#look(); });
  }

  #propose(): void {
    this.#outstanding = 0;
    this.#options.propose(encodeRecord({ kind: 'time', random: this.#options.random.bytes(32) }), (result) => {
      if (result.accepted) { this.#outstanding = result.index; return; }
      this.#outstanding = null;
      if (!this.#closed && this.#options.isLeader()) this.#lookAt(this.#options.clock.nowMs() + retryDelayMs);
    });
  }
}
