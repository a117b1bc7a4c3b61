import type { ManagerId } from '@raft-mesh/protocol';
import type { AvailabilityProbe } from '../clients/availability-probe.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { noTrouble, type ChaosControl, type Direction, type DiskTrouble } from '../control/chaos-control.ts';
import type { Availability } from '../judge/availability.ts';
import { faultKinds, type Fault, type FaultKind, type Target } from './fault.ts';
import { pause } from './pause.ts';

export interface NemesisOptions {
  readonly cluster: Cluster;
  readonly availability: Availability;
  readonly probe: AvailabilityProbe;
  /** Clients that may be left with the small side of a partition. */
  readonly partedGroup: string;
  readonly note: (text: string) => void;
}

type Strike = Fault extends infer Each ? Each extends Fault ? Omit<Each, 'begins'> : never : never;

/** Whoever leads, in which term. */
interface Leader { readonly id: ManagerId; readonly term: number }

const leaderWaitMs = 3_000;
const leaderLookMs = 20;
/** How long disks are slow before everybody crashes. */
const slowBeforeCrashMs = 300;
/** How long a manager whose disk was full may take to end. */
const endingMs = 500;
/** After so long without an acknowledgement nobody waits for one any more: the outage is judged elsewhere. */
const failoverMaxMs = 30_000;

/** Plays the faults of a schedule on real processes, puts each right again, and measures what the fall of each leader costs. */
export class Nemesis {
  readonly #options: NemesisOptions;
  readonly #counts = new Map<FaultKind, number>(faultKinds.map((kind) => [kind, 0]));
  readonly #failoversMs: number[] = [];
  readonly #cuts = new Set<readonly Direction[]>();
  readonly #delays = new Set<ChaosControl['delays']>();
  /** Managers to whose processes or disks something is being done: one thing at a time. */
  readonly #busy = new Set<ManagerId>();
  readonly #fullDisks = new Set<ManagerId>();
  readonly #problems: string[] = [];

  constructor(options: NemesisOptions) {
    this.#options = options;
  }

  get counts(): Readonly<Record<FaultKind, number>> {
    return Object.fromEntries(this.#counts) as Record<FaultKind, number>;
  }

  /** From the fall of a leader to the first acknowledgement of a write sent after it, each in ms. */
  get failoversMs(): readonly number[] {
    return this.#failoversMs;
  }

  /** What could not be put right, in words: a manager that does not start again. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Whether a manager had a reason to end by itself. */
  explainsEndOf(id: ManagerId): boolean {
    return this.#fullDisks.has(id);
  }

  /**
   * Plays one fault after another as long as they fit into this time; resolves when the last one is over. When aborted, puts right what is
   * wrong, and begins nothing more.
   */
  async play(faults: Iterable<Fault>, durationMs: number, signal: AbortSignal): Promise<void> {
    const endsAtMs = performance.now() + durationMs;
    let struck: Promise<void>[] = [];
    for (const { begins, ...fault } of faults) {
      if (begins.after === 'calm') {
        await Promise.all(struck);
        struck = [];
      }
      await pause(begins.afterMs, signal);
      if (signal.aborted || performance.now() + fault.forMs > endsAtMs) break;
      struck.push(this.#strike(fault, signal).catch((error: unknown) => { this.#problems.push(`${fault.kind}: ${error instanceof Error ? error.message : String(error)}`); }));
    }
    await Promise.all(struck);
  }

  async #strike(fault: Strike, signal: AbortSignal): Promise<void> {
    const { kind, forMs } = fault;
    switch (kind) {
      case 'killLeader': return this.#onProcess(kind, { kind: 'leader' }, (id, leader) => this.#kill(kind, id, leader, forMs, signal));
      case 'killFollower': return this.#onProcess(kind, { kind: 'follower', place: fault.place }, (id, leader) => this.#kill(kind, id, leader, forMs, signal));
      case 'pauseLeader': return this.#onProcess(kind, { kind: 'leader' }, (id, leader) => this.#pause(kind, id, leader, forMs, signal));
      case 'pauseFollower': return this.#onProcess(kind, { kind: 'follower', place: fault.place }, (id, leader) => this.#pause(kind, id, leader, forMs, signal));
      case 'restart': return this.#onProcess(kind, fault.target, (id) => this.#restart(id));
      case 'slowDisk': return this.#onProcess(kind, fault.target, (id) => this.#slowDisk(id, fault.flushDelayMs, forMs, signal));
      case 'diskFull': return this.#onProcess(kind, fault.target, (id) => this.#fillDisk(id, forMs, signal));
      case 'crashAll': return this.#crashAll(fault.flushDelayMs, forMs, signal);
      case 'partition': return this.#part(kind, fault.minority, ['in', 'out'], fault.clients && this.#options.cluster.can.partClients, forMs, signal);
      case 'partitionOneWay': return this.#part(kind, fault.minority, [fault.direction], false, forMs, signal);
      case 'slowLinks': return this.#slowLinks(fault.target, fault.delayMs, forMs, signal);
      default: fault satisfies never;
    }
  }

  // Processes

  /** What finds nobody to strike does not happen. */
  async #onProcess(kind: FaultKind, target: Target, strike: (id: ManagerId, leader: Leader) => Promise<void>): Promise<void> {
    const leader = await this.#leader();
    const id = leader === null ? null : this.#idOf(target, leader);
    if (leader === null || id === null || this.#busy.has(id) || !this.#options.cluster.isRunning(id)) {
      this.#options.note(`${kind}: nobody to strike`);
      return;
    }
    this.#busy.add(id);
    try {
      await strike(id, leader);
    } finally {
      this.#busy.delete(id);
    }
  }

