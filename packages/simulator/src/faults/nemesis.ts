import { Violation } from '../checkers/checker.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Damage } from '../world/disk.ts';
import type { ManagerHost } from '../world/manager-host.ts';
import type { SimulatedRandom } from '../world/simulated-random.ts';
import type { WorkerHost } from '../world/worker-host.ts';
import type { World } from '../world/world.ts';
import type { DamageGuard } from './damage-guard.ts';
import type { Fault, ScheduledFault, Target } from './fault.ts';
import type { MembershipDriver } from './membership-driver.ts';

/** A manager that stopped by itself is started again after about this long. */
const restartMeanMs = 500;
/** How often it is looked for a leader that is not cut off yet, about 30 ms apart. */
const freshLeaderTries = 50;
/** So long a worker's crash may wait for something to be under way to its store. */
const savingWaitMs = 400;
/** How often a partition parts clients too, and how many of them are then with the small side. */
const clientsSplitPerMille = 700;
const clientInsidePerMille = 400;

/** Plays the faults of a scenario: each at its time, against whoever its target is then. What cannot happen does not, and is not counted. */
export class Nemesis {
  readonly #world: World;
  readonly #guard: DamageGuard;
  readonly #membership: MembershipDriver;
  readonly #scenario: Scenario;
  readonly #random: SimulatedRandom;
  /** What ends the faults that are going on. */
  readonly #endings = new Set<() => void>();
  /** Who crashes at the next write. */
  readonly #armed = new Map<ManagerHost, number>();
  /** Leaders that are cut off. */
  readonly #parted = new Set<ManagerHost>();
  #over = false;
  /** Faults that were due and could not strike. */
  skipped = 0;

  constructor(world: World, guard: DamageGuard, membership: MembershipDriver, scenario: Scenario) {
    this.#world = world;
    this.#guard = guard;
    this.#membership = membership;
    this.#scenario = scenario;
    this.#random = world.randomFor('nemesis');
    world.onLeft = (host) => this.#left(host);
    world.onStopped = (host) => this.#stopped(host);
    world.onPendingWrite = (host) => this.#writes(host);
  }

