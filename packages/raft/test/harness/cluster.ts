import { RaftNode } from '@raft-mesh/raft';
import type { Configuration, Effect, Entry, Input, Learner, Member, NodeId, RaftOptions } from '@raft-mesh/raft';
import { SafetyCheckers } from './checkers.ts';
import type { Observed } from './checkers.ts';
import { Disk } from './disk.ts';
import { bytes, configurationOf, id, optionsOf, snapshotAt } from './fixtures.ts';

export interface Faults {
  readonly lossPercent: number;
  readonly duplicatePercent: number;
  readonly delayMaxMs: number;
  readonly writeMaxMs: number;
}

export const calm: Faults = { lossPercent: 0, duplicatePercent: 0, delayMaxMs: 2, writeMaxMs: 2 };

interface Host {
  readonly id: NodeId;
  readonly disk: Disk;
  /** `null` while it is down. */
  node: RaftNode | null;
  /** Counts starts, so that what was under way in an earlier life is dropped. */
  life: number;
  /** The log in memory, as the effects imply it. */
  log: readonly Entry[];
  appliedIndex: number;
  digest: number;
  /** In force, as the log in memory implies it. */
  configuration: Configuration;
  /** In force at what is applied. */
  configurationApplied: Configuration;
  durableWriteId: number;
  held: { readonly after: number; readonly effect: Extract<Effect, { readonly type: 'send' }> }[];
}

interface Event { readonly atMs: number; readonly order: number; readonly run: () => void }

/** A whole group in one thread: a seeded network and disks, and safety checkers that look after every step. */
export class Cluster {
  readonly hosts = new Map<NodeId, Host>();
  readonly checkers: SafetyCheckers;
  readonly blocked = new Set<string>();
  faults: Faults = calm;
  now = 0;
  readReadies = 0;
  snapshotsInstalled = 0;
  /** Leaders that handed over because they had been taken out. */
  leadersThatLeft = 0;
  /** How each transfer that was asked for ended, in order. */
  readonly transfersEnded: Extract<Effect, { readonly type: 'transferDone' | 'transferRefused' }>[] = [];
  /** How each change that was asked for ended, in order. */
  readonly changesEnded: Extract<Effect, { readonly type: 'changeDone' | 'changeRefused' }>[] = [];
  readonly accepted: { readonly index: number; readonly term: number }[] = [];
  readonly #seed: number;
  readonly #overridesOf: (name: string) => Partial<RaftOptions>;
  #random: number;
  #events: Event[] = [];
  #order = 0;
  #proposals = 0;
  readonly #reads = new Map<number, number>();
  readonly #changes = new Map<number, { readonly host: NodeId; readonly life: number; readonly voters: readonly Member[] }>();
  readonly #digests = new Map<number, number>();

  constructor(names: readonly string[], seed: number, overrides: Partial<RaftOptions> | ((name: string) => Partial<RaftOptions>) = {}) {
    this.#seed = seed;
    this.#random = seed * 2654435761 + 12345;
    this.#overridesOf = typeof overrides === 'function' ? overrides : () => overrides;
    const configuration = configurationOf(...names);
    this.checkers = new SafetyCheckers(configuration);
    for (const name of names) this.#add(name, configuration);
  }

  /** A new node, which knows of nobody. */
  join(name: string): void {
    this.#add(name, configurationOf());
  }

