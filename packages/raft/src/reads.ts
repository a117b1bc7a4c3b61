import { assert } from './assert.ts';
import type { Configuration } from './configuration.ts';
import type { RefusalReason } from './effect.ts';
import type { LogIndex, NodeId, Term } from './identity.ts';
import type { Leadership } from './leadership.ts';
import type { ReadIndexRequest, ReadIndexResponse } from './message.ts';
import type { NodeState } from './node-state.ts';
import type { Progress } from './progress.ts';
import { hasQuorum } from './quorum.ts';

/** Who asked: the driver of this node, or a follower. */
type Reader =
  | { readonly type: 'local'; readonly readId: number }
  | { readonly type: 'remote'; readonly from: NodeId; readonly readId: number };

/** A round of reads that one exchange with a quorum confirms. */
interface Batch { readonly context: number; readonly index: LogIndex; readonly readers: readonly Reader[] }
interface Confirmed { readonly index: LogIndex; readonly readId: number }
interface Forwarded { readonly readId: number; readonly askedAtMs: number }
interface Distant extends Confirmed { readonly sinceMs: number }

/**
 * Linearizable reads without a log entry (ReadIndex, thesis §6.4): the commit index when the read was asked for counts once a quorum
 * has confirmed that no other leader can have committed since. No lease: no clock is trusted.
 *
 * Each wait for another node ends: a leader that hears no quorum steps down, a follower waits an election timeout for the answer, and
 * as long again for the entries that the answer speaks of. Waiting for the own state machine has no bound in time, only in number: the
 * core cannot know how long a million entries take after a restart, and a reader in a hurry drops the answer. The same holds for a
 * leader whose quorum answers but cannot commit the first entry of its term.
 */
export class Reads {
  readonly #state: NodeState;
  /** Contexts are never used twice in a life of this node, and another life leads another term. */
  #lastContext = 0;
  /** Asked since the batch on its way was sent, or before this term has a commit. */
  #waiting: Reader[] = [];
  #batch: Batch | null = null;
  /** Confirmed beyond what this follower knows to be committed, in the order of the answers. */
  #distant: Distant[] = [];
  #commitIndex: LogIndex;
  /** Confirmed and committed here, in the order of their indexes, until the state machine gets there. */
  #confirmed: Confirmed[] = [];
  /** Sent to the leader, by an id of our own, in the order of asking. */
  readonly #forwarded = new Map<number, Forwarded>();
  /** Drawn high and at random, so that an answer meant for an earlier life of this node fits no question of this one. */
  #lastForwardId: number;
  #authority: { readonly term: Term; readonly leader: NodeId | null };
  #configuration: Configuration;

  constructor(state: NodeState) {
    this.#state = state;
    this.#lastForwardId = state.random.between(0, 2 ** 20) * 2 ** 32 + state.random.between(0, 2 ** 31);
    this.#authority = { term: state.term, leader: state.leader };
    this.#configuration = state.configuration;
    this.#commitIndex = state.commitIndex;
  }

