import type { Counter, Histogram } from 'prom-client';
import type { Observer } from '@raft-mesh/mesh';
import type { Effect, Input } from '@raft-mesh/raft';
import type { ManagerLabels } from './labelled-managers.ts';

type Label = 'mesh' | 'manager';

export interface ManagerMeterOptions {
  readonly labels: ManagerLabels;
  readonly append: Histogram<Label>;
  readonly flush: Histogram<Label>;
  readonly flushedEntries: Counter<Label>;
  readonly commit: Histogram<Label>;
  readonly elections: Counter<Label>;
  readonly leaderChanges: Counter<Label>;
  readonly failover: Histogram<Label>;
  readonly refusals: Counter<Label | 'what' | 'code'>;
  readonly heartbeats: Counter<Label>;
  readonly roundTrip: Histogram<Label>;
}

/** Modules refuse with codes of their own; past so many the rest is one. */
const codesMax = 64;
/** What is measured at a time; what more is under way is not measured, rather than waited for. */
const pendingMax = 4_096;

/** Counts and measures one manager as it goes. A batch is one measurement, however many commands are in it. */
export class ManagerMeter implements Observer {
  readonly #options: ManagerMeterOptions;
  readonly #labels: { mesh: string; manager: string };
  readonly #writes: { readonly writeId: number; readonly atMs: number }[] = [];
  readonly #proposals: { readonly lastIndex: number; readonly atMs: number }[] = [];
  readonly #refused = new Map<string, { what: string; code: string }>();
  #leader: string | null = null;
  #lostAtMs: number | null = null;

  constructor(options: ManagerMeterOptions) {
    this.#options = options;
    this.#labels = { ...options.labels };
  }

  stepped(nowMs: number, input: Input, effects: readonly Effect[]): void {
    if (input.type === 'written') this.#written(input.writeId, nowMs);
    for (const effect of effects) {
      switch (effect.type) {
        case 'write':
          if (effect.entries.length > 0 && this.#writes.length < pendingMax) this.#writes.push({ writeId: effect.writeId, atMs: nowMs });
          break;
        case 'proposalAccepted':
          if (input.type === 'propose' && this.#proposals.length < pendingMax) this.#proposals.push({ lastIndex: effect.firstIndex + input.commands.length - 1, atMs: nowMs });
          break;
        case 'apply': this.#committed(effect.entries.at(-1)?.index ?? 0, nowMs); break;
        case 'roleChanged': this.#roleChanged(effect.role, effect.leader, nowMs); break;
        default:
      }
    }
  }

  flushed(durationMs: number, entries: number): void {
    this.#options.flush.observe(this.#labels, durationMs / 1000);
    if (entries > 0) this.#options.flushedEntries.inc(this.#labels, entries);
  }

  commandAnswered(_agent: string, _session: string, _sequence: number, retryCode: string | null): void {
    if (retryCode !== null) this.#count('command', retryCode);
  }

  refused(what: 'query' | 'link', code: string): void {
    this.#count(what, code);
  }

  heartbeat(roundTripMs: number | null): void {
    this.#options.heartbeats.inc(this.#labels);
    if (roundTripMs !== null) this.#options.roundTrip.observe(this.#labels, roundTripMs / 1000);
  }

  applied(): void {}
  commandTaken(): void {}
  commandForwarded(): void {}

  /** Its series of refusals end. */
  forgetRefusals(refusals: ManagerMeterOptions['refusals']): void {
    for (const more of this.#refused.values()) refusals.remove({ ...this.#labels, ...more });
  }

  #written(writeId: number, nowMs: number): void {
    for (let first = this.#writes[0]; first !== undefined && first.writeId <= writeId; first = this.#writes[0]) {
      this.#writes.shift();
      this.#options.append.observe(this.#labels, (nowMs - first.atMs) / 1000);
    }
  }

  #committed(index: number, nowMs: number): void {
    for (let first = this.#proposals[0]; first !== undefined && first.lastIndex <= index; first = this.#proposals[0]) {
      this.#proposals.shift();
      this.#options.commit.observe(this.#labels, (nowMs - first.atMs) / 1000);
    }
  }

  #roleChanged(role: string, leader: string | null, nowMs: number): void {
    // Whether what a leader proposed was committed by the next one says nothing of this one's speed.
    if (role !== 'leader') this.#proposals.splice(0);
    if (role === 'candidate') this.#options.elections.inc(this.#labels);
    if (leader === null) { this.#lostAtMs ??= this.#leader === null ? null : nowMs; return; }
    if (leader !== this.#leader) {
      this.#options.leaderChanges.inc(this.#labels);
      if (this.#leader !== null) this.#options.failover.observe(this.#labels, (nowMs - (this.#lostAtMs ?? nowMs)) / 1000);
    } else if (this.#lostAtMs !== null) this.#options.failover.observe(this.#labels, (nowMs - this.#lostAtMs) / 1000);
    this.#leader = leader;
    this.#lostAtMs = null;
  }

  #count(what: string, code: string): void {
    const name = `${what} ${code}`;
    let counted = this.#refused.get(name);
    if (counted === undefined) {
      counted = { what, code: this.#refused.size < codesMax ? code : '(others)' };
      if (this.#refused.size < codesMax) this.#refused.set(name, counted);
      else this.#refused.set(`${what} (others)`, counted);
    }
    this.#options.refusals.inc({ ...this.#labels, ...counted });
  }
}