  start(): void {
    for (const fault of this.#scenario.faults) this.#world.loop.at(fault.atMs, () => { if (!this.#over) this.#strike(fault); });
  }

  /** Ends every fault that is going on. Nothing strikes any more, and nobody is started any more. */
  end(): void {
    this.#over = true;
    this.#armed.clear();
    for (const ending of this.#endings) ending();
    this.#endings.clear();
  }

  #strike(fault: ScheduledFault, triesLeft = freshLeaderTries): void {
    if (fault.kind === 'partition' && fault.minority.includes('leader') && triesLeft > 0 && !this.#hasFreshLeader()) {
      this.#world.loop.after(this.#random.below(60), () => { if (!this.#over) this.#strike(fault, triesLeft - 1); });
      return;
    }
    if (this.#play(fault)) this.#world.witness.happened(fault.kind);
    else if (!countsItself(fault)) this.skipped += 1;
  }

  /** True when it has happened by now. */
  #play(fault: Fault): boolean {
    switch (fault.kind) {
      case 'partition': return this.#partition(fault);
      case 'partialConnectivity': return this.#lasting(fault.forMs, fault.cuts.map(([from, to]) => this.#cut(this.#byPlace(from), this.#byPlace(to))));
      case 'clog': return this.#between(fault.from, fault.to, (from, to) => this.#lasting(fault.forMs, [this.#world.network.path(from.url, to.url).clog()]));
      case 'slowLink': return this.#between(fault.from, fault.to, (from, to) => this.#lasting(fault.forMs, [this.#world.network.path(from.url, to.url).slow(fault.delayMs)]));
      case 'linkBreak': return this.#on(fault.target, (host) => this.#breakLink(host));
      case 'diskSlow': return this.#on(fault.target, (host) => this.#lasting(fault.forMs, [host.disk.slow(fault.flushMs)]));
      case 'diskHang': return this.#on(fault.target, (host) => this.#lasting(fault.forMs, [host.disk.hang()]));
      case 'flushFailure': return this.#on(fault.target, (host) => { this.#lasting(this.#scenario.durationMs, [host.disk.failNext()]); return false; });
      case 'diskFull': return this.#on(fault.target, (host) => { this.#lasting(fault.forMs, [host.disk.fill()]); return false; });
      case 'bitFlip': return this.#on(fault.target, (host) => this.#flip(host));
      case 'misdirectedWrite': return this.#on(fault.target, (host) => this.#damage(host, 'misdirectedWrite'));
      case 'crash': return this.#on(fault.target, (host) => this.#crash(host, fault.when, fault.downMs));
      case 'crashAll': return this.#crashAll(fault.downMs);
      case 'pause': return this.#on(fault.target, (host) => this.#pause(host, fault.forMs));
      case 'wipe': return this.#on(fault.target, (host) => this.#wipe(host, fault.downMs));
      case 'workerCrash': return this.#crashWorker(fault.worker, fault.downMs);
      case 'clockStep': return this.#on(fault.target, (host) => { host.process?.stepClock(fault.byMs); return host.process !== null; });
      case 'clockPause': return this.#on(fault.target, (host) => this.#pauseClock(host, fault.forMs));
      case 'join': this.#membership.join(() => this.#world.witness.happened('join')); return false;
      case 'leave': return this.#on(fault.target, (host) => { this.#membership.leave(host, 'leave'); return false; });
      case 'replace': return this.#on(fault.target, (host) => { this.#membership.replace(host); return false; });
      case 'reshape': this.#membership.reshape([...new Set(fault.targets.flatMap((target) => this.#target(target) ?? []))]); return false;
      case 'transfer': this.#membership.transfer(fault.to === null ? null : (this.#target(fault.to)?.node ?? null)); return false;
      case 'forceSnapshot': return this.#on(fault.target, (host) => host.manager?.takeSnapshot() ?? false);
      case 'sessionExpiry': return this.#expireSession(fault.worker);
      case 'deviceMove': this.#moveToDevice(fault.worker); return false;
      default: return fault satisfies never;
    }
  }

  // Network

  /** Somebody leads who is not cut off already: most is at stake in the first moments of a leadership. */
  #hasFreshLeader(): boolean {
    const { leader } = this.#world;
    return leader !== null && !this.#parted.has(leader);
  }

