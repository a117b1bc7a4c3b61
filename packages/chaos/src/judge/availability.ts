import type { Direction } from '../control/chaos-control.ts';

/**
 * Whether the mesh owes its clients an answer: while a majority of managers run, are not stopped, have room on their disks, and all hear each
 * other. What it owes is measured as the longest time without any acknowledgement while that was so.
 */
export class Availability {
  readonly #ids: readonly string[];
  /** How many things keep a manager from serving. */
  readonly #troubles = new Map<string, number>();
  #cuts: readonly Direction[] = [];
  #servingSinceMs: number | null;
  #lastAcknowledgedAtMs = 0;
  #longestOutageMs = 0;
  /** Counts the times at which the majority was lost. */
  #losses = 0;

  constructor(ids: readonly string[], nowMs: number) {
    this.#ids = ids;
    this.#servingSinceMs = nowMs;
  }

  get longestOutageMs(): number {
    return this.#longestOutageMs;
  }

  get losses(): number {
    return this.#losses;
  }

  /** Whether there is such a majority now. */
  get serves(): boolean {
    return this.#servingSinceMs !== null;
  }

  acknowledged(nowMs: number): void {
    this.#measure(nowMs);
    this.#lastAcknowledgedAtMs = nowMs;
  }

  troubled(id: string, nowMs: number): void {
    this.#troubles.set(id, (this.#troubles.get(id) ?? 0) + 1);
    this.#review(nowMs);
  }

  recovered(id: string, nowMs: number): void {
    this.#troubles.set(id, Math.max(0, (this.#troubles.get(id) ?? 0) - 1));
    this.#review(nowMs);
  }

  cutsAre(cuts: readonly Direction[], nowMs: number): void {
    this.#cuts = cuts;
    this.#review(nowMs);
  }

  /** The end of the run counts, too. */
  ended(nowMs: number): void {
    this.#measure(nowMs);
  }

  #measure(nowMs: number): void {
    if (this.#servingSinceMs === null) return;
    this.#longestOutageMs = Math.max(this.#longestOutageMs, nowMs - Math.max(this.#servingSinceMs, this.#lastAcknowledgedAtMs));
  }

  #review(nowMs: number): void {
    const serves = this.#hasConnectedMajority();
    if (serves === (this.#servingSinceMs !== null)) return;
    this.#measure(nowMs);
    if (!serves) this.#losses += 1;
    this.#servingSinceMs = serves ? nowMs : null;
  }

  #hasConnectedMajority(): boolean {
    const well = this.#ids.filter((id) => (this.#troubles.get(id) ?? 0) === 0);
    const needed = Math.floor(this.#ids.length / 2) + 1;
    const hear = (one: string, other: string): boolean => !this.#cuts.some(({ from, to }) => (from === one && to === other) || (from === other && to === one));
    const grow = (chosen: readonly string[], left: readonly string[]): boolean => {
      if (chosen.length >= needed) return true;
      return left.some((id, place) => chosen.every((other) => hear(id, other)) && grow([...chosen, id], left.slice(place + 1)));
    };
    return grow([], well);
  }
}
