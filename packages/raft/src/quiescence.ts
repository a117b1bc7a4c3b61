import { unreachable } from './assert.ts';
import type { Election } from './election.ts';
import type { LogIndex, NodeId, Term } from './identity.ts';
import type { Input } from './input.ts';
import type { Leadership } from './leadership.ts';
import type { Message, Quiesce, QuiesceAccepted } from './message.ts';
import type { NodeState } from './node-state.ts';
import type { Progress } from './progress.ts';

/** A leader's group in which nothing happens. */
interface Idle {
  readonly term: Term;
  readonly lastIndex: LogIndex;
  readonly sinceMs: number;
  /** Who has answered that it rests; `null` until they are asked. */
  accepted: Set<NodeId> | null;
}

/**
 * The rest of an idle group (DESIGN §3): once everybody holds the same log, all of it committed, and nobody waits for anything, the leader
 * asks the others to rest, in place of heartbeats; when all of them do, it rests too. Nobody has a timer then: the driver must give
 * `linkLost` when a process is gone, and `wake` when it doubts.
 *
 * A lost or repeated message harms nothing. A follower that rests while its leader does not is woken by the next heartbeat. One that
 * is awake while its leader rests asks for pre-votes when its timer comes; that wakes the leader and the others, who refuse.
 */
export class Quiescence {
  readonly #state: NodeState;
  readonly #election: Election;
  /** Whether a read or a transfer waits here. */
  readonly #isBusy: () => boolean;
  #idle: Idle | null = null;

  constructor(state: NodeState, election: Election, isBusy: () => boolean) {
    this.#state = state;
    this.#election = election;
    this.#isBusy = isBusy;
  }

