import { handleAppend } from './append-handler.ts';
import { assert, unreachable } from './assert.ts';
import { isPlausible } from './check-message.ts';
import type { Effect, Role } from './effect.ts';
import { Election } from './election.ts';
import type { Entry } from './entry.ts';
import { entryBytes } from './entry-size.ts';
import type { LogIndex, NodeId, Term } from './identity.ts';
import type { Input } from './input.ts';
import type { Leadership } from './leadership.ts';
import { deposesItself } from './leader-liveness.ts';
import { LeadershipTransfer, reasonAgainstCampaign } from './leadership-transfer.ts';
import type { AppendAccepted, AppendRejected, AppendRequest, Message, Quiesce, SnapshotChunk, TimeoutNow } from './message.ts';
import { Membership } from './membership.ts';
import { NodeState } from './node-state.ts';
import type { RaftOptions } from './options.ts';
import type { Progress } from './progress.ts';
import { Quiescence } from './quiescence.ts';
import { Reads } from './reads.ts';
import { Replication } from './replication.ts';
import { SnapshotReceiver } from './snapshot-receiver.ts';
import { SnapshotSender } from './snapshot-sender.ts';
import type { SnapshotMeta } from './snapshot.ts';
import { readStatus } from './status.ts';
import type { RaftStatus } from './status.ts';
import { answerStopped, refuseStopped } from './stopping.ts';

/**
 * One member of one Raft group, as a deterministic machine: input in, effects out.
 * It owns no clock, timer, socket or file; same options and inputs give the same effects, byte for byte.
 */
export class RaftNode {
  readonly #state: NodeState;
  readonly #election: Election;
  readonly #snapshotSender: SnapshotSender;
  readonly #snapshotReceiver: SnapshotReceiver;
  readonly #replication: Replication;
  readonly #membership: Membership;
  readonly #reads: Reads;
  readonly #transfer: LeadershipTransfer;
  readonly #quiescence: Quiescence;
  #reported: { readonly role: Role; readonly term: Term; readonly leader: NodeId | null };
  #stopped = false;

  /** `nowMs` is the driver's monotonic time. Throws `InvariantFailure` when what is on disk contradicts itself: do not start. */
  constructor(options: RaftOptions, nowMs: number) {
    this.#state = new NodeState(options, nowMs);
    this.#election = new Election(this.#state);
    this.#snapshotSender = new SnapshotSender(this.#state);
    this.#snapshotReceiver = new SnapshotReceiver(this.#state);
    this.#replication = new Replication(this.#state, this.#snapshotSender);
    this.#transfer = new LeadershipTransfer(this.#state);
    this.#membership = new Membership(this.#state, this.#replication, this.#election, () => this.#transfer.transferring);
    this.#reads = new Reads(this.#state);
    this.#quiescence = new Quiescence(this.#state, this.#election, () => !this.#reads.isIdle || this.#transfer.isPending);
    this.#reported = { role: 'follower', term: this.#state.term, leader: null };
  }

