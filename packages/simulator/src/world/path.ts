import type { FaultKind } from '../faults/fault.ts';
import type { Carried } from './carriage.ts';
import type { EventLoop } from './event-loop.ts';
import type { SimulatedLink } from './simulated-link.ts';
import type { SimulatedRandom } from './simulated-random.ts';

/** How a network treats what is sent; may change at any time. Times in ms, rates in parts of a thousand. */
export interface NetworkRates {
  readonly delayMinMs: number;
  readonly delayMeanMs: number;
  readonly lossPerMille: number;
  readonly duplicatePerMille: number;
  readonly reorderPerMille: number;
  readonly replayPerMille: number;
  readonly pathCapacity: number | null;
}

export interface PathOptions {
  readonly loop: EventLoop;
  readonly random: SimulatedRandom;
  readonly rates: () => NetworkRates;
  readonly happened: (kind: FaultKind) => void;
}

/** What a path remembers of Raft messages, to bring one of them again: the last ones, and as many of all that went before. */
const rememberedMax = 32;
/** One in so many is kept for long, so that what comes again may be from a leadership or two ago. */
const keptPerMille = 60;

/** The way from one address to another, whatever links use it: its delays, and what is wrong with it. */
export class Path {
  readonly #options: PathOptions;
  readonly #links = new Set<SimulatedLink>();
  readonly #remembered: Carried[] = [];
  #rememberAt = 0;
  readonly #kept: Carried[] = [];
  #cuts = 0;
  #clogs = 0;
  #slowMs = 0;
  /** Raft messages underway. */
  underway = 0;

  constructor(options: PathOptions) {
    this.#options = options;
  }

  get loop(): EventLoop {
    return this.#options.loop;
  }

  get rates(): NetworkRates {
    return this.#options.rates();
  }

  get random(): SimulatedRandom {
    return this.#options.random;
  }

  /** Raft messages are lost, streams held back. */
  get isCut(): boolean {
    return this.#cuts > 0;
  }

  /** Nothing comes through for now. */
  get isHeld(): boolean {
    return this.#cuts > 0 || this.#clogs > 0;
  }

  happened(kind: FaultKind): void {
    this.#options.happened(kind);
  }

  /** How long what is sent now takes. */
  drawDelayMs(): number {
    const { delayMinMs, delayMeanMs } = this.rates;
    return delayMinMs + this.random.exponential(Math.max(0, delayMeanMs - delayMinMs)) + this.#slowMs;
  }

  /** True when a Raft message may go now, as far as the path's capacity goes. */
  hasRoom(): boolean {
    const { pathCapacity } = this.rates;
    return pathCapacity === null || this.underway < pathCapacity;
  }

  remember(carried: Carried): void {
    this.#remembered[this.#rememberAt] = carried;
    this.#rememberAt = (this.#rememberAt + 1) % rememberedMax;
    if (!this.random.chance(keptPerMille)) return;
    if (this.#kept.length < rememberedMax) this.#kept.push(carried);
    else this.#kept[this.random.below(rememberedMax)] = carried;
  }

  /** One message of long ago; `null` when there is none. */
  recall(): Carried | null {
    const from = this.#kept.length > 0 && this.random.chance(500) ? this.#kept : this.#remembered;
    return from.length === 0 ? null : this.random.pick(from);
  }

  /** The receiver is another one now, to whom none of these was ever said. */
  forget(): void {
    this.#remembered.length = 0;
    this.#kept.length = 0;
    this.#rememberAt = 0;
  }

  /** Returns what ends it. */
  cut(): () => void {
    this.#cuts += 1;
    return once(() => { this.#cuts -= 1; this.#release(); });
  }

  /** Returns what ends it; then everything comes at once. */
  clog(): () => void {
    this.#clogs += 1;
    return once(() => { this.#clogs -= 1; this.#release(); });
  }

  /** Returns what ends it. */
  slow(byMs: number): () => void {
    this.#slowMs += byMs;
    return once(() => { this.#slowMs -= byMs; });
  }

  use(link: SimulatedLink): void {
    this.#links.add(link);
  }

  leave(link: SimulatedLink): void {
    this.#links.delete(link);
  }

  #release(): void {
    if (this.isHeld) return;
    for (const link of this.#links) link.release();
  }
}

function once(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    action();
  };
}
