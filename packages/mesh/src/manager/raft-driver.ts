import type { ChangeRefusal, Configuration, Effect, Entry, Input, Learner, Member, Message, NodeId, RaftOptions, RaftStatus, RefusalReason, Role, SnapshotMeta, Term, TransferRefusal, LogIndex } from '@raft-mesh/raft';
import { RaftNode } from '@raft-mesh/raft';
import type { Clock } from '../ports/clock.ts';
import type { ManagerStore } from '../ports/manager-store.ts';
import type { Observer } from '../ports/observer.ts';
import type { Trace } from '../ports/trace.ts';
import { WriteQueue } from './write-queue.ts';

/** Where a proposed command stands in the log, or why it does not. */
export type ProposalResult =
  | { readonly accepted: true; readonly term: Term; readonly index: LogIndex }
  | { readonly accepted: false; readonly reason: RefusalReason };

export type ReadResult =
  | { readonly ready: true; readonly index: LogIndex }
  | { readonly ready: false; readonly reason: RefusalReason };

export type ChangeResult =
  | { readonly done: true; readonly index: LogIndex }
  | { readonly done: false; readonly reason: ChangeRefusal };

export type TransferResult =
  | { readonly done: true; readonly leader: NodeId }
  | { readonly done: false; readonly reason: TransferRefusal };

export interface Leadership {
  readonly role: Role;
  readonly term: Term;
  readonly leader: NodeId | null;
}

export interface RaftDriverOptions {
  readonly raft: RaftOptions;
  readonly store: ManagerStore;
  readonly clock: Clock;
  readonly trace: Trace | null;
  readonly observer?: Observer | null;
  readonly send: (to: NodeId, message: Message) => void;
  /** Applies committed entries, in order. A throw stops the manager. */
  readonly apply: (entries: readonly Entry[]) => void;
  /** Resolves when no snapshot of this node's own is being written. */
  readonly beforeInstall: () => Promise<void>;
  /** The store has installed this snapshot: take the state from it. */
  readonly restore: (snapshot: SnapshotMeta) => Promise<void>;
  readonly onLeadership: (leadership: Leadership) => void;
  /** Another configuration is in force: appended, rolled back to, or from a snapshot. */
  readonly onConfiguration: (configuration: Configuration) => void;
  /** Called once, when the node has stopped for good. */
  readonly onStopped: (reason: string) => void;
}

interface PendingProposal { readonly data: Uint8Array; readonly done: (result: ProposalResult) => void }
type HeldSend = Extract<Effect, { type: 'send' }>;

/** Entries applied in one event-loop turn, so that a long log keeps neither heartbeats nor answers waiting: a few ms. */
const entriesPerTurnMax = 256;
/** Commands offered to Raft in one input. It takes or refuses them together, so they must not be more than it ever takes. */
const proposalsPerInputMax = 4096;
const proposalBytesPerInputMax = 1024 * 1024;

/**
 * Turns a `RaftNode`'s effects into I/O. All that arrives in one turn of the event loop is stepped together, and time
 * passes last: after a stall, messages that were waiting are heard before an election timer fires.
 */
export class RaftDriver {
  readonly #options: Omit<RaftDriverOptions, 'raft'>;
  readonly #node: RaftNode;
  readonly #writes: WriteQueue;
  #inbox: Input[] = [];
  #proposals: PendingProposal[] = [];
  #reads: ((result: ReadResult) => void)[] = [];
  #timeDue = false;
  #turnScheduled = false;
  #held: HeldSend[] = [];
  #writtenId = 0;
  #applyQueue: Entry[] = [];
  readonly #proposed = new Map<number, readonly PendingProposal[]>();
  readonly #reading = new Map<number, readonly ((result: ReadResult) => void)[]>();
  readonly #changing = new Map<number, (result: ChangeResult) => void>();
  readonly #transferring = new Map<number, (result: TransferResult) => void>();
  #nextId = 1;
  #timer: { readonly atMs: number; readonly cancel: () => void } | null = null;
  #leadership: Leadership;
  #statusCache: { readonly atMs: number; readonly status: RaftStatus } | null = null;
  #stopped = false;

