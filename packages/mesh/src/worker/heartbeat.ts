import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import { fraction } from './backoff.ts';
import type { Links } from './links.ts';
import type { ManagerLink } from './manager-link.ts';
import { timings } from './timings.ts';

/**
 * Beats to every manager at the pace that the last welcome gave, from a random moment on so that a crowd does not beat together, and
 * takes a link that has long said nothing for lost.
 */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #links: Links;
  readonly #onTick: () => void;
  #intervalMs: number = timings.heartbeatIntervalMs;
  #beat = 0;
  #lastTickAtMs = 0;
  #cancel: (() => void) | null = null;
  #cancelWakeCheck: () => void = () => {};

  /** `onTick` is called after every beat. */
  constructor(ports: { readonly clock: Clock; readonly random: Random; readonly links: Links }, onTick: () => void) {
    this.#clock = ports.clock;
    this.#random = ports.random;
    this.#links = ports.links;
    this.#onTick = onTick;
  }

  /** A link is welcome: it hears a beat at once, and the regular ones at this interval. */
  welcomed(link: ManagerLink, intervalMs: number): void {
    link.beat(this.#beat);
    const isNewPace = intervalMs !== this.#intervalMs;
    this.#intervalMs = intervalMs;
    if (this.#cancel !== null && !isNewPace) return;
    this.#cancel?.();
    this.#lastTickAtMs = this.#clock.nowMs();
    this.#tickAfter(intervalMs * fraction(this.#random));
  }

  /** Beats now, and gives every link a short while to answer: after a sleep, links may be dead without knowing. */
  wake(): void {
    const wokeAtMs = this.#clock.nowMs();
    this.#sendBeat();
    this.#cancelWakeCheck();
    this.#cancelWakeCheck = this.#clock.setTimer(timings.wakeAnswerMs, () => {
      for (const link of this.#links.welcomed()) if (link.lastHeardAtMs < wokeAtMs) link.drop();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = () => {};
    this.#cancelWakeCheck();
  }

  #tickAfter(delayMs: number): void {
    this.#cancel = this.#clock.setTimer(delayMs, () => this.#tick());
  }

  #tick(): void {
    const nowMs = this.#clock.nowMs();
    // A tick that comes this late follows a sleep. What the links received meanwhile is still to be read: their silence says nothing.
    const hasSlept = nowMs - this.#lastTickAtMs > 3 * this.#intervalMs;
    this.#lastTickAtMs = nowMs;
    this.#tickAfter(this.#intervalMs);
    if (hasSlept) return this.wake();
    this.#sendBeat();
    const silentLinkMs = Math.max(timings.silentLinkMs, 4 * this.#intervalMs);
    for (const link of this.#links.welcomed()) if (nowMs - link.lastHeardAtMs > silentLinkMs) link.drop();
    this.#onTick();
  }

  #sendBeat(): void {
    this.#beat += 1;
    for (const link of this.#links.welcomed()) link.beat(this.#beat);
  }
}
