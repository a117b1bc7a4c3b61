import { RaftNode } from '@raft-mesh/raft';
import type { Configuration, Effect, Entry, Input, LogIndex, Message, NodeId, RaftOptions, RaftStatus, Term } from '@raft-mesh/raft';
import { SafetyCheckers } from '../harness/checkers.ts';
import type { Observed } from '../harness/checkers.ts';
import { Disk } from '../harness/disk.ts';
import { bytes, id, optionsOf } from '../harness/fixtures.ts';
import type { Start } from '../harness/fixtures.ts';
import { showEffect, showEntries, showInput, showMessage } from './transcript.ts';

type EffectOf<Type extends Effect['type']> = Extract<Effect, { readonly type: Type }>;

export interface Flying { readonly from: NodeId; readonly to: NodeId; readonly message: Message }

/** What one step of one node looked like. `news` is what is worth telling even when nobody asked for details. */
export interface Seen { readonly header: string; readonly details: readonly string[]; readonly news: readonly string[] }

export interface Host {
  readonly id: NodeId;
  readonly disk: Disk;
  readonly options: Partial<RaftOptions>;
  /** `null` while it is down. */
  node: RaftNode | null;
  isPaused: boolean;
  /** The log in memory, as the effects imply it. */
  log: readonly Entry[];
  appliedIndex: LogIndex;
  durableWriteId: number;
  waitingSends: EffectOf<'send'>[];
  waitingApplies: EffectOf<'apply'>[];
  waitingReads: EffectOf<'readSnapshotChunk'>[];
}

/**
 * Nodes whose network, disks, state machines and clock do nothing by themselves: every delivery, completed write, applied batch and
 * passing millisecond is a call. Safety is checked after every step of every node.
 */
export class World {
  readonly hosts = new Map<NodeId, Host>();
  readonly cuts = new Set<string>();
  /** Sent and not yet delivered, in the order of sending. */
  flying: Flying[] = [];
  /** Taken off the wire, to be released later. */
  kept: Flying[] = [];
  /** What nodes did since the last `mark`. */
  did: { readonly node: NodeId; readonly type: string; readonly text: string }[] = [];
  /** What left a node since the last `mark`. */
  sent: { readonly from: NodeId; readonly to: NodeId; readonly type: string; readonly text: string }[] = [];
  nowMs = 0;
  readonly #checkers = new SafetyCheckers();
  readonly #votes = new Map<string, NodeId>();
  readonly #applied = new Map<LogIndex, string>();
  readonly #readNames = new Map<number, string>();
  #seen: Seen[] = [];

  add(name: string, start: Start, options: Partial<RaftOptions>): void {
    const { persisted } = optionsOf(name, start);
    const host: Host = { id: id(name), disk: new Disk(persisted), options, node: null, isPaused: false, log: [], appliedIndex: 0, durableWriteId: 0, waitingSends: [], waitingApplies: [], waitingReads: [] };
    this.hosts.set(host.id, host);
    this.start(host);
  }

  start(host: Host): void {
    const { state } = host.disk;
    host.log = state.entries;
    host.durableWriteId = 0;
    host.waitingSends = [];
    host.waitingApplies = [];
    host.waitingReads = [];
    host.appliedIndex = state.snapshot.lastIndex;
    host.isPaused = false;
    host.node = new RaftNode({ ...optionsOf(host.id, {}), ...host.options, persisted: state }, this.nowMs);
    this.#checkers.restarted(host.id);
  }

  crash(host: Host, survivingWrites: number): void {
    host.disk.crash(survivingWrites);
    host.node = null;
  }

  host(name: string): Host {
    const host = this.hosts.get(id(name));
    if (host === undefined) throw new Error(`there is no node ${name}`);
    return host;
  }

  status(name: string): RaftStatus {
    const status = this.host(name).node?.status(this.nowMs);
    if (status === undefined) throw new Error(`${name} is down`);
    return status;
  }

  /** Who can take part now. */
  get awake(): readonly Host[] { return [...this.hosts.values()].filter((host) => host.node !== null && !host.isPaused); }