  async #kill(kind: FaultKind, id: ManagerId, leader: Leader, forMs: number, signal: AbortSignal): Promise<void> {
    const { cluster } = this.#options;
    this.#struck(kind, `${id} (pid ${cluster.pidOf(id)}), down for ${forMs} ms`);
    const fallenAtMs = performance.now();
    const killed = cluster.kill(id);
    await this.#down(id, async () => {
      if (id === leader.id) void this.#measureFailover(leader, fallenAtMs);
      await killed;
      await pause(forMs, signal);
      await cluster.start(id);
    });
  }

  async #pause(kind: FaultKind, id: ManagerId, leader: Leader, forMs: number, signal: AbortSignal): Promise<void> {
    const { cluster } = this.#options;
    this.#struck(kind, `${id} (pid ${cluster.pidOf(id)}) for ${forMs} ms`);
    const fallenAtMs = await cluster.pause(id);
    await this.#down(id, async () => {
      if (id === leader.id) void this.#measureFailover(leader, fallenAtMs);
      await pause(forMs, signal);
      await cluster.resume(id);
    });
  }

  async #restart(id: ManagerId): Promise<void> {
    const { cluster } = this.#options;
    this.#struck('restart', id);
    await this.#down(id, async () => {
      await cluster.shutDown(id);
      await cluster.start(id);
    });
  }

  async #crashAll(flushDelayMs: number, forMs: number, signal: AbortSignal): Promise<void> {
    const { cluster } = this.#options;
    const ids = cluster.ids.filter((id) => !this.#busy.has(id));
    for (const id of ids) this.#busy.add(id);
    try {
      if (flushDelayMs > 0) {
        await cluster.setAllDisks({ full: false, flushDelayMs });
        await pause(slowBeforeCrashMs, signal);
      }
      this.#struck('crashAll', `${ids.join(', ')}${flushDelayMs > 0 ? ` with flushes of ${flushDelayMs} ms` : ''}, down for ${forMs} ms`);
      const killed = ids.map((id) => cluster.kill(id));
      await this.#allDown(ids, async () => {
        await Promise.all(killed);
        if (flushDelayMs > 0) await cluster.setAllDisks(noTrouble);
        await pause(forMs, signal);
        await Promise.all(ids.map((id) => cluster.start(id)));
      });
    } finally {
      for (const id of ids) this.#busy.delete(id);
    }
  }

  // Disks

  async #slowDisk(id: ManagerId, flushDelayMs: number, forMs: number, signal: AbortSignal): Promise<void> {
    this.#struck('slowDisk', `${id}, ${flushDelayMs} ms a flush for ${forMs} ms`);
    await this.#withDisk(id, { full: false, flushDelayMs }, forMs, signal);
  }

  async #fillDisk(id: ManagerId, forMs: number, signal: AbortSignal): Promise<void> {
    const { cluster } = this.#options;
    this.#struck('diskFull', `${id} for ${forMs} ms`);
    this.#fullDisks.add(id);
    await this.#down(id, async () => {
      await this.#withDisk(id, { full: true, flushDelayMs: 0 }, forMs, signal);
      // One that could not write may stop for good, and is started again when there is room.
      await pause(endingMs, signal);
      this.#fullDisks.delete(id);
      await cluster.start(id);
    });
  }

  async #withDisk(id: ManagerId, trouble: DiskTrouble, forMs: number, signal: AbortSignal): Promise<void> {
    await this.#options.cluster.setDisk(id, trouble);
    await pause(forMs, signal);
    await this.#options.cluster.setDisk(id, noTrouble);
  }

  // Links

  async #part(kind: 'partition' | 'partitionOneWay', minority: readonly Target[], ways: readonly ('in' | 'out')[], withClients: boolean, forMs: number, signal: AbortSignal): Promise<void> {
    const { cluster, partedGroup } = this.#options;
    const leader = await this.#leader();
    if (leader === null) {
      this.#options.note(`${kind}: nobody leads`);
      return;
    }
    const inside = [...new Set(minority.flatMap((target) => this.#idOf(target, leader) ?? []))];
    const outside = cluster.ids.filter((id) => !inside.includes(id));
    const cuts = inside.flatMap((here) => outside.flatMap((there) => [
      ...(ways.includes('in') ? [{ from: there, to: here }] : []), ...(ways.includes('out') ? [{ from: here, to: there }] : []),
    ]));
    const clientCuts = withClients ? outside.flatMap((there) => [{ from: partedGroup, to: there }, { from: there, to: partedGroup }]) : [];
    this.#struck(kind, `${ways.length === 2 ? '' : `${ways.join()} of `}${inside.join(', ')}${withClients ? ' with half of the clients' : ''} for ${forMs} ms`);
    const all = [...cuts, ...clientCuts];
    this.#cuts.add(all);
    await this.#setLinks();
    if (inside.includes(leader.id)) void this.#measureFailover(leader, performance.now());
    await pause(forMs, signal);
    this.#cuts.delete(all);
    await this.#setLinks();
  }

  async #slowLinks(target: Target, delayMs: number, forMs: number, signal: AbortSignal): Promise<void> {
    const leader = await this.#leader();
    const id = leader === null ? null : this.#idOf(target, leader);
    if (id === null) {
      this.#options.note('slowLinks: nobody leads');
      return;
    }
    this.#struck('slowLinks', `${id}, ${delayMs} ms each way for ${forMs} ms`);
    const delays = this.#options.cluster.ids.filter((other) => other !== id).flatMap((other) => [{ from: id, to: other, delayMs }, { from: other, to: id, delayMs }]);
    this.#delays.add(delays);
    await this.#setLinks();
    await pause(forMs, signal);
    this.#delays.delete(delays);
    await this.#setLinks();
  }

  async #setLinks(): Promise<void> {
    const { cluster, availability } = this.#options;
    const cuts = [...this.#cuts].flat();
    availability.cutsAre(cuts, performance.now());
    await cluster.setLinks(cuts, [...this.#delays].flat());
    // What heals counts from when it has.
    availability.cutsAre(cuts, performance.now());
  }

  // Who is who

  async #leader(): Promise<Leader | null> {
    const endsAtMs = performance.now() + leaderWaitMs;
    while (performance.now() < endsAtMs) {
      const { leader, term } = await this.#options.cluster.status();
      if (leader !== null) return { id: leader, term };
      await pause(leaderLookMs);
    }
    return null;
  }

  #idOf(target: Target, leader: Leader): ManagerId | null {
    if (target.kind === 'leader') return leader.id;
    const { ids } = this.#options.cluster;
    const inOrder = [...ids.slice(target.place), ...ids.slice(0, target.place)];
    return inOrder.find((id) => id !== leader.id) ?? null;
  }

  // What it costs

  #struck(kind: FaultKind, what: string): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    this.#options.note(`${kind}: ${what}`);
  }

  #down(id: ManagerId, during: () => Promise<void>): Promise<void> {
    return this.#allDown([id], during);
  }

  async #allDown(ids: readonly ManagerId[], during: () => Promise<void>): Promise<void> {
    const { availability } = this.#options;
    for (const id of ids) availability.troubled(id, performance.now());
    try {
      await during();
    } finally {
      for (const id of ids) availability.recovered(id, performance.now());
    }
  }

  /** Counts only where another leadership came, and a majority was there to elect it all the while. */
  async #measureFailover(before: Leader, fallenAtMs: number): Promise<void> {
    const { availability, cluster, probe, note } = this.#options;
    const { losses, serves } = availability;
    const acknowledgedAtMs = await Promise.race([probe.firstAcknowledgedAfter(fallenAtMs), pause(failoverMaxMs).then(() => null)]);
    if (acknowledgedAtMs === null || !serves || availability.losses !== losses) return;
    const { term } = await cluster.status();
    if (term <= before.term) return;
    const tookMs = acknowledgedAtMs - fallenAtMs;
    this.#failoversMs.push(tookMs);
    note(`another leader after ${tookMs.toFixed(0)} ms`);
  }
}