  /** Nobody waits for anything. */
  get isIdle(): boolean { return this.#pending === 0; }

  /** When another node has been waited for too long, in driver ms. */
  get deadlineMs(): number {
    let sinceMs = this.#distant[0]?.sinceMs ?? Infinity;
    for (const { askedAtMs } of this.#forwarded.values()) {
      sinceMs = Math.min(sinceMs, askedAtMs);
      break;
    }
    return sinceMs + this.#state.options.electionTimeoutMaxMs;
  }

  /** The driver asks. True when peers must now be asked to confirm. */
  onRead(readId: number): boolean {
    const state = this.#state;
    const limit = state.options.pendingReadsMax;
    if (this.#pending >= limit) {
      this.#refuse(readId, { code: 'tooManyReads', limit });
      return false;
    }
    const { leadership } = state;
    if (leadership !== null) return this.#ask(leadership, { type: 'local', readId });
    if (state.leader === null) {
      this.#refuse(readId, { code: 'notLeader', leader: null });
      return false;
    }
    const forwardId = ++this.#lastForwardId;
    this.#forwarded.set(forwardId, { readId, askedAtMs: state.nowMs });
    state.send(state.leader, { type: 'readIndexRequest', term: state.term, readId: forwardId });
    return false;
  }

  /** A follower asks. True when peers must now be asked to confirm. */
  onRequest(from: NodeId, { readId, term }: ReadIndexRequest): boolean {
    const state = this.#state;
    const { leadership } = state;
    if (leadership !== null && term === state.term && this.#pending < state.options.pendingReadsMax) return this.#ask(leadership, { type: 'remote', from, readId });
    state.send(from, { type: 'readIndexResponse', term: state.term, readId, index: null });
    return false;
  }

  onResponse(response: ReadIndexResponse): void {
    const state = this.#state;
    const forwarded = this.#forwarded.get(response.readId);
    if (forwarded === undefined || response.term !== state.term) return;
    this.#forwarded.delete(response.readId);
    if (response.index === null) this.#refuse(forwarded.readId, { code: 'notLeader', leader: state.leader });
    else this.#confirm(forwarded.readId, response.index);
  }

  /** A peer answered an append that carried this context. True when peers must be asked to confirm the next batch. */
  onConfirmation(leadership: Leadership, progress: Progress, context: number): boolean {
    if (context > this.#lastContext || context <= progress.readContextConfirmed) return false;
    progress.readContextConfirmed = context;
    return this.#settleBatch(leadership);
  }

  /** The commit index may have risen: reads that waited for this term's first commit can go. True when peers must be asked. */
  onCommit(leadership: Leadership): boolean {
    return this.#batch === null && this.#startBatch(leadership);
  }

  onApplied(): void {
    const { appliedIndex } = this.#state.applying;
    let ready = 0;
    for (const { index, readId } of this.#confirmed) {
      if (index > appliedIndex) break;
      this.#state.emit({ type: 'readReady', readId, index });
      ready++;
    }
    this.#confirmed.splice(0, ready);
  }

  onTime(): void {
    const { nowMs, options, leader } = this.#state;
    const isOver = (sinceMs: number): boolean => nowMs >= sinceMs + options.electionTimeoutMaxMs;
    for (const [forwardId, { readId, askedAtMs }] of this.#forwarded) {
      if (!isOver(askedAtMs)) break;
      this.#forwarded.delete(forwardId);
      this.#refuse(readId, { code: 'notLeader', leader });
    }
    for (let oldest = this.#distant[0]; oldest !== undefined && isOver(oldest.sinceMs); oldest = this.#distant[0]) {
      this.#distant.shift();
      this.#refuse(oldest.readId, { code: 'notLeader', leader });
    }
  }

  /** Called at the end of every step: what waited on a leader that is no longer the leader is refused. */
  afterStep(): void {
    const { term, leader, configuration, leadership } = this.#state;
    this.#noticeCommit();
    if (term === this.#authority.term && leader === this.#authority.leader) {
      // Whose word was missing may no longer be asked.
      if (configuration !== this.#configuration && leadership !== null) this.#settleBatch(leadership);
      this.#configuration = configuration;
      return;
    }
    this.#authority = { term, leader };
    for (const { readId } of this.#forwarded.values()) this.#refuse(readId, { code: 'leadershipLost' });
    this.#forwarded.clear();
    this.#dropUnconfirmed({ code: 'leadershipLost' });
  }

  /** The node stops: nobody waits in vain. */
  stop(): void {
    const reason: RefusalReason = { code: 'stopped' };
    for (const { readId } of [...this.#forwarded.values(), ...this.#distant, ...this.#confirmed]) this.#refuse(readId, reason);
    this.#forwarded.clear();
    this.#distant = [];
    this.#confirmed = [];
    this.#dropUnconfirmed(reason);
  }

  get #pending(): number {
    return this.#waiting.length + (this.#batch?.readers.length ?? 0) + this.#distant.length + this.#confirmed.length + this.#forwarded.size;
  }

  #ask(leadership: Leadership, reader: Reader): boolean {
    this.#waiting.push(reader);
    return this.#batch === null && this.#startBatch(leadership);
  }

  #startBatch(leadership: Leadership): boolean {
    const { commitIndex } = this.#state;
    // Before its own term has a commit, a leader does not know what earlier terms committed.
    if (this.#waiting.length === 0 || commitIndex < leadership.noopIndex) return false;
    assert(this.#batch === null, () => 'two batches of reads at once');
    this.#batch = { context: ++this.#lastContext, index: commitIndex, readers: this.#waiting };
    this.#waiting = [];
    leadership.readContext = this.#batch.context;
    this.#settleBatch(leadership);
    return this.#batch !== null;
  }

  /** Finishes the batch on its way if a quorum has confirmed it, and starts the next. */
  #settleBatch(leadership: Leadership): boolean {
    const state = this.#state;
    const batch = this.#batch;
    if (batch === null) return false;
    const confirms = (id: NodeId): boolean => id === state.id || (leadership.progress.get(id)?.readContextConfirmed ?? 0) >= batch.context;
    if (!hasQuorum(state.configuration, confirms)) return false;
    this.#batch = null;
    leadership.readContext = 0;
    for (const reader of batch.readers) {
      if (reader.type === 'local') this.#confirm(reader.readId, batch.index);
      else state.send(reader.from, { type: 'readIndexResponse', term: state.term, readId: reader.readId, index: batch.index });
    }
    return this.#startBatch(leadership);
  }

  /** What the leader spoke of may have come. */
  #noticeCommit(): void {
    const { commitIndex } = this.#state;
    if (commitIndex === this.#commitIndex) return;
    this.#commitIndex = commitIndex;
    if (this.#distant.length === 0) return;
    const distant = this.#distant;
    this.#distant = distant.filter(({ index }) => index > commitIndex);
    for (const { readId, index } of distant) if (index <= commitIndex) this.#confirm(readId, index);
  }

  #confirm(readId: number, index: LogIndex): void {
    const { applying, commitIndex, nowMs } = this.#state;
    if (index <= applying.appliedIndex) {
      this.#state.emit({ type: 'readReady', readId, index });
      return;
    }
    if (index > commitIndex) {
      this.#distant.push({ readId, index, sinceMs: nowMs });
      return;
    }
    // Answers from the leader may arrive out of order.
    let position = this.#confirmed.length;
    while (position > 0 && (this.#confirmed[position - 1]?.index ?? 0) > index) position--;
    this.#confirmed.splice(position, 0, { index, readId });
  }

  #dropUnconfirmed(reason: RefusalReason): void {
    const state = this.#state;
    for (const reader of [...(this.#batch?.readers ?? []), ...this.#waiting]) {
      if (reader.type === 'local') this.#refuse(reader.readId, reason);
      else state.send(reader.from, { type: 'readIndexResponse', term: state.term, readId: reader.readId, index: null });
    }
    this.#batch = null;
    this.#waiting = [];
  }

  #refuse(readId: number, reason: RefusalReason): void {
    this.#state.emit({ type: 'readRefused', readId, reason });
  }
}
