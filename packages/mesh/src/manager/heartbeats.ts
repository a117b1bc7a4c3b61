import type { AgentId, AgentStatus } from '@raft-mesh/state-machine';
import type { Clock } from '../ports/clock.ts';

export interface StatusChange { readonly agent: AgentId; readonly status: AgentStatus }
export interface HeardAgent { readonly agent: AgentId; readonly heardAgoMs: number }

export interface HeartbeatsOptions {
  readonly clock: Clock;
  readonly suspectAfterMs: number;
  readonly deadAfterMs: number;
  readonly isLeader: () => boolean;
  /** The replicated registry: who is in the mesh, with which status. */
  readonly agents: () => Iterable<StatusChange>;
  /** Proposes changes of status; `done` is called when they are applied or refused. */
  readonly propose: (changes: readonly StatusChange[], done: () => void) => void;
  /** Tells the leader whom this manager has heard. */
  readonly report: (agents: readonly HeardAgent[]) => void;
}

/** How many looks fit into the time after which somebody is suspected. */
const looksPerSuspicion = 8;
const changesMax = 1_000;
const reportMax = 10_000;

/**
 * Who is alive: every manager notes the newest beat of each agent, followers tell the leader, and the leader proposes
 * changes of status. Beats themselves stay out of the log. While everybody is dead, and nobody is heard, it looks at nothing and has no timer.
 */
export class Heartbeats {
  readonly #options: HeartbeatsOptions;
  readonly #tickMs: number;
  readonly #heardAtMs = new Map<AgentId, number>();
  readonly #reportedAtMs = new Map<AgentId, number>();
  /** Before this reading of the clock nobody is declared anything but alive. */
  #silentUntilMs = 0;
  #lastTickAtMs = 0;
  #lastReportAtMs = Number.NEGATIVE_INFINITY;
  #proposing = false;
  #cancelTimer: (() => void) | null = null;
  #closed = false;

  constructor(options: HeartbeatsOptions) {
    this.#options = options;
    this.#tickMs = options.suspectAfterMs / looksPerSuspicion;
  }

  start(): void {
    this.#arm();
  }

  /** An agent has been heard here, or by another manager `heardAgoMs` ago: the newest counts. */
  heard(agent: AgentId, heardAgoMs = 0): void {
    const atMs = this.#options.clock.nowMs() - heardAgoMs;
    const known = this.#heardAtMs.get(agent);
    if (known === undefined || atMs > known) this.#heardAtMs.set(agent, atMs);
    this.#arm();
  }

  /** Somebody may have come in who was heard by another manager only, if at all. */
  registryChanged(): void {
    this.#arm();
  }

  /** Ms since the agent was last heard, by way of this manager or of a report; `null` for never. */
  heardAgoMs(agent: AgentId): number | null {
    const atMs = this.#heardAtMs.get(agent);
    return atMs === undefined ? null : Math.max(0, Math.round(this.#options.clock.nowMs() - atMs));
  }

  /** A fresh leader knows only what it heard itself: it waits one full dead-timeout before it declares anyone. */
  leadershipChanged(): void {
    this.#silentUntilMs = this.#options.clock.nowMs() + this.#options.deadAfterMs;
    this.#reportedAtMs.clear();
    this.#lastReportAtMs = Number.NEGATIVE_INFINITY;
    this.#arm();
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
  }

  /** From rest, or from the start. */
  #arm(): void {
    if (this.#closed || this.#cancelTimer !== null) return;
    this.#lastTickAtMs = this.#options.clock.nowMs();
    this.#setTimer();
  }

  #setTimer(): void {
    this.#cancelTimer = this.#options.clock.setTimer(this.#tickMs, () => {
      this.#cancelTimer = null;
      this.#tick();
      if (!this.#closed && this.#cancelTimer === null && !this.#mayRest()) this.#setTimer();
    });
  }

  /** Nobody is in who is not dead already, and no beat of late says otherwise. */
  #mayRest(): boolean {
    if (this.#proposing) return false;
    const freshSinceMs = this.#options.clock.nowMs() - this.#options.suspectAfterMs;
    for (const heardAtMs of this.#heardAtMs.values()) if (heardAtMs > freshSinceMs) return false;
    if (!this.#options.isLeader()) return true;
    for (const { status } of this.#options.agents()) if (status !== 'dead') return false;
    return true;
  }

  #tick(): void {
    const { clock, deadAfterMs, isLeader } = this.#options;
    const nowMs = clock.nowMs();
    // Whoever slept has not heard the beats of that time, and must not hold it against anyone.
    if (nowMs - this.#lastTickAtMs > 4 * this.#tickMs) this.#silentUntilMs = nowMs + deadAfterMs;
    this.#lastTickAtMs = nowMs;
    if (isLeader()) this.#declare(nowMs);
    else this.#reportNews(nowMs);
  }

  #declare(nowMs: number): void {
    if (this.#proposing) return;
    const changes: StatusChange[] = [];
    const known = new Set<AgentId>();
    for (const { agent, status } of this.#options.agents()) {
      known.add(agent);
      const next = this.#statusOf(agent, nowMs);
      if (next !== null && next !== status && changes.length < changesMax) changes.push({ agent, status: next });
    }
    // Who left the registry needs no memory here.
    if (this.#heardAtMs.size > known.size) for (const agent of this.#heardAtMs.keys()) if (!known.has(agent)) this.#heardAtMs.delete(agent);
    if (changes.length === 0) return;
    this.#proposing = true;
    this.#options.propose(changes, () => { this.#proposing = false; });
  }

  /** `null`: too early to say. */
  #statusOf(agent: AgentId, nowMs: number): AgentStatus | null {
    const heardAtMs = this.#heardAtMs.get(agent);
    const ageMs = heardAtMs === undefined ? Number.POSITIVE_INFINITY : nowMs - heardAtMs;
    if (ageMs < this.#options.suspectAfterMs) return 'alive';
    if (nowMs < this.#silentUntilMs) return null;
    return ageMs < this.#options.deadAfterMs ? 'suspect' : 'dead';
  }

  /** Only what is news, all of it in one message, in time for the last report not to be too old to count. */
  #reportNews(nowMs: number): void {
    const { suspectAfterMs, report } = this.#options;
    if (nowMs - this.#lastReportAtMs < suspectAfterMs / 4) return;
    const news: HeardAgent[] = [];
    for (const [agent, heardAtMs] of this.#heardAtMs) {
      const reportedAtMs = this.#reportedAtMs.get(agent) ?? Number.NEGATIVE_INFINITY;
      if (heardAtMs <= reportedAtMs || nowMs - heardAtMs >= suspectAfterMs) continue;
      this.#reportedAtMs.set(agent, nowMs);
      news.push({ agent, heardAgoMs: Math.max(0, Math.round(nowMs - heardAtMs)) });
      if (news.length === reportMax) break;
    }
    if (news.length === 0) return;
    this.#lastReportAtMs = nowMs;
    report(news);
  }
}