  get isResting(): boolean { return this.#state.restingSinceMs !== null; }

  /** Called before an input is dealt with. True when this leader wakes by it, and owes the others a heartbeat. */
  onInput(input: Input): boolean {
    if (!this.isResting) {
      if (isWork(input)) this.#idle = null;
      return false;
    }
    if (!this.#wakes(input)) return false;
    const state = this.#state;
    const { leadership, leader, nowMs } = state;
    // What its screens were shown must not fall back.
    state.logTimeHeardMs = Math.max(state.logTimeHeardMs, state.logTimeMs(nowMs));
    state.restingSinceMs = null;
    this.#idle = null;
    if (leadership !== null) {
      leadership.awakeSinceMs = nowMs;
      return true;
    }
    const isLeaderLost = input.type === 'linkLost' && input.peer === leader;
    this.#election.wake(!isLeaderLost);
    const isLeaderAwake = input.type === 'message' && input.from === leader;
    if (leader !== null && !isLeaderLost && !isLeaderAwake) state.send(leader, { type: 'wakeUp', term: state.term });
    return false;
  }

  /** A heartbeat is due. True when the others were asked to rest instead. */
  offer(leadership: Leadership): boolean {
    const state = this.#state;
    const { term, log, nowMs, options: { quiesceAfterMs } } = state;
    if (quiesceAfterMs === null || !this.#isIdle(leadership)) {
      this.#idle = null;
      return false;
    }
    if (this.#idle?.term !== term || this.#idle.lastIndex !== log.lastIndex) this.#idle = { term, lastIndex: log.lastIndex, sinceMs: nowMs, accepted: null };
    if (nowMs - this.#idle.sinceMs < quiesceAfterMs) return false;
    this.#idle.accepted ??= new Set();
    // Those who rest already are asked too: their answers count as being heard.
    for (const to of leadership.progress.keys()) {
      state.send(to, { type: 'quiesce', term, lastIndex: log.lastIndex, lastTerm: log.lastTerm, logTimeMs: leadership.logTimeMs(nowMs) });
    }
    return true;
  }

  /** A peer rests. The caller has settled the term. */
  onAccepted(leadership: Leadership, from: NodeId, { lastIndex }: QuiesceAccepted): void {
    const idle = this.#idle;
    if (idle?.accepted == null || idle.lastIndex !== lastIndex || this.isResting) return;
    idle.accepted.add(from);
    for (const id of leadership.progress.keys()) if (!idle.accepted.has(id)) return;
    if (this.#isIdle(leadership)) this.#state.restingSinceMs = this.#state.nowMs;
  }

  /** Whether this was sent before what happened since. Of no account to who rests; anybody else takes it for a heartbeat. */
  isStale({ term, lastIndex, lastTerm }: Quiesce): boolean {
    const { log } = this.#state;
    return term < this.#state.term || (this.isResting && !(lastIndex === log.lastIndex && lastTerm === log.lastTerm));
  }

  /** The leader asks this follower to rest. The caller has settled term and leader. */
  onQuiesce(from: NodeId, { lastIndex, lastTerm, logTimeMs }: Quiesce): void {
    const state = this.#state;
    const { log, nowMs, term, options, writes } = state;
    state.logTimeHeardMs = Math.max(state.logTimeMs(nowMs), logTimeMs);
    if (this.isResting) state.restingSinceMs = nowMs;
    const isSameLog = !state.installing && log.lastIndex === lastIndex && log.lastTerm === lastTerm;
    // The last entries are the same, and so all before them are; the leader says that they are committed.
    if (isSameLog) state.commitThrough(lastIndex);
    const isFlushed = writes.durableIndex === log.lastIndex && writes.hardStateWriteId === null;
    if (isSameLog && isFlushed && options.quiesceAfterMs !== null && !this.#isBusy()) {
      state.restingSinceMs ??= nowMs;
      state.send(from, { type: 'quiesceAccepted', term, lastIndex });
      return;
    }
    // To the leader it is a heartbeat: what is committed and durable here is the same as there.
    state.send(from, { type: 'appendAccepted', term, matchIndex: Math.min(state.commitIndex, writes.durableIndex), readContext: 0 });
  }

  #wakes(input: Input): boolean {
    if (input.type !== 'message') return isWork(input);
    const { type, term } = input.message;
    return (type !== 'quiesce' && type !== 'quiesceAccepted') || term > this.#state.term;
  }

  #isIdle(leadership: Leadership): boolean {
    const { log, commitIndex, writes, isChangingConfiguration } = this.#state;
    if (commitIndex !== log.lastIndex || writes.oldestIssuedAtMs !== null || isChangingConfiguration || this.#isBusy()) return false;
    if (leadership.progress.size === 0) return false;
    for (const progress of leadership.progress.values()) if (!this.#hasAll(leadership, progress)) return false;
    return true;
  }

  /** This peer holds all there is, knows that it is committed, and answers. */
  #hasAll({ awakeSinceMs }: Leadership, { state, matchIndex, commitIndexSent, leaving, lastContactAtMs }: Progress): boolean {
    const { commitIndex, nowMs, options } = this.#state;
    return state === 'replicate' && matchIndex === commitIndex && commitIndexSent === commitIndex && leaving === null
      && nowMs - Math.max(awakeSinceMs, lastContactAtMs ?? 0) <= options.electionTimeoutMaxMs;
  }
}

/** Whether an input is more than an answer to, or an echo of, what is known already. */
function isWork(input: Input): boolean {
  switch (input.type) {
    case 'propose': case 'read': case 'changeConfiguration': case 'transferLeadership': case 'wake': case 'linkLost': return true;
    case 'message': return isRequest(input.message);
    case 'time': case 'written': case 'writeFailed': case 'applied': case 'snapshotTaken': case 'snapshotChunkRead': return false;
    default: return unreachable(input);
  }
}

function isRequest({ type }: Message): boolean {
  return type === 'preVoteRequest' || type === 'voteRequest' || type === 'readIndexRequest' || type === 'wakeUp' || type === 'timeoutNow';
}
