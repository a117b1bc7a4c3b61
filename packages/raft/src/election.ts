import { unreachable } from './assert.ts';
import type { NodeId, Term } from './identity.ts';
import { isDiskHanging } from './leader-liveness.ts';
import type { PreVoteRequest, PreVoteResponse, VoteRequest, VoteResponse } from './message.ts';
import type { NodeState } from './node-state.ts';
import { peersOf, tally } from './quorum.ts';

/** After a lost link the first attempt comes within this time, drawn so that the survivors do not collide. */
const lostLinkDelayMaxMs = 10;

/** Who leads: terms, votes, pre-votes and the timer behind them (paper §5.2, thesis §9.6 and §4.2.3). */
export class Election {
  readonly #state: NodeState;
  #deadlineMs: number;
  #preVoteRound = 0;
  /** A deadline missed by far is put off once: what woke with us may hold a leader's messages. */
  #waitedAfterStall = false;
  /** The leader whose process seems dead. Until another is heard its silence counts as a refusal, and retries come fast. */
  #lost: { readonly leader: NodeId; retryDelayMs: number; hasYielded: boolean } | null = null;

  constructor(state: NodeState) {
    this.#state = state;
    this.#deadlineMs = state.nowMs;
    // Alone there is nobody to wait for.
    if (!state.isVoter || peersOf(state.configuration, state.id).length > 0) this.#redraw();
  }