  constructor({ raft, ...options }: RaftDriverOptions) {
    this.#options = options;
    const nowMs = options.clock.nowMs();
    this.#node = new RaftNode(raft, nowMs);
    const { role, term, leader } = this.#node.status(nowMs);
    this.#leadership = { role, term, leader };
    this.#writes = new WriteQueue({
      store: options.store,
      install: (snapshot) => this.#install(snapshot),
      onWritten: (writeId) => {
        this.#writtenId = writeId;
        this.#guarded(() => this.#releaseHeld());
        this.#push({ type: 'written', writeId });
      },
      onFailed: (writeId, reason) => this.#push({ type: 'writeFailed', writeId, reason }),
    });
  }

  /** Sets the first timer. */
  start(): void {
    this.#schedule();
  }

  get leadership(): Leadership {
    return this.#leadership;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** A reading for people and courtesy decisions; at most one is made per clock reading. */
  status(): RaftStatus {
    const atMs = this.#options.clock.nowMs();
    if (this.#statusCache?.atMs !== atMs) this.#statusCache = { atMs, status: this.#node.status(atMs) };
    return this.#statusCache.status;
  }

  receive(from: NodeId, message: Message): void {
    this.#push({ type: 'message', from, message });
  }

  linkLost(peer: NodeId): void {
    this.#push({ type: 'linkLost', peer });
  }

  snapshotTaken(snapshot: SnapshotMeta, keepEntries: number): void {
    this.#push({ type: 'snapshotTaken', snapshot, keepEntries });
  }

  /** Offers one command; those of one turn go to Raft together. `data` belongs to the log from now on. */
  propose(data: Uint8Array, done: (result: ProposalResult) => void): void {
    if (this.#stopped) { done({ accepted: false, reason: { code: 'stopped' } }); return; }
    this.#proposals.push({ data, done });
    this.#schedule();
  }

  /** A linearizable read; those of one turn share one confirmation. */
  read(done: (result: ReadResult) => void): void {
    if (this.#stopped) { done({ ready: false, reason: { code: 'stopped' } }); return; }
    this.#reads.push(done);
    this.#schedule();
  }

  /** Asks this node, which must lead, for exactly these members; `basedOn` is the configuration that the caller saw (see Raft's `changeConfiguration`). */
  changeConfiguration(change: { readonly basedOn: LogIndex; readonly voters: readonly Member[]; readonly learners: readonly Learner[] }, done: (result: ChangeResult) => void): void {
    if (this.#stopped) { done({ done: false, reason: { code: 'stopped' } }); return; }
    const changeId = this.#nextId++;
    this.#changing.set(changeId, done);
    this.#push({ type: 'changeConfiguration', changeId, ...change });
  }

  /** Asks this node, which must lead, to hand over; `null`: to whoever is best placed. */
  transferLeadership(to: NodeId | null, done: (result: TransferResult) => void): void {
    if (this.#stopped) { done({ done: false, reason: { code: 'stopped' } }); return; }
    const transferId = this.#nextId++;
    this.#transferring.set(transferId, done);
    this.#push({ type: 'transferLeadership', transferId, to });
  }

  /** The other processes may be gone: a group at rest must look. */
  wake(): void {
    this.#push({ type: 'wake' });
  }

  /** Ends the driving at once, without a word to anyone; a flush in progress runs out. */
  halt(): void {
    this.#end();
  }

  /** Halts; resolves when the store is idle. */
  async close(): Promise<void> {
    this.#end();
    await this.#writes.close();
  }

  #push(input: Input): void {
    if (this.#stopped) return;
    this.#inbox.push(input);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#turnScheduled || this.#stopped) return;
    this.#turnScheduled = true;
    this.#options.clock.defer(() => {
      this.#turnScheduled = false;
      if (!this.#stopped) this.#guarded(() => this.#turn());
    });
  }

  /** A broken invariant stops this manager, never its process. */
  #guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#fail(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }

  #turn(): void {
    const inputs = this.#inbox;
    this.#inbox = [];
    for (const input of inputs) this.#step(input);
    this.#stepReads();
    this.#stepProposals();
    if (this.#timeDue) {
      this.#timeDue = false;
      this.#step({ type: 'time' });
    }
    this.#applySlice();
    if (this.#stopped) return;
    this.#writes.flush();
    this.#armTimer();
    if (this.#inbox.length > 0 || this.#applyQueue.length > 0 || this.#proposals.length > 0) this.#schedule();
  }

  #stepReads(): void {
    if (this.#reads.length === 0) return;
    const readId = this.#nextId++;
    this.#reading.set(readId, this.#reads);
    this.#reads = [];
    this.#step({ type: 'read', readId });
  }

  #stepProposals(): void {
    if (this.#proposals.length === 0) return;
    const batch = this.#takeProposals();
    const proposalId = this.#nextId++;
    this.#proposed.set(proposalId, batch);
    this.#step({ type: 'propose', proposalId, commands: batch.map((proposal) => proposal.data) });
  }

  #takeProposals(): readonly PendingProposal[] {
    let count = 0;
    let bytes = 0;
    for (const { data } of this.#proposals) {
      if (count === proposalsPerInputMax || (count > 0 && bytes + data.length > proposalBytesPerInputMax)) break;
      count += 1;
      bytes += data.length;
    }
    return this.#proposals.splice(0, count);
  }

  #step(input: Input): void {
    if (this.#stopped) return;
    this.#statusCache = null;
    const nowMs = this.#options.clock.nowMs();
    const effects = this.#node.step(input, nowMs);
    this.#options.observer?.stepped(nowMs, input, effects);
    this.#options.trace?.stepped({ nowMs, input, effects, status: () => this.#node.status(nowMs) });
    for (const effect of effects) {
      this.#perform(effect);
      if (this.#stopped) return;
    }
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'write': case 'writeSnapshotChunk': case 'installSnapshot': this.#writes.push(effect); return;
      case 'send':
        if (effect.after === null || effect.after <= this.#writtenId) this.#options.send(effect.to, effect.message);
        else this.#held.push(effect);
        return;
      case 'apply': for (const entry of effect.entries) this.#applyQueue.push(entry); return;
      case 'proposalAccepted': {
        this.#takeProposed(effect.proposalId).forEach((proposal, offset) => proposal.done({ accepted: true, term: effect.term, index: effect.firstIndex + offset }));
        return;
      }
      case 'proposalRefused': for (const proposal of this.#takeProposed(effect.proposalId)) proposal.done({ accepted: false, reason: effect.reason }); return;
      case 'readReady': this.#settleRead(effect.readId, { ready: true, index: effect.index }); return;
      case 'readRefused': this.#settleRead(effect.readId, { ready: false, reason: effect.reason }); return;
      case 'readSnapshotChunk': this.#readChunk(effect); return;
      case 'compactLog': this.#options.store.compact(effect.throughIndex).catch((error: unknown) => this.#fail(`compacting the log failed: ${String(error)}`)); return;
      case 'roleChanged':
        this.#leadership = { role: effect.role, term: effect.term, leader: effect.leader };
        this.#options.onLeadership(this.#leadership);
        return;
      case 'configurationAdopted': this.#options.onConfiguration(effect.configuration); return;
      case 'changeDone': settle(this.#changing, effect.changeId, { done: true, index: effect.index }); return;
      case 'changeRefused': settle(this.#changing, effect.changeId, { done: false, reason: effect.reason }); return;
      case 'transferDone': settle(this.#transferring, effect.transferId, { done: true, leader: effect.leader }); return;
      case 'transferRefused': settle(this.#transferring, effect.transferId, { done: false, reason: effect.reason }); return;
      case 'stopped': this.#fail(effect.reason); return;
      default: effect satisfies never;
    }
  }

  #takeProposed(proposalId: number): readonly PendingProposal[] {
    const batch = this.#proposed.get(proposalId) ?? [];
    this.#proposed.delete(proposalId);
    return batch;
  }

  #settleRead(readId: number, result: ReadResult): void {
    const waiting = this.#reading.get(readId) ?? [];
    this.#reading.delete(readId);
    for (const done of waiting) done(result);
  }

  #readChunk(effect: Extract<Effect, { type: 'readSnapshotChunk' }>): void {
    const { to, snapshot, offsetBytes } = effect;
    this.#options.store.readSnapshot(snapshot.lastIndex, offsetBytes, effect.lengthBytesMax).then(
      (data) => this.#push({ type: 'snapshotChunkRead', to, snapshot, offsetBytes, data }),
      (error: unknown) => this.#fail(`reading a snapshot failed: ${String(error)}`),
    );
  }

  async #install(snapshot: SnapshotMeta): Promise<void> {
    await this.#options.beforeInstall();
    await this.#options.store.installSnapshot(snapshot);
    if (this.#stopped) return;
    await this.#options.restore(snapshot);
    this.#applyQueue = this.#applyQueue.filter((entry) => entry.index > snapshot.lastIndex);
  }

  #applySlice(): void {
    if (this.#applyQueue.length === 0) return;
    const slice = this.#applyQueue.splice(0, entriesPerTurnMax);
    const last = slice.at(-1);
    if (last === undefined) return;
    this.#options.apply(slice);
    this.#step({ type: 'applied', index: last.index });
  }

  #releaseHeld(): void {
    if (this.#held.length === 0) return;
    const held = this.#held;
    this.#held = [];
    for (const effect of held) {
      if (effect.after !== null && effect.after > this.#writtenId) this.#held.push(effect);
      else this.#options.send(effect.to, effect.message);
    }
  }

  #armTimer(): void {
    const deadlineMs = this.#node.deadlineMs;
    if (deadlineMs === null) return;
    // An early timer is harmless, so one that is set already is only replaced by an earlier one.
    if (this.#timer !== null && this.#timer.atMs <= deadlineMs) return;
    this.#timer?.cancel();
    const delayMs = Math.max(0, deadlineMs - this.#options.clock.nowMs());
    const cancel = this.#options.clock.setTimer(delayMs, () => {
      this.#timer = null;
      this.#timeDue = true;
      this.#schedule();
    });
    this.#timer = { atMs: deadlineMs, cancel };
  }

  #fail(reason: string): void {
    if (this.#stopped) return;
    this.#end();
    this.#options.onStopped(reason);
  }

  #end(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#timer?.cancel();
    this.#held = [];
    this.#inbox = [];
    this.#applyQueue = [];
    for (const batch of [...this.#proposed.values(), this.#proposals]) for (const proposal of batch) proposal.done({ accepted: false, reason: { code: 'stopped' } });
    for (const waiting of [...this.#reading.values(), this.#reads]) for (const done of waiting) done({ ready: false, reason: { code: 'stopped' } });
    for (const done of this.#changing.values()) done({ done: false, reason: { code: 'stopped' } });
    for (const done of this.#transferring.values()) done({ done: false, reason: { code: 'stopped' } });
    this.#changing.clear();
    this.#transferring.clear();
    this.#proposed.clear();
    this.#reading.clear();
    this.#proposals = [];
    this.#reads = [];
  }
}

function settle<Result>(waiting: Map<number, (result: Result) => void>, id: number, result: Result): void {
  const done = waiting.get(id);
  waiting.delete(id);
  done?.(result);
}