  #partition({ minority, direction, forMs }: Extract<Fault, { kind: 'partition' }>): boolean {
    const inside = new Set(minority.flatMap((target) => this.#target(target) ?? []));
    const { leader } = this.#world;
    const hosts = this.#machines();
    const endings: (() => void)[] = [];
    for (const here of inside) {
      for (const there of hosts) {
        if (inside.has(there)) continue;
        if (direction !== 'out') endings.push(this.#cut(there, here));
        if (direction !== 'in') endings.push(this.#cut(here, there));
      }
    }
    if (leader !== null && inside.has(leader)) {
      this.#parted.add(leader);
      endings.push(() => { this.#parted.delete(leader); });
    }
    // Some clients may be left with the small side, whose leader does not know yet that it is none.
    if (this.#random.chance(clientsSplitPerMille)) {
      for (const { address } of this.#world.workers) {
        if (!this.#random.chance(clientInsidePerMille)) continue;
        for (const { url } of hosts.filter((host) => !inside.has(host))) endings.push(this.#world.network.path(address, url).cut(), this.#world.network.path(url, address).cut());
      }
    }
    return this.#lasting(forMs, endings);
  }

  #cut(from: ManagerHost, to: ManagerHost): () => void {
    return from === to ? () => {} : this.#world.network.path(from.url, to.url).cut();
  }

  #between(from: Target, to: Target, action: (from: ManagerHost, to: ManagerHost) => boolean): boolean {
    const [here, there] = [this.#target(from), this.#target(to)];
    return here !== null && there !== null && here !== there && action(here, there);
  }

  #breakLink(host: ManagerHost): boolean {
    const others = [...this.#machines().filter((other) => other !== host).map(({ url }) => url), ...this.#world.workers.map(({ address }) => address)];
    return others.length > 0 && this.#world.network.breakLinks(host.url, this.#random.pick(others)) > 0;
  }

  // Disks

  #flip(host: ManagerHost): boolean {
    if (!host.disk.tearPending()) return this.#damage(host, 'bitFlip');
    // What is not flushed is found torn, if the process does not come to rewrite it.
    host.crash('reset');
    this.#startLater(host, this.#random.exponential(restartMeanMs));
    return true;
  }

  /** Never more than the mesh survives. It shows when the disk is read next. */
  #damage(host: ManagerHost, kind: Damage): boolean {
    if (host.state === 'retired' || !this.#guard.mayLose(host.node) || !host.disk.damage(kind)) return false;
    this.#guard.lose(host.node);
    this.#world.loop.after(this.#random.exponential(2_000), () => {
      if (host.disk.platter.damage === null || host.state === 'retired' || this.#over) return;
      host.crash('reset');
      this.#startLater(host, this.#random.exponential(restartMeanMs));
    });
    return true;
  }

  #wipe(host: ManagerHost, downMs: number): boolean {
    if (host.state === 'retired' || !this.#guard.mayLose(host.node)) return false;
    this.#guard.lose(host.node);
    host.retire();
    this.#world.loop.after(downMs, () => this.#membership.enter(host));
    return true;
  }

  // Processes

  #stopped(host: ManagerHost): void {
    const isDamaged = host.disk.platter.damage !== null;
    const { process } = host;
    this.#world.loop.after(this.#random.exponential(20), () => {
      if (process !== host.process) return;
      if (isDamaged) {
        host.retire();
        this.#world.loop.after(this.#random.exponential(restartMeanMs), () => this.#membership.enter(host));
        return;
      }
      host.crash('reset');
      this.#startLater(host, this.#random.exponential(restartMeanMs));
    });
  }

  /** A manager that says it was taken out had better be right. */
  #left(host: ManagerHost): void {
    const { voters, votersOutgoing, learners } = this.#guard.configuration;
    if ([...voters, ...votersOutgoing, ...learners].some(({ id }) => id === host.node)) {
      this.#world.witness.broke(new Violation('onlyWhoHasLeftLeaves', `manager ${host.node} left the mesh, and is in it`));
    }
    this.#world.loop.after(0, () => host.remove());
  }