  /**
   * Feeds one input. `nowMs` is the driver's monotonic time and never falls. Entries, messages and data handed in or out
   * are shared, not copied: nobody changes them. Never throws: what should be impossible becomes a `stopped` effect.
   */
  step(input: Input, nowMs: number): readonly Effect[] {
    if (this.#stopped) return refuseStopped(input);
    const state = this.#state;
    try {
      this.#noticeSleep(nowMs);
      state.nowMs = Math.max(state.nowMs, nowMs);
      this.#dispatch(input);
      if (this.#stopped) return [...state.takeEffects(), ...refuseStopped(input)];
      this.#membership.afterStep();
      this.#reads.afterStep();
      this.#reportRole();
      this.#transfer.afterStep();
      return state.takeEffects();
    } catch (error) {
      // What the step had begun must not happen; whoever it was about to answer still gets an answer.
      const begun = state.takeEffects();
      this.#stop(error instanceof Error ? error.message : String(error));
      return [...answerStopped(begun, input), ...state.takeEffects(), ...refuseStopped(input)];
    }
  }

  /** When the driver must next call `step({ type: 'time' })`, in its own monotonic ms; `null` for never (stopped, leading alone, or at rest). */
  get deadlineMs(): number | null {
    if (this.#stopped) return null;
    const { leadership } = this.#state;
    if (this.#quiescence.isResting) return null;
    const roleDeadlineMs = leadership === null ? this.#election.deadlineMs : leadership.progress.size > 0 ? Math.min(leadership.nextHeartbeatAtMs, leadership.announceCommitAtMs) : Infinity;
    const deadlineMs = Math.min(roleDeadlineMs, this.#reads.deadlineMs, this.#transfer.deadlineMs);
    return deadlineMs === Infinity ? null : deadlineMs;
  }

  status(nowMs: number): RaftStatus {
    return readStatus(this.#state, nowMs, this.#stopped);
  }

  #dispatch(input: Input): void {
    if (input.type === 'message' && (input.from === this.#state.id || !isPlausible(input.message))) return;
    if (this.#quiescence.onInput(input)) this.#beat();
    switch (input.type) {
      case 'message': this.#onMessage(input.from, input.message); return;
      case 'propose': this.#onPropose(input.proposalId, input.commands); return;
      case 'read': if (this.#reads.onRead(input.readId)) this.#broadcast(); return;
      case 'time': this.#onTime(); return;
      case 'written': this.#onWritten(input.writeId); return;
      case 'writeFailed': this.#stop(`write ${input.writeId} failed: ${input.reason}`); return;
      case 'applied': this.#onApplied(input.index); return;
      case 'snapshotTaken': this.#onSnapshotTaken(input.snapshot, input.keepEntries); return;
      case 'snapshotChunkRead': this.#withProgress(input.to, (_, progress) => this.#snapshotSender.onChunkRead(progress, input)); return;
      case 'linkLost': this.#onLinkLost(input.peer); return;
      case 'changeConfiguration': this.#membership.onChange(input); return;
      case 'transferLeadership': this.#transfer.start(input.transferId, input.to); return;
      // It has done its work above.
      case 'wake': return;
      default: unreachable(input);
    }
  }

  #onMessage(from: NodeId, message: Message): void {
    switch (message.type) {
      case 'preVoteRequest': this.#election.onPreVoteRequest(from, message); return;
      case 'preVoteResponse': this.#election.onPreVoteResponse(from, message); return;
      case 'voteRequest': this.#election.onVoteRequest(from, message); return;
      case 'voteResponse': if (this.#election.onVoteResponse(from, message)) this.#lead(); return;
      case 'appendRequest': this.#onAppendRequest(from, message); return;
      case 'snapshotChunk': this.#onSnapshotChunk(from, message); return;
      case 'appendAccepted': case 'appendRejected': this.#onAppendResponse(from, message); return;
      case 'snapshotChunkResponse':
        if (this.#isFromTheFuture(message.term)) return;
        this.#withPeer(from, message.term, (leadership, progress) => {
          if (this.#snapshotSender.onResponse(progress, message)) this.#replication.onSnapshotInstalled(leadership, progress, message.lastIndex);
        });
        return;
      case 'readIndexRequest':
        if (!this.#isFromTheFuture(message.term) && this.#reads.onRequest(from, message)) this.#broadcast();
        return;
      case 'readIndexResponse':
        if (!this.#isFromTheFuture(message.term) && from === this.#state.leader) this.#reads.onResponse(message);
        return;
      case 'timeoutNow': this.#onTimeoutNow(from, message); return;
      case 'timeoutNowRefused':
        if (!this.#isFromTheFuture(message.term)) this.#withPeer(from, message.term, () => { this.#transfer.onRefused(from, message.reason); });
        return;
      case 'quiesce': this.#onQuiesce(from, message); return;
      case 'quiesceAccepted':
        if (!this.#isFromTheFuture(message.term)) this.#withPeer(from, message.term, (leadership) => { this.#quiescence.onAccepted(leadership, from, message); });
        return;
      case 'wakeUp':
        if (!this.#isFromTheFuture(message.term)) this.#withPeer(from, message.term, () => {});
        return;
      default: unreachable(message);
    }
  }

  #onAppendRequest(from: NodeId, request: AppendRequest): void {
    const state = this.#state;
    if (!this.#followSender(from, request.term)) {
      // The answer's term tells a leader of the past that it is one.
      state.send(from, { type: 'appendRejected', term: state.term, previousIndex: request.previousIndex, hintIndex: 0, hintTerm: 0, readContext: 0 });
      return;
    }
    handleAppend(state, from, request);
    state.logTimeHeardMs = Math.max(state.logTimeHeardMs, request.logTimeMs);
  }

  #onSnapshotChunk(from: NodeId, chunk: SnapshotChunk): void {
    const state = this.#state;
    if (this.#followSender(from, chunk.term)) this.#snapshotReceiver.onChunk(from, chunk);
    else state.send(from, { type: 'snapshotChunkResponse', term: state.term, lastIndex: chunk.snapshot.lastIndex, nextOffsetBytes: 0, installed: false });
  }

  /** The leader hands over (thesis §3.10). */
  #onTimeoutNow(from: NodeId, request: TimeoutNow): void {
    const state = this.#state;
    const reason = this.#followSender(from, request.term) ? reasonAgainstCampaign(state, request) : 'behind';
    if (reason === null) this.#election.campaignForTransfer();
    else state.send(from, { type: 'timeoutNowRefused', term: state.term, reason });
  }

  #onQuiesce(from: NodeId, request: Quiesce): void {
    if (!this.#quiescence.isStale(request) && this.#followSender(from, request.term)) this.#quiescence.onQuiesce(from, request);
  }

  /** Accepts the leader of this term, or of a later one. False when the sender's term is over. */
  #followSender(from: NodeId, term: Term): boolean {
    const state = this.#state;
    if (term < state.term) return false;
    assert(term > state.term || state.leader === null || state.leader === from, () => `${from} and ${String(state.leader)} both lead term ${term}`);
    if (term > state.term || state.role.role !== 'follower') this.#election.follow(term, from);
    this.#election.heardLeader(from);
    return true;
  }

  #onAppendResponse(from: NodeId, response: AppendAccepted | AppendRejected): void {
    if (this.#isFromTheFuture(response.term)) return;
    this.#withPeer(from, response.term, (leadership, progress) => {
      if (response.type === 'appendAccepted') this.#replication.onAccepted(leadership, progress, response);
      else this.#replication.onRejected(leadership, progress, response);
      const confirmed = this.#reads.onConfirmation(leadership, progress, response.readContext);
      const committed = this.#reads.onCommit(leadership);
      if (confirmed || committed) this.#broadcast();
      this.#transfer.onProgress();
    });
  }

  /** A later term ends whatever this node was doing in its own. */
  #isFromTheFuture(term: Term): boolean {
    if (term <= this.#state.term) return false;
    this.#election.follow(term, null);
    return true;
  }

  /** Only answers given in this very term, by a member, count. */
  #withPeer(from: NodeId, term: Term, use: (leadership: Leadership, progress: Progress) => void): void {
    if (term !== this.#state.term) return;
    this.#withProgress(from, (leadership, progress) => {
      progress.lastContactAtMs = this.#state.nowMs;
      use(leadership, progress);
    });
  }

  #withProgress(peer: NodeId, use: (leadership: Leadership, progress: Progress) => void): void {
    const { leadership } = this.#state;
    const progress = leadership?.progress.get(peer);
    if (leadership !== null && progress !== undefined) use(leadership, progress);
  }

  #onPropose(proposalId: number, commands: readonly Uint8Array[]): void {
    const state = this.#state;
    const { leadership, term, log, nowMs } = state;
    if (leadership === null) {
      state.emit({ type: 'proposalRefused', proposalId, reason: { code: 'notLeader', leader: state.leader } });
      return;
    }
    const { transferring } = this.#transfer;
    if (transferring !== null) {
      state.emit({ type: 'proposalRefused', proposalId, reason: { code: 'transferring', to: transferring } });
      return;
    }
    const firstIndex = log.lastIndex + 1;
    const logTimeMs = leadership.logTimeMs(nowMs);
    const entries = commands.map((data, offset): Entry => ({ kind: 'command', term, index: firstIndex + offset, logTimeMs, data }));
    const bytes = entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
    const limitBytes = state.options.uncommittedBytesMax;
    if (leadership.uncommittedBytes + bytes > limitBytes) {
      state.emit({ type: 'proposalRefused', proposalId, reason: { code: 'backlogFull', limitBytes } });
      return;
    }
    if (entries.length > 0) this.#replication.append(leadership, entries);
    state.emit({ type: 'proposalAccepted', proposalId, term, firstIndex });
  }

  #onTime(): void {
    const state = this.#state;
    this.#reads.onTime();
    if (this.#quiescence.isResting) return;
    const { leadership } = state;
    if (leadership === null) {
      this.#election.onTime();
      return;
    }
    this.#replication.onTime(leadership);
    if (state.nowMs < leadership.nextHeartbeatAtMs) return;
    if (deposesItself(state, leadership)) {
      this.#election.follow(state.term, null);
      return;
    }
    if (this.#quiescence.offer(leadership)) this.#scheduleHeartbeat(leadership);
    else this.#beat();
    this.#transfer.onHeartbeat();
  }

  #beat(): void {
    const { leadership } = this.#state;
    if (leadership === null) return;
    this.#scheduleHeartbeat(leadership);
    this.#replication.heartbeat(leadership);
  }

  #scheduleHeartbeat(leadership: Leadership): void {
    const state = this.#state;
    // Counted from the start of the term, so that late timers do not drift apart or fall into step with other nodes'.
    const rounds = Math.floor((state.nowMs - leadership.startedAtMs) / state.options.heartbeatIntervalMs) + 1;
    leadership.nextHeartbeatAtMs = leadership.startedAtMs + rounds * state.options.heartbeatIntervalMs;
  }

  #onWritten(writeId: number): void {
    const state = this.#state;
    if (!state.writes.complete(writeId)) return;
    if (this.#snapshotReceiver.onWritten()) this.#reads.onApplied();
    if (this.#election.onWritten()) this.#lead();
    const { leadership } = state;
    if (leadership === null) return;
    this.#replication.commit(leadership);
    if (this.#reads.onCommit(leadership)) this.#broadcast();
  }

  #onApplied(index: LogIndex): void {
    if (!this.#state.applying.appliedThrough(index)) return;
    this.#reads.onApplied();
    this.#state.deliver();
  }

  #onSnapshotTaken(snapshot: SnapshotMeta, keepEntries: number): void {
    const state = this.#state;
    // A snapshot proves that its entries were applied, even when `applied` has not said so yet.
    if (snapshot.lastIndex <= state.snapshot.lastIndex || snapshot.lastIndex > state.applying.deliveredIndex || state.installing) return;
    state.replaceSnapshot(snapshot);
    const throughIndex = snapshot.lastIndex - Math.max(0, keepEntries);
    if (throughIndex <= state.log.baseIndex) return;
    state.log.compactThrough(throughIndex);
    state.emit({ type: 'compactLog', throughIndex });
  }

  #onLinkLost(peer: NodeId): void {
    this.#election.onLinkLost(peer);
    this.#transfer.onLinkLost(peer);
    this.#withProgress(peer, (_, progress) => this.#replication.probe(progress));
  }

  #lead(): void {
    this.#replication.lead();
  }

  #broadcast(): void {
    const { leadership } = this.#state;
    if (leadership !== null) this.#replication.heartbeat(leadership);
  }

  /** Nobody could be heard while this process was not running: that silence is not theirs. */
  #noticeSleep(nowMs: number): void {
    const { leadership, options } = this.#state;
    const sleptMs = nowMs - this.#state.nowMs - options.electionTimeoutMinMs;
    // Who rests is not asleep, however long nothing happens.
    if (leadership === null || sleptMs <= 0 || this.#quiescence.isResting) return;
    leadership.awakeSinceMs = nowMs;
    // A leader of nobody else has no heartbeats to send, and rests between inputs.
    if (leadership.progress.size > 0) leadership.slept(sleptMs);
  }

  #reportRole(): void {
    const { role: { role }, term, leader } = this.#state;
    if (role === this.#reported.role && term === this.#reported.term && leader === this.#reported.leader) return;
    this.#reported = { role, term, leader };
    this.#state.emit({ type: 'roleChanged', role, term, leader });
  }

  #stop(reason: string): void {
    this.#stopped = true;
    this.#membership.stop();
    this.#reads.stop();
    this.#transfer.stop();
    this.#state.emit({ type: 'stopped', reason });
  }
}