  get deadlineMs(): number { return this.#deadlineMs; }

  /** Follows `leader` (or nobody yet) in `term`. A vote given in the same term is kept. */
  follow(term: Term, leader: NodeId | null): void {
    const state = this.#state;
    if (term > state.term) state.saveHardState(term, null);
    if (state.role.role !== 'follower') {
      // What its screens and peers were shown must not fall back.
      state.logTimeHeardMs = Math.max(state.logTimeHeardMs, state.logTimeMs(state.nowMs));
      state.role = { role: 'follower' };
      this.#redrawBriefly();
    }
    state.leader = leader;
  }

  /** The leader of this term spoke. */
  heardLeader(leader: NodeId): void {
    this.#state.leader = leader;
    this.#state.leaderHeardAtMs = this.#state.nowMs;
    this.#lost = null;
    this.#redraw();
  }

  /** The timer runs again after a rest. A leader that was fine when the rest began is as good as just heard, unless its link is lost. */
  wake(isLeaderFine: boolean): void {
    if (isLeaderFine) this.#state.leaderHeardAtMs = this.#state.nowMs;
    this.#redraw();
  }

  /** Thesis §4.2.3: whoever asks for votes while a leader is alive only disturbs. */
  knowsLiveLeader(): boolean {
    const { role, leader, leaderHeardAtMs, nowMs, options } = this.#state;
    if (role.role === 'leader') return true;
    return leader !== null && nowMs < leaderHeardAtMs + options.electionTimeoutMinMs;
  }

  /** The election timer may be due. */
  onTime(): void {
    const { nowMs, options } = this.#state;
    if (nowMs < this.#deadlineMs) return;
    if (!this.#waitedAfterStall && nowMs - this.#deadlineMs > options.electionTimeoutMinMs) {
      this.#deadlineMs = nowMs + options.heartbeatIntervalMs;
      this.#waitedAfterStall = true;
      return;
    }
    // Another term would want another vote of the same disk: this one's term would only run away from the others'.
    if (this.#state.role.role === 'candidate' && this.#state.writes.hardStateWriteId !== null && isDiskHanging(this.#state, -Infinity)) {
      this.#redraw();
      return;
    }
    this.#startPreVote();
  }

  /** The process behind the link to `peer` seems dead. */
  onLinkLost(peer: NodeId): void {
    const state = this.#state;
    if (state.role.role !== 'follower' || state.leader !== peer) return;
    state.leader = null;
    this.#lost = { leader: peer, retryDelayMs: lostLinkDelayMaxMs, hasYielded: false };
    this.#deadlineMs = Math.min(this.#deadlineMs, state.nowMs + this.#draw(0, lostLinkDelayMaxMs));
  }

  onPreVoteRequest(from: NodeId, request: PreVoteRequest): void {
    this.#livesAgain(from);
    const state = this.#state;
    const free = request.term > state.term || (request.term === state.term && (state.votedFor === null || state.votedFor === from));
    const granted = free && !this.knowsLiveLeader() && state.log.isUpToDate(request.lastIndex, request.lastTerm);
    if (granted) this.#yieldTo(from);
    state.send(from, { type: 'preVoteResponse', term: granted ? request.term : state.term, round: request.round, granted });
  }

  onPreVoteResponse(from: NodeId, response: PreVoteResponse): void {
    this.#livesAgain(from);
    const state = this.#state;
    if (!response.granted && response.term > state.term) {
      // Without this a node behind in term would ask in vain for ever.
      this.follow(response.term, null);
      return;
    }
    const { role } = state;
    if (role.role !== 'preCandidate' || response.round !== role.round) return;
    if (response.granted && response.term !== state.term + 1) return;
    if (!role.votes.has(from)) role.votes.set(from, response.granted);
    this.#countPreVotes(role.votes);
  }

  onVoteRequest(from: NodeId, request: VoteRequest): void {
    this.#livesAgain(from);
    const state = this.#state;
    // An election that the leader itself asked for does not disturb it (thesis §4.2.3).
    if (request.term < state.term || (request.term > state.term && !request.transfer && this.knowsLiveLeader())) {
      state.send(from, { type: 'voteResponse', term: state.term, granted: false });
      return;
    }
    if (request.term > state.term) this.follow(request.term, null);
    const granted = state.votedFor === from || (state.votedFor === null && state.log.isUpToDate(request.lastIndex, request.lastTerm));
    if (granted && state.votedFor === null) {
      this.follow(state.term, null);
      state.saveHardState(state.term, from);
      this.#redraw();
    }
    state.send(from, { type: 'voteResponse', term: state.term, granted });
  }

  /** True when this node has won. */
  onVoteResponse(from: NodeId, response: VoteResponse): boolean {
    this.#livesAgain(from);
    const state = this.#state;
    if (response.term > state.term) this.follow(response.term, null);
    const { role } = state;
    if (role.role !== 'candidate' || response.term !== state.term) return false;
    if (!role.votes.has(from)) role.votes.set(from, response.granted);
    return this.#countVotes(role.votes);
  }

  /** This node's own vote counts from when it is durable. True when that wins the election. */
  onWritten(): boolean {
    const state = this.#state;
    const { role } = state;
    if (role.role !== 'candidate' || role.votes.has(state.id) || !state.writes.isDurable(role.selfVoteWriteId)) return false;
    role.votes.set(state.id, true);
    return this.#countVotes(role.votes);
  }

  /** The leader hands over to this node, which stands at the end of the log: nobody need be asked first. */
  campaignForTransfer(): void {
    this.#state.leader = null;
    this.#startElection(true);
  }

  #startPreVote(): void {
    const state = this.#state;
    state.leader = null;
    this.#redrawBriefly();
    if (this.#lost !== null) this.#lost.retryDelayMs *= 2;
    if (!state.mayCampaign || state.installing) {
      state.role = { role: 'follower' };
      return;
    }
    const round = ++this.#preVoteRound;
    const votes = new Map<NodeId, boolean>([[state.id, true]]);
    state.role = { role: 'preCandidate', round, votes };
    for (const to of this.#otherVoters()) {
      state.send(to, { type: 'preVoteRequest', term: state.term + 1, round, lastIndex: state.log.lastIndex, lastTerm: state.log.lastTerm });
    }
    this.#countPreVotes(votes);
  }

  #startElection(transfer: boolean): void {
    const state = this.#state;
    const selfVoteWriteId = state.saveHardState(state.term + 1, state.id);
    state.role = { role: 'candidate', votes: new Map(), selfVoteWriteId };
    this.#redraw();
    for (const to of this.#otherVoters()) {
      state.send(to, { type: 'voteRequest', term: state.term, lastIndex: state.log.lastIndex, lastTerm: state.log.lastTerm, transfer });
    }
  }

  #countPreVotes(votes: ReadonlyMap<NodeId, boolean>): void {
    const outcome = this.#tally(votes);
    if (outcome === 'won') this.#startElection(false);
    else if (outcome === 'lost') this.#retreat();
  }

