import type { TransferRefusal } from './effect.ts';
import type { LogIndex, NodeId, Term } from './identity.ts';
import type { Leadership } from './leadership.ts';
import type { TimeoutNow, TimeoutNowRefused } from './message.ts';
import type { NodeState } from './node-state.ts';
import type { Progress } from './progress.ts';
import { isVoter } from './quorum.ts';

interface Pending {
  readonly transferId: number;
  readonly to: NodeId;
  /** The term that the transfer is to end. */
  readonly term: Term;
  /** The log ended here when `timeoutNow` was last sent, `null` before that. */
  sentAtIndex: LogIndex | null;
  /** `handing`: this node still leads. `following`: it no longer does, and waits to hear who does. */
  phase: 'handing' | 'following';
  /** When the phase has lasted too long, in driver ms. */
  deadlineMs: number;
}

/**
 * Hands leadership over (thesis §3.10): the leader takes no more proposals, brings the target up to the end of its log, and tells
 * it to campaign at once. Each transfer asked for is answered exactly once, at the latest after two election timeouts.
 *
 * ReadIndex goes on meanwhile: a read is answered only after a quorum has confirmed this term *after* the read was asked, and
 * whoever has voted for the target confirms no more. (A lease would have to end when `timeoutNow` is sent; there is none.)
 */
export class LeadershipTransfer {
  readonly #state: NodeState;
  #pending: Pending | null = null;

  constructor(state: NodeState) {
    this.#state = state;
  }

  /** To whom this leader is handing over; `null` when it is not. Meanwhile nothing may be appended. */
  get transferring(): NodeId | null {
    return this.#pending?.phase === 'handing' ? this.#pending.to : null;
  }

  get isPending(): boolean { return this.#pending !== null; }

  /** In driver ms. */
  get deadlineMs(): number { return this.#pending?.deadlineMs ?? Infinity; }

  /** The driver asks. */
  start(transferId: number, to: NodeId | null): void {
    const state = this.#state;
    const { leadership } = state;
    const target = leadership === null ? { code: 'notLeader', leader: state.leader } as const : this.#targetOf(leadership, to);
    if (typeof target === 'object') {
      state.emit({ type: 'transferRefused', transferId, reason: target });
      return;
    }
    if (target === state.id) {
      state.emit({ type: 'transferDone', transferId, leader: state.id });
      return;
    }
    this.#pending = { transferId, to: target, term: state.term, sentAtIndex: null, phase: 'handing', deadlineMs: state.nowMs + state.options.electionTimeoutMaxMs };
    this.onProgress();
  }

  /** The target may have caught up. */
  onProgress(): void {
    const { lastIndex } = this.#state.log;
    if (this.#pending !== null && this.#pending.sentAtIndex !== lastIndex) this.#send(this.#pending);
  }

  /** What was sent may be lost. */
  onHeartbeat(): void {
    if (this.#pending !== null) this.#send(this.#pending);
  }

  /** The target will not campaign. The caller has settled the term. */
  onRefused(from: NodeId, reason: TimeoutNowRefused['reason']): void {
    if (this.transferring === from) this.#refuse({ code: 'declined', id: from, reason });
  }

  /** A process that is gone catches up with nothing, and nobody else may be served for its sake. */
  onLinkLost(peer: NodeId): void {
    if (this.transferring === peer) this.#refuse({ code: 'unreachable', id: peer });
  }

  /** Called at the end of every step: settles what the step, or time, has decided. */
  afterStep(): void {
    const pending = this.#pending;
    if (pending === null) return;
    const { id, term, leader, leadership, nowMs, options } = this.#state;
    if (term > pending.term && leader !== null) {
      if (leader === id) this.#refuse({ code: 'leadershipLost' });
      else this.#done(pending, leader);
    } else if (leadership === null && pending.phase === 'handing') {
      pending.phase = 'following';
      pending.deadlineMs = nowMs + options.electionTimeoutMaxMs;
    } else if (nowMs >= pending.deadlineMs) {
      this.#refuse(pending.phase === 'handing' ? { code: 'timedOut', id: pending.to } : { code: 'leadershipLost' });
    }
  }

  /** The node stops: nobody waits in vain. */
  stop(): void {
    if (this.#pending !== null) this.#refuse({ code: 'stopped' });
  }

  #targetOf(leadership: Leadership, to: NodeId | null): NodeId | TransferRefusal {
    const { id, configuration, configurationIndex, isChangingConfiguration } = this.#state;
    if (this.transferring !== null) return { code: 'transferring', to: this.transferring };
    if (to === id) return id;
    // A target that holds the log might still not know the configuration in which it must win.
    if (isChangingConfiguration) return { code: 'changeInProgress', index: configurationIndex };
    if (to === null) return this.#bestPlaced(leadership) ?? { code: 'noCandidate' };
    const progress = leadership.progress.get(to);
    if (progress === undefined || !isVoter(configuration, to)) return { code: 'notVoter', id: to };
    return this.#isReachable(leadership, progress) ? to : { code: 'unreachable', id: to };
  }

  /** Of the voters that have answered in this term and still do, the one that lacks least. */
  #bestPlaced(leadership: Leadership): NodeId | null {
    let best: Progress | null = null;
    for (const voter of this.#state.configuration.voters) {
      const progress = leadership.progress.get(voter.id);
      if (progress === undefined || progress.lastContactAtMs === null || !this.#isReachable(leadership, progress)) continue;
      if (best === null || progress.matchIndex > best.matchIndex) best = progress;
    }
    return best?.id ?? null;
  }

  /** A silence that is no longer than this node has been leading, and awake, proves nothing. */
  #isReachable({ awakeSinceMs }: Leadership, { lastContactAtMs }: Progress): boolean {
    const { nowMs, options } = this.#state;
    return nowMs - Math.max(awakeSinceMs, lastContactAtMs ?? 0) <= options.electionTimeoutMaxMs;
  }

  #send(pending: Pending): void {
    const { log, leadership, term } = this.#state;
    if (leadership?.progress.get(pending.to)?.matchIndex !== log.lastIndex || pending.phase !== 'handing') return;
    pending.sentAtIndex = log.lastIndex;
    this.#state.send(pending.to, { type: 'timeoutNow', term, lastIndex: log.lastIndex, lastTerm: log.lastTerm });
  }

  #done({ transferId }: Pending, leader: NodeId): void {
    this.#pending = null;
    this.#state.emit({ type: 'transferDone', transferId, leader });
  }

  #refuse(reason: TransferRefusal): void {
    const pending = this.#pending;
    this.#pending = null;
    if (pending !== null) this.#state.emit({ type: 'transferRefused', transferId: pending.transferId, reason });
  }
}

/** Why the target of a transfer does not campaign, `null` when it must. The caller has settled term and leader. */
export function reasonAgainstCampaign({ isVoter: votes, installing, log, writes }: NodeState, { lastIndex, lastTerm }: TimeoutNow): TimeoutNowRefused['reason'] | null {
  if (!votes) return 'notVoter';
  if (installing) return 'installing';
  if (log.termAt(lastIndex) !== lastTerm) return 'behind';
  return writes.durableIndex < lastIndex || writes.hardStateWriteId !== null ? 'notFlushed' : null;
}