  #add(name: string, configuration: Configuration): void {
    const { persisted } = optionsOf(name, { snapshot: snapshotAt(0, 0, configuration) });
    const host: Host = {
      id: id(name), disk: new Disk(persisted), node: null, life: 0, log: [], appliedIndex: 0, digest: 0, configuration, configurationApplied: configuration, durableWriteId: 0, held: [],
    };
    this.hosts.set(host.id, host);
    this.start(name);
  }

  /** A whole number in [0, below). */
  draw(below: number): number {
    this.#random = (Math.imul(this.#random ^ (this.#random >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return ((this.#random ^ (this.#random >>> 13)) >>> 0) % below;
  }

  start(name: string): void {
    const host = this.#host(name);
    host.life++;
    host.held = [];
    host.durableWriteId = 0;
    host.log = host.disk.state.entries;
    host.configuration = configurationIn(host);
    this.#restore(host, host.disk.snapshotData, host.disk.state.snapshot.lastIndex);
    host.node = new RaftNode({ ...optionsOf(name, {}), ...this.#overridesOf(name), persisted: host.disk.state, seed: this.#seed * 1000 + host.life }, this.now);
    this.checkers.restarted(host.id);
    this.#schedule(host);
  }

  crash(name: string): void {
    const host = this.#host(name);
    host.disk.crash(this.draw(host.disk.pending.length + 1));
    host.node = null;
    host.life++;
  }

  propose(name: string, size = 8): void {
    const proposalId = ++this.#proposals;
    this.give(name, { type: 'propose', proposalId, commands: [bytes(`${proposalId}`.padEnd(size))] });
  }

  /** Returns the id under which its end will be found. */
  transfer(name: string, to: string | null): number {
    const transferId = ++this.#proposals;
    this.give(name, { type: 'transferLeadership', transferId, to: to === null ? null : id(to) });
    return transferId;
  }

  /** Asks for these members; returns the id under which its end will be found. */
  change(name: string, voters: readonly Member[], learners: readonly Learner[], basedOn = this.status(name)?.configurationIndex ?? 0): number {
    const changeId = ++this.#proposals;
    const { id: host, life, node } = this.#host(name);
    if (node !== null) this.#changes.set(changeId, { host, life, voters });
    this.give(name, { type: 'changeConfiguration', changeId, basedOn, voters, learners });
    return changeId;
  }

  read(name: string): void {
    const readId = ++this.#proposals;
    this.#reads.set(readId, this.checkers.commitIndexMax);
    this.give(name, { type: 'read', readId });
  }

  snapshot(name: string, keepEntries: number): void {
    const host = this.#host(name);
    if (host.node === null || host.appliedIndex <= host.disk.state.snapshot.lastIndex) return;
    const last = host.log[host.appliedIndex - (host.log[0]?.index ?? 0)];
    if (last === undefined || host.disk.termAt(host.appliedIndex) !== last.term) return;
    // Another node's bytes for the same state differ, so that a mixture of two would show.
    const data = bytes(JSON.stringify({ digest: host.digest, pad: Array.from({ length: 50 }, () => host.id) }));
    const meta = { lastIndex: last.index, lastTerm: last.term, logTimeMs: last.logTimeMs, configuration: host.configurationApplied, sizeBytes: data.length };
    host.disk.saveSnapshot(meta, data);
    this.give(name, { type: 'snapshotTaken', snapshot: meta, keepEntries });
  }

  block(from: string, to: string): void { this.blocked.add(`${from}>${to}`); }

  partition(...groups: readonly (readonly string[])[]): void {
    this.blocked.clear();
    for (const left of groups) for (const right of groups) if (left !== right) for (const from of left) for (const to of right) this.block(from, to);
  }

  leader(): string | null {
    const leaders = [...this.hosts.values()].flatMap(({ node }) => (node?.status(this.now).role === 'leader' ? [node.status(this.now)] : []));
    return leaders.sort((left, right) => right.term - left.term)[0]?.id ?? null;
  }

  status(name: string) { return this.#host(name).node?.status(this.now) ?? null; }

  run(forMs: number): void {
    const until = this.now + forMs;
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.now = Math.max(this.now, next.atMs);
      next.run();
    }
    this.now = until;
  }

  /** Runs until the condition holds; throws after `limitMs` of simulated time. */
  runUntil(what: string, holds: () => boolean, limitMs = 20_000): void {
    const limit = this.now + limitMs;
    while (!holds()) {
      if (this.now >= limit) throw new Error(`not within ${limitMs} ms: ${what}`);
      this.run(5);
    }
  }

  /** No change is under way, and every member is up, leads or follows, and holds and has applied the same. */
  isConverged(): boolean {
    const name = this.leader();
    const leader = name === null ? null : this.status(name);
    if (leader === null || leader.configuration.votersOutgoing.length > 0) return false;
    const statuses = [...leader.configuration.voters, ...leader.configuration.learners].map((member) => this.status(member.id));
    return !leader.configuration.learners.some(({ promotable }) => promotable) && statuses.every((status) => status?.leader === leader.id && status.term === leader.term && status.commitIndex === leader.lastIndex && status.appliedIndex === leader.lastIndex);
  }

  give(name: string, input: Input): void {
    const host = this.#host(name);
    if (host.node === null) return;
    const { configuration } = host;
    const effects = host.node.step(input, this.now);
    for (const effect of effects) this.#perform(host, effect);
    this.#check(host, configuration);
    this.#schedule(host);
  }

  observedAll(): readonly Observed[] {
    return [...this.hosts.values()].map((host) => this.#observed(host));
  }

  #perform(host: Host, effect: Effect): void {
    switch (effect.type) {
      case 'write':
        host.log = [...(effect.truncateFrom === null ? host.log : host.log.filter((entry) => entry.index < (effect.truncateFrom ?? 0))), ...effect.entries];
        if (effect.truncateFrom !== null || effect.entries.some(({ kind }) => kind === 'configuration')) host.configuration = configurationIn(host);
        this.#write(host, effect);
        return;
      case 'writeSnapshotChunk': case 'installSnapshot': this.#write(host, effect); return;
      case 'send':
        if (effect.message.type === 'timeoutNow' && !host.configuration.voters.some((voter) => voter.id === host.id)) this.leadersThatLeft++;
        if (effect.after !== null && effect.after > host.durableWriteId) host.held.push({ after: effect.after, effect });
        else this.#transmit(host, effect);
        return;
      case 'apply':
        for (const entry of effect.entries) {
          if (entry.index !== host.appliedIndex + 1) throw new Error(`${host.id} was to apply ${entry.index} after ${host.appliedIndex}`);
          host.appliedIndex = entry.index;
          if (entry.kind === 'configuration') host.configurationApplied = entry.configuration;
          host.digest = Math.imul(host.digest ^ (entry.term * 31 + entry.index), 16777619) ^ (entry.kind === 'command' ? entry.data.reduce((sum, byte) => sum + byte, 0) : 0);
          const known = this.#digests.get(entry.index) ?? host.digest;
          if (known !== host.digest) throw new Error(`${host.id} applied something else at ${entry.index}`);
          this.#digests.set(entry.index, host.digest);
        }
        this.#after(host, this.draw(3), () => this.give(host.id, { type: 'applied', index: effect.entries.at(-1)?.index ?? 0 }));
        return;
      case 'readReady': {
        const asked = this.#reads.get(effect.readId);
        if (asked === undefined || effect.index < asked || effect.index > host.appliedIndex) throw new Error(`${host.id} read at ${effect.index}, but ${String(asked)} was committed when it was asked (applied ${host.appliedIndex})`);
        this.readReadies++;
        return;
      }
      case 'readSnapshotChunk': {
        const { snapshot, offsetBytes, lengthBytesMax, to } = effect;
        const isKept = host.disk.state.snapshot.lastIndex === snapshot.lastIndex;
        const data = isKept ? host.disk.snapshotData.slice(offsetBytes, offsetBytes + lengthBytesMax) : null;
        this.#after(host, this.draw(5), () => this.give(host.id, { type: 'snapshotChunkRead', to, snapshot, offsetBytes, data }));
        return;
      }
      case 'compactLog':
        host.log = host.log.filter((entry) => entry.index > effect.throughIndex);
        host.disk.compact(effect.throughIndex);
        return;
      case 'roleChanged': if (effect.role === 'leader') this.checkers.becameLeader(this.#observed(host)); return;
      case 'proposalAccepted': this.accepted.push({ index: effect.firstIndex, term: effect.term }); return;
      case 'stopped': throw new Error(`${host.id} stopped: ${effect.reason}`);
      case 'changeDone': case 'changeRefused': this.#changeEnded(host, effect); return;
      case 'configurationAdopted':
        if (!isSame(effect.configuration, host.configuration)) throw new Error(`${host.id} adopted another configuration than its log implies`);
        return;
      case 'proposalRefused': case 'readRefused': return;
      case 'transferDone': case 'transferRefused': this.transfersEnded.push(effect);
    }
  }

  #write(host: Host, effect: Parameters<Disk['write']>[0]): void {
    host.disk.write(effect);
    // Several writes may be flushed by then: only the last is reported, as a group commit would.
    this.#after(host, this.draw(this.faults.writeMaxMs + 1), () => {
      if (host.durableWriteId >= effect.writeId) return;
      for (let done = host.disk.completeOne(); done !== undefined; done = host.disk.completeOne()) {
        host.durableWriteId = done.writeId;
        if (done.type === 'installSnapshot') this.#installed(host);
        if (done.writeId >= effect.writeId) break;
      }
      const due = host.held.filter(({ after }) => after <= host.durableWriteId);
      host.held = host.held.filter(({ after }) => after > host.durableWriteId);
      for (const { effect: send } of due) this.#transmit(host, send);
      this.give(host.id, { type: 'written', writeId: host.durableWriteId });
    });
  }

  #installed(host: Host): void {
    this.snapshotsInstalled++;
    host.log = [];
    host.configuration = host.disk.state.snapshot.configuration;
    this.#restore(host, host.disk.snapshotData, host.disk.state.snapshot.lastIndex);
  }

  #restore(host: Host, data: Uint8Array, lastIndex: number): void {
    host.appliedIndex = lastIndex;
    host.configurationApplied = host.disk.state.snapshot.configuration;
    host.digest = 0;
    if (lastIndex === 0) return;
    const { digest, pad } = JSON.parse(String.fromCharCode(...data)) as { digest: number; pad: readonly string[] };
    if (new Set(pad).size !== 1) throw new Error('a snapshot of mixed origin');
    if (digest !== this.#digests.get(lastIndex)) throw new Error(`a snapshot at ${lastIndex} that nobody's state matches`);
    host.digest = digest;
  }

  #transmit(host: Host, { to, message }: Extract<Effect, { readonly type: 'send' }>): void {
    if (this.blocked.has(`${host.id}>${to}`) || this.draw(100) < this.faults.lossPercent) return;
    const copies = this.draw(100) < this.faults.duplicatePercent ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      this.#at(this.now + this.draw(this.faults.delayMaxMs * 4 + 1) / 4, () => {
        if (!this.blocked.has(`${host.id}>${to}`)) this.give(to, { type: 'message', from: host.id, message });
      });
    }
  }

  #changeEnded(host: Host, effect: Extract<Effect, { readonly type: 'changeDone' | 'changeRefused' }>): void {
    const asked = this.#changes.get(effect.changeId);
    if (asked?.host !== host.id || asked.life !== host.life) throw new Error(`${host.id} answers a change that nobody waits for`);
    this.#changes.delete(effect.changeId);
    this.changesEnded.push(effect);
    if (effect.type === 'changeRefused') return;
    const entry = host.log[effect.index - (host.log[0]?.index ?? 0)];
    const commitIndex = host.node?.status(this.now).commitIndex ?? 0;
    // What a snapshot brought is known by the snapshot's end.
    const done = effect.index <= host.disk.state.snapshot.lastIndex ? host.configuration : entry?.kind === 'configuration' ? entry.configuration : null;
    if (commitIndex < effect.index || done === null || done.votersOutgoing.length > 0 || !isSame(idsOf(done.voters), idsOf(asked.voters))) {
      throw new Error(`${host.id} calls a change done at ${effect.index} that is not`);
    }
  }

  /** Changes asked of a node that still runs, and not yet answered. */
  get changesOpen(): number {
    return [...this.#changes.values()].filter(({ host, life }) => this.hosts.get(host)?.life === life).length;
  }

  /** `configuration` was in force when the step began: what was committed in it rests on that. */
  #check(host: Host, configuration: Configuration): void {
    const node = { ...this.#observed(host), configuration };
    const status = host.node?.status(this.now);
    if (status !== undefined && !isSame(status.configuration, host.configuration)) throw new Error(`${host.id} holds another configuration to be in force than its log implies`);
    this.checkers.observe(node, () => this.observedAll());
  }

  #observed(host: Host): Observed {
    const status = host.node?.status(this.now);
    return {
      id: host.id, term: status?.term ?? 0, commitIndex: status?.commitIndex ?? 0, snapshotIndex: host.disk.state.snapshot.lastIndex, log: host.log,
      durableTermAt: (index) => host.disk.termAt(index),
    };
  }

  #schedule(host: Host): void {
    const deadlineMs = host.node?.deadlineMs;
    if (deadlineMs == null) return;
    this.#after(host, Math.max(0, deadlineMs - this.now), () => {
      if (host.node?.deadlineMs === deadlineMs) this.give(host.id, { type: 'time' });
    });
  }

  /** Later, unless the host has crashed by then. */
  #after(host: Host, delayMs: number, run: () => void): void {
    const { life } = host;
    this.#at(this.now + delayMs, () => { if (host.life === life) run(); });
  }

  #at(atMs: number, run: () => void): void {
    // Sorted by time, then by order of arrival: a heap is not worth it for a few hundred events.
    const event = { atMs, order: ++this.#order, run };
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#events[middle];
      if (other !== undefined && other.atMs <= atMs) high = middle;
      else low = middle + 1;
    }
    this.#events.splice(low, 0, event);
  }

  #next(until: number): Event | undefined {
    const next = this.#events.at(-1);
    return next !== undefined && next.atMs <= until ? this.#events.pop() : undefined;
  }

  #host(name: string): Host {
    const host = this.hosts.get(id(name));
    if (host === undefined) throw new Error(`no host ${name}`);
    return host;
  }
}

/** The last configuration of the log, else that of the snapshot. */
function configurationIn({ log, disk }: Host): Configuration {
  const { snapshot } = disk.state;
  const last = log.findLast((entry) => entry.kind === 'configuration');
  return last?.kind === 'configuration' && last.index > snapshot.lastIndex ? last.configuration : snapshot.configuration;
}

function isSame(left: unknown, right: unknown): boolean {
  return left === right || JSON.stringify(left) === JSON.stringify(right);
}

function idsOf(members: readonly Member[]): readonly NodeId[] {
  return members.map((member) => member.id).sort();
}