  #countVotes(votes: ReadonlyMap<NodeId, boolean>): boolean {
    const outcome = this.#tally(votes);
    if (outcome === 'lost') this.#retreat();
    return outcome === 'won';
  }

  #tally(votes: ReadonlyMap<NodeId, boolean>): 'won' | 'lost' | 'pending' {
    const lostLeader = this.#lost?.leader;
    return tally(this.#state.configuration, (id) => votes.get(id) ?? (id === lostLeader ? false : undefined));
  }

  /** The leader that was lost speaks: it may be the one vote that is missing, so its silence is no refusal any more. */
  #livesAgain(from: NodeId): void {
    if (this.#lost?.leader === from) this.#lost = null;
  }

  /**
   * After a leader's death all ask within a few ms, and two who campaign at once take the votes from each other: whoever is asked lets the other
   * go first, and of two who ask each other the one with the higher id does. Once for each loss, so that one who can never win holds up nobody.
   */
  #yieldTo(other: NodeId): void {
    const state = this.#state;
    const { role } = state.role;
    if (this.#lost === null || this.#lost.hasYielded || (role !== 'follower' && !(role === 'preCandidate' && other < state.id))) return;
    this.#lost.hasYielded = true;
    state.role = { role: 'follower' };
    this.#deadlineMs = Math.max(this.#deadlineMs, state.nowMs + this.#draw(lostLinkDelayMaxMs, lostLinkDelayMaxMs * 2 - 1));
  }

  /** A majority refused: try again later. */
  #retreat(): void {
    this.#state.role = { role: 'follower' };
    this.#redrawBriefly();
  }

  /**
   * While the leader is known to be gone there is nothing to wait for but each other: the next attempt comes soon, and
   * each later one after twice the wait, until the usual timeout is reached.
   */
  #redrawBriefly(): void {
    this.#redraw();
    if (this.#lost === null || this.#lost.retryDelayMs >= this.#state.options.electionTimeoutMinMs) return;
    const { retryDelayMs } = this.#lost;
    this.#deadlineMs = this.#state.nowMs + this.#draw(retryDelayMs, retryDelayMs * 2 - 1);
  }

  #redraw(): void {
    const { nowMs, options } = this.#state;
    this.#deadlineMs = nowMs + this.#draw(options.electionTimeoutMinMs, options.electionTimeoutMaxMs);
    this.#waitedAfterStall = false;
  }

  /**
   * A wait in whole ms, usually between these two. Who is preferred draws from the first eighth, who is reluctant from as wide a
   * range after all others': each still campaigns within a bounded time, so that no priority can keep a group without a leader.
   */
  #draw(minMs: number, maxMs: number): number {
    const { random, options: { electionPriority } } = this.#state;
    switch (electionPriority) {
      case 'preferred': return random.between(minMs, minMs + Math.ceil((maxMs - minMs) / 8) + 1);
      case 'normal': return random.between(minMs, maxMs + 1);
      case 'reluctant': return random.between(maxMs + 1, 2 * maxMs - minMs + 2);
      default: return unreachable(electionPriority);
    }
  }

  #otherVoters(): readonly NodeId[] {
    const { configuration, id } = this.#state;
    return peersOf({ ...configuration, learners: [] }, id);
  }
}