  #writes(host: ManagerHost): void {
    const downMs = this.#armed.get(host);
    if (downMs === undefined) return;
    this.#armed.delete(host);
    const { process } = host;
    this.#world.loop.after(this.#random.exponential(this.#scenario.disk.flushMeanMs / 2), () => {
      if (process === null || process !== host.process || this.#over) return;
      this.#world.witness.happened('crash');
      host.crash(this.#random.chance(500) ? 'reset' : 'silence');
      this.#startLater(host, downMs);
    });
  }

  #crash(host: ManagerHost, when: 'now' | 'writing', downMs: number): boolean {
    if (host.process === null) return false;
    if (when === 'writing') { this.#armed.set(host, downMs); return false; }
    host.crash(this.#random.chance(500) ? 'reset' : 'silence');
    this.#startLater(host, downMs);
    return true;
  }

  #crashAll(downMs: number): boolean {
    for (const host of this.#machines()) {
      if (host.process === null) continue;
      host.crash('reset');
      this.#startLater(host, downMs + this.#random.exponential(restartMeanMs));
    }
    return true;
  }

  #startLater(host: ManagerHost, downMs: number): void {
    this.#world.loop.after(downMs, () => { if (!this.#over) host.start(); });
  }

  #pause(host: ManagerHost, forMs: number): boolean {
    const { process } = host;
    if (process === null || process.paused) return false;
    process.pause();
    return this.#lasting(forMs, [() => process.resume()]);
  }

  #pauseClock(host: ManagerHost, forMs: number): boolean {
    const { process } = host;
    if (process === null) return false;
    process.stopClock();
    return this.#lasting(forMs, [() => process.startClock()]);
  }

  // Workers

  #crashWorker(place: number, downMs: number): boolean {
    const worker = this.#worker(place);
    if (worker?.isUp !== true) return false;
    const { loop } = this.#world;
    let hasStruck = false;
    const strike = (): void => {
      if (hasStruck || !worker.isUp || this.#over) return;
      hasStruck = true;
      worker.onSaving = () => {};
      worker.crash();
      this.#world.witness.happened('workerCrash');
      loop.after(downMs, () => worker.start());
    };
    // Likelier while something is being saved.
    if (!this.#random.chance(500) || worker.isSaving) strike();
    else {
      worker.onSaving = () => { loop.after(0, strike); };
      loop.after(savingWaitMs, strike);
    }
    return false;
  }

  /** Counted when the other device has been let in. */
  #moveToDevice(place: number): void {
    const worker = this.#worker(place);
    worker?.offerMove((token) => this.#world.addDevice(worker, token, () => this.#world.witness.happened('deviceMove')));
  }

  #worker(place: number): WorkerHost | null {
    const { workers } = this.#world;
    return workers[place % Math.max(1, workers.length)] ?? null;
  }

  /** The worker stays away until its session is forgotten, in log time. */
  #expireSession(place: number): boolean {
    const { sessionLifetimeMs } = this.#scenario.tuning;
    const worker = this.#worker(place);
    if (worker?.isUp !== true || sessionLifetimeMs === undefined) return false;
    const fromMs = this.#world.logTimeMs;
    worker.crash();
    const look = (): void => {
      const isExpired = this.#world.logTimeMs > fromMs + sessionLifetimeMs;
      if (isExpired) this.#world.witness.happened('sessionExpiry');
      if (isExpired || this.#over) worker.start();
      else this.#world.loop.after(250, look);
    };
    look();
    return false;
  }

  // Whom

  #machines(): readonly ManagerHost[] {
    return this.#world.hosts.filter(({ state }) => state !== 'removed');
  }

  #byPlace(place: number): ManagerHost {
    const machines = this.#machines();
    const host = machines[place % machines.length];
    if (host === undefined) throw new Error('a mesh has one manager at least');
    return host;
  }

  #target(target: Target): ManagerHost | null {
    if (typeof target === 'number') return this.#byPlace(target);
    const { leader } = this.#world;
    if (target === 'leader') return leader;
    const followers = this.#machines().filter((host) => host !== leader && host.state === 'up');
    return followers.length === 0 ? null : this.#random.pick(followers);
  }

  #on(target: Target, action: (host: ManagerHost) => boolean): boolean {
    const host = this.#target(target);
    return host !== null && action(host);
  }

  /** Ends after a time, or with the faults as a whole. */
  #lasting(forMs: number, endings: readonly (() => void)[]): boolean {
    const end = (): void => {
      if (!this.#endings.delete(end)) return;
      for (const ending of endings) ending();
    };
    this.#endings.add(end);
    this.#world.loop.after(forMs, end);
    return endings.length > 0;
  }
}

/** These are counted when they come about, which may be later, or never. */
function countsItself(fault: Fault): boolean {
  switch (fault.kind) {
    case 'flushFailure': case 'diskFull': case 'join': case 'leave': case 'replace': case 'reshape': case 'transfer': case 'sessionExpiry': case 'workerCrash': case 'deviceMove': return true;
    case 'crash': return fault.when === 'writing';
    default: return false;
  }
}