  give(host: Host, input: Input): void {
    if (host.node === null) throw new Error(`${host.id} is down`);
    // What a step commits, it commits under what was in force before it.
    const { configuration } = host.node.status(this.nowMs);
    const effects = host.node.step(input, this.nowMs);
    const details = effects.map((effect) => this.#show(host, effect));
    const news = effects.flatMap((effect) => (['roleChanged', 'stopped', 'changeDone', 'changeRefused', 'transferDone', 'transferRefused'].includes(effect.type) ? [this.#show(host, effect)] : []));
    this.#seen.push({ header: `${host.id} ${showInput(input, (readId) => this.nameRead(readId))}`, details, news: news.map((text) => `${host.id} ${text}`) });
    for (const effect of effects) this.#perform(host, effect);
    this.#check(host, configuration);
  }

  /** What was seen since the last call. */
  takeSeen(): readonly Seen[] {
    const seen = this.#seen;
    this.#seen = [];
    return seen;
  }

  note(text: string): void { this.#seen.push({ header: text, details: [], news: [] }); }

  deliver(flight: Flying): void {
    const host = this.host(flight.to);
    if (host.node === null) this.note(`${host.id} is down: ${flight.from}>${flight.to} ${this.show(flight.message)} is lost`);
    else this.give(host, { type: 'message', from: flight.from, message: flight.message });
  }

  /** The oldest write under way completes; what waited for it leaves. */
  write(host: Host): void {
    const done = host.disk.completeOne();
    if (done === undefined) throw new Error(`${host.id} has no write under way`);
    host.durableWriteId = done.writeId;
    if (done.type === 'installSnapshot') {
      host.log = [];
      host.appliedIndex = done.snapshot.lastIndex;
      host.waitingApplies = [];
    }
    const due = host.waitingSends.filter(({ after }) => (after ?? 0) <= done.writeId);
    host.waitingSends = host.waitingSends.filter(({ after }) => (after ?? 0) > done.writeId);
    this.give(host, { type: 'written', writeId: done.writeId });
    for (const { to, message } of due) {
      this.note(`${host.id}>${to} ${this.show(message)} leaves`);
      this.#leave(host, to, message);
    }
  }

  failWrite(host: Host): void {
    const [pending] = host.disk.pending;
    if (pending === undefined) throw new Error(`${host.id} has no write under way`);
    this.give(host, { type: 'writeFailed', writeId: pending.writeId, reason: 'the flush failed' });
  }

  /** The state machine takes the next batch. */
  apply(host: Host): void {
    const batch = host.waitingApplies.shift();
    const last = batch?.entries.at(-1);
    if (batch === undefined || last === undefined) throw new Error(`${host.id} has nothing to apply`);
    for (const entry of batch.entries) {
      if (entry.index !== host.appliedIndex + 1) throw new Error(`${host.id} was to apply ${entry.index} after ${host.appliedIndex}`);
      const text = showEntries([entry]);
      if ((this.#applied.get(entry.index) ?? text) !== text) throw new Error(`${host.id} applied ${text}, another node ${String(this.#applied.get(entry.index))}`);
      this.#applied.set(entry.index, text);
      host.appliedIndex = entry.index;
    }
    this.give(host, { type: 'applied', index: last.index });
  }

  /** A piece of a snapshot that a node asked its disk for is read. */
  readChunk(host: Host, isGone: boolean): void {
    const read = host.waitingReads.shift();
    if (read === undefined) throw new Error(`${host.id} waits for no piece of a snapshot`);
    const { to, snapshot, offsetBytes, lengthBytesMax } = read;
    const isKept = !isGone && host.disk.state.snapshot.lastIndex === snapshot.lastIndex;
    this.give(host, { type: 'snapshotChunkRead', to, snapshot, offsetBytes, data: isKept ? host.disk.snapshotData.slice(offsetBytes, offsetBytes + lengthBytesMax) : null });
  }

  takeSnapshot(host: Host, sizeBytes: number, keepEntries: number): void {
    const lastIndex = host.appliedIndex;
    const last = host.log.find((entry) => entry.index === lastIndex);
    if (last === undefined) throw new Error(`${host.id} has applied nothing since its last snapshot`);
    const snapshot = { lastIndex, lastTerm: last.term, logTimeMs: last.logTimeMs, configuration: this.#configurationAt(host, lastIndex), sizeBytes };
    // Another node's bytes for the same state differ, so that a mixture of two would show.
    host.disk.saveSnapshot(snapshot, bytes(host.id.repeat(sizeBytes).slice(0, sizeBytes)));
    this.give(host, { type: 'snapshotTaken', snapshot, keepEntries });
  }

  /** Everything that can happen without time passing happens, one thing after the other. */
  settle(): void {
    for (let steps = 0; this.#settleOne(); steps++) if (steps > 20_000) throw new Error('they never come to rest');
  }

  /** Time passes; timers of `hosts` fire when due. With `isLive`, messages and disks take no time; without, they do nothing. */
  pass(forMs: number, isLive: boolean, hosts: readonly Host[]): void {
    const untilMs = this.nowMs + forMs;
    for (let steps = 0; ; steps++) {
      if (steps > 20_000) throw new Error('too many timers');
      if (isLive) this.settle();
      const [next] = hosts.filter(({ node }) => (node?.deadlineMs ?? Infinity) <= untilMs).sort((left, right) => (left.node?.deadlineMs ?? 0) - (right.node?.deadlineMs ?? 0));
      if (next === undefined) break;
      this.nowMs = Math.max(this.nowMs, next.node?.deadlineMs ?? 0);
      this.give(next, { type: 'time' });
    }
    this.nowMs = untilMs;
  }

  show(message: Message): string { return showMessage(message, (readId) => this.nameRead(readId)); }

  /** Forwarded reads have drawn ids: transcripts call them r1, r2, … */
  nameRead(readId: number): string {
    const known = this.#readNames.get(readId) ?? `r${this.#readNames.size + 1}`;
    this.#readNames.set(readId, known);
    return known;
  }

  #settleOne(): boolean {
    for (const host of this.awake) {
      if (host.disk.pending.length > 0 && !(host.node?.status(this.nowMs).stopped ?? true)) { this.write(host); return true; }
      if (host.waitingApplies.length > 0) { this.apply(host); return true; }
      if (host.waitingReads.length > 0) { this.readChunk(host, false); return true; }
    }
    const position = this.flying.findIndex(({ to }) => !this.host(to).isPaused);
    const [flight] = position < 0 ? [] : this.flying.splice(position, 1);
    if (flight === undefined) return false;
    this.deliver(flight);
    return true;
  }

  #show(host: Host, effect: Effect): string {
    if (effect.type !== 'send') return showEffect(effect);
    const isHeld = effect.after !== null && effect.after > host.durableWriteId;
    return `${host.id}>${effect.to} ${this.show(effect.message)}${isHeld ? `, after write ${effect.after}` : ''}`;
  }

  #perform(host: Host, effect: Effect): void {
    if (effect.type !== 'send') this.did.push({ node: host.id, type: effect.type, text: showEffect(effect) });
    switch (effect.type) {
      case 'write':
        host.log = [...(effect.truncateFrom === null ? host.log : host.log.filter(({ index }) => index < (effect.truncateFrom ?? 0))), ...effect.entries];
        host.disk.write(effect);
        return;
      case 'writeSnapshotChunk': case 'installSnapshot': host.disk.write(effect); return;
      case 'send':
        if (effect.after !== null && effect.after > host.durableWriteId) host.waitingSends.push(effect);
        else this.#leave(host, effect.to, effect.message);
        return;
      case 'apply': host.waitingApplies.push(effect); return;
      case 'readSnapshotChunk': host.waitingReads.push(effect); return;
      case 'compactLog':
        host.log = host.log.filter(({ index }) => index > effect.throughIndex);
        host.disk.compact(effect.throughIndex);
        return;
      case 'readReady': if (effect.index > host.appliedIndex) throw new Error(`${host.id} may read at ${effect.index}, but applied ${host.appliedIndex}`); return;
      case 'roleChanged': if (effect.role === 'leader') this.#checkers.becameLeader(this.#observed(host)); return;
      default:
    }
  }

  #leave(host: Host, to: NodeId, message: Message): void {
    if (message.type === 'voteResponse' && message.granted) this.#checkVote(host.id, message.term, to);
    if (message.type === 'voteRequest') this.#checkVote(host.id, message.term, host.id);
    this.sent.push({ from: host.id, to, type: message.type, text: this.show(message) });
    if (!this.cuts.has(`${host.id}>${to}`) && this.hosts.has(to)) this.flying.push({ from: host.id, to, message });
  }

  #checkVote(voter: NodeId, term: Term, candidate: NodeId): void {
    const other = this.#votes.get(`${voter} ${term}`) ?? candidate;
    if (other !== candidate) throw new Error(`${voter} voted for both ${other} and ${candidate} in term ${term}`);
    this.#votes.set(`${voter} ${term}`, candidate);
  }

  #check(host: Host, configuration: Configuration): void {
    const everyone = [...this.hosts.values()].map((other) => this.#observed(other));
    this.#checkers.observe({ ...this.#observed(host), configuration }, () => everyone);
    this.#checkers.logsMatch(everyone);
  }

  #observed(host: Host): Observed {
    const status = host.node?.status(this.nowMs);
    return {
      id: host.id, term: status?.term ?? 0, commitIndex: status?.commitIndex ?? 0, snapshotIndex: host.disk.state.snapshot.lastIndex, log: host.log,
      durableTermAt: (index) => host.disk.termAt(index),
    };
  }

  #configurationAt(host: Host, index: LogIndex): Configuration {
    const entry = host.log.findLast((candidate) => candidate.kind === 'configuration' && candidate.index <= index);
    return entry?.kind === 'configuration' ? entry.configuration : host.disk.state.snapshot.configuration;
  }
}
