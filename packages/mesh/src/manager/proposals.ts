import type { ManagerToManager } from '@raft-mesh/protocol';
import { decodeRecord } from '@raft-mesh/protocol';
import type { NodeId } from '@raft-mesh/raft';
import type { Outcome, Refusal } from '@raft-mesh/state-machine';
import type { Clock } from '../ports/clock.ts';
import type { Observer } from '../ports/observer.ts';
import type { ForwardNumbers } from './forward-numbers.ts';
import type { Leadership, ProposalResult } from './raft-driver.ts';

/** How a submitted record ended. `refused` is not final: nothing is known to have happened, and the same record may be submitted again. */
export type SubmissionEnd =
  | { readonly ended: 'applied'; readonly index: number; readonly outcome: Outcome | null }
  | { readonly ended: 'refused'; readonly refusal: Refusal; readonly retryAfterMs: number };

interface Submission {
  readonly data: Uint8Array;
  readonly done: (end: SubmissionEnd) => void;
  readonly submittedAtMs: number;
  /** Where it was last sent, in which term; `null` while it waits for a leader. */
  sent: { readonly to: NodeId; readonly term: number } | null;
  /** The forward that carries it, 0 for none. */
  forward: number;
  position: { readonly term: number; readonly index: number } | null;
}

export interface ProposalsOptions {
  readonly self: NodeId;
  readonly clock: Clock;
  readonly forwards: ForwardNumbers;
  readonly observer?: Observer | null;
  readonly leadership: () => Leadership;
  /** False while this manager's own store waits for room: it can take nothing into a log. */
  readonly hasRoom: () => boolean;
  readonly propose: (data: Uint8Array, done: (result: ProposalResult) => void) => void;
  /** False when there is no link to that manager. */
  readonly send: (to: NodeId, message: ManagerToManager) => boolean;
}

const openMax = 65_536;
const openBytesMax = 64 * 1024 * 1024;
/** An election takes less than this; until then a record waits here rather than at the worker. */
const noLeaderWaitMs = 1_500;
const answerWaitMs = 10_000;
const sweepIntervalMs = 100;
const redispatchDelayMs = 20;
const recentMax = 1_024;
const diskFull: SubmissionEnd = { ended: 'refused', refusal: { code: 'diskFull', message: 'the disk of this manager is full: what was committed is safe, and it goes on when there is room' }, retryAfterMs: 1_000 };

/**
 * Brings records into the log: to Raft here when this manager leads, else to the leader, once. Over a change of leader
 * nothing is lost or reordered: when the first entry of a newer term is applied, what was sent in older terms and has not
 * been applied by then never will be, and is sent again.
 */
export class Proposals {
  readonly #options: ProposalsOptions;
  /** Everything not ended, in the order of submission. */
  readonly #open = new Set<Submission>();
  #openBytes = 0;
  /** How many of the open ones wait to be sent, and how many were sent in each term. */
  #waiting = 0;
  readonly #sentInTerm = new Map<number, number>();
  readonly #forwards = new Map<number, Submission>();
  readonly #positions = new Map<number, Submission>();
  /** Outcomes applied lately, for a forward's answer that arrives after its entry. */
  readonly #recent = new Map<number, { readonly term: number; readonly outcome: Outcome | null }>();
  #appliedTerm = 0;
  #cancelSweep: (() => void) | null = null;
  #dispatchSet = false;
  #closed = false;

  constructor(options: ProposalsOptions) {
    this.#options = options;
  }

  /** Submitted, and not ended. */
  get open(): { readonly count: number; readonly sizeBytes: number } {
    return { count: this.#open.size, sizeBytes: this.#openBytes };
  }

  /** Submits the bytes of a record. Returns what forgets it (its record may still be applied). */
  submit(data: Uint8Array, done: (end: SubmissionEnd) => void): () => void {
    if (this.#closed || this.#open.size >= openMax || this.#openBytes + data.length > openBytesMax) {
      done({ ended: 'refused', refusal: { code: 'overloaded', message: 'this manager has as many open commands as it takes' }, retryAfterMs: 100 });
      return () => {};
    }
    if (this.#mustRefuse()) { done(diskFull); return () => {}; }
    const submission: Submission = { data, done, submittedAtMs: this.#options.clock.nowMs(), sent: null, forward: 0, position: null };
    this.#open.add(submission);
    this.#openBytes += data.length;
    this.#count(null, 1);
    // Behind others that wait it waits with them: what holds them up ends with a dispatch.
    if (this.#waiting === 1) this.#dispatchNewest(submission);
    this.#armSweep();
    return () => this.#forget(submission);
  }

  /** With a full disk this manager cannot lead; where another does, that one takes what is submitted here. */
  #mustRefuse(): boolean {
    const { hasRoom, leadership, self } = this.#options;
    if (hasRoom()) return false;
    const { leader } = leadership();
    return leader === null || leader === self;
  }

  /** The leader, the term or a link has changed: what waits may go now. */
  routeChanged(): void {
    this.#dispatch();
  }

  /** The last link to this manager is gone: whether it got what has no answer yet is not known, so it goes again. */
  unreachable(peer: NodeId): void {
    for (const submission of this.#open) if (submission.sent?.to === peer && submission.position === null) this.#recall(submission);
    this.#dispatch();
  }

  /** An entry was applied here. Called for every entry, in order. */
  applied(index: number, term: number, outcome: Outcome | null): void {
    const submission = this.#positions.get(index);
    if (submission !== undefined) {
      if (submission.position?.term === term) this.#end(submission, { ended: 'applied', index, outcome });
      else this.#recall(submission);
    }
    if (outcome !== null) {
      this.#recent.set(index, { term, outcome });
      if (this.#recent.size > recentMax) for (const oldest of this.#recent.keys()) { this.#recent.delete(oldest); break; }
    }
    if (term > this.#appliedTerm) {
      this.#appliedTerm = term;
      for (const open of this.#open) if (open.sent !== null && open.sent.term < term) this.#recall(open);
      this.#dispatch();
    }
  }

  /** The state was taken from a snapshot: which of the records are in it is not known, so all go again. */
  restored(): void {
    for (const submission of this.#open) this.#recall(submission);
    this.#recent.clear();
    this.#dispatch();
  }

  /** Leader's side of a forward. It is never forwarded on. */
  takeForward(from: NodeId, message: Extract<ManagerToManager, { type: 'forwardProposal' }>): void {
    const { forward, record } = message;
    const answer = (result: Extract<ManagerToManager, { type: 'forwardResult' }>['result']) => { this.#options.send(from, { type: 'forwardResult', forward, result }); };
    try {
      // What cannot be read back must not get into the log, where it would stop every replica.
      decodeRecord(record);
    } catch {
      answer({ status: 'refused', refusal: { code: 'invalidRecord', message: 'these bytes are no record' }, nextSequence: null });
      return;
    }
    this.#options.observer?.commandForwarded(from, record);
    this.#options.propose(record, (result) => {
      if (result.accepted) { answer({ status: 'appended', term: result.term, index: result.index }); return; }
      const { code } = result.reason;
      answer({ status: 'refused', refusal: { code: code === 'backlogFull' ? 'overloaded' : code, message: 'the leader did not take this record' }, nextSequence: null });
    });
  }

  takeForwardResult(message: Extract<ManagerToManager, { type: 'forwardResult' }>): void {
    const submission = this.#forwards.get(message.forward);
    if (submission === undefined) return;
    this.#forwards.delete(message.forward);
    submission.forward = 0;
    if (message.result.status === 'appended') this.#placed(submission, message.result);
    else this.#refused(submission, message.result.refusal.code);
  }

  /** Refuses everything open: whoever asked goes on with another manager. */
  close(): void {
    this.#closed = true;
    this.#cancelSweep?.();
    for (const submission of this.#open) this.#end(submission, { ended: 'refused', refusal: { code: 'stopping', message: 'this manager is stopping' }, retryAfterMs: 0 });
  }

  /** Sends the one that was submitted last, if nothing holds it up; unlike `dispatch` without a look at all others. */
  #dispatchNewest(submission: Submission): void {
    const { leadership, self } = this.#options;
    const { leader, term } = leadership();
    if (leader === null) return;
    for (const sentTerm of this.#sentInTerm.keys()) if (sentTerm < term) return;
    if (leader === self) this.#proposeHere(submission, term);
    else this.#forwardTo(leader, submission, term);
  }

  #dispatch(): void {
    if (this.#closed || this.#waiting === 0) return;
    const { leadership, self } = this.#options;
    const { leader, term } = leadership();
    if (leader === null) return;
    // While it is open whether the records of an older term got in, newer ones wait, or they would overtake them.
    let unsettled = false;
    for (const submission of this.#open) {
      if (submission.sent !== null) { unsettled ||= submission.sent.term < term; continue; }
      if (unsettled) return;
      if (leader === self) this.#proposeHere(submission, term);
      else if (!this.#forwardTo(leader, submission, term)) return;
    }
  }

  #proposeHere(submission: Submission, term: number): void {
    const sent = { to: this.#options.self, term };
    this.#mark(submission, sent);
    this.#options.propose(submission.data, (result) => {
      if (!this.#open.has(submission) || submission.sent !== sent) return;
      if (result.accepted) this.#placed(submission, result);
      else this.#refused(submission, result.reason.code);
    });
  }

  #forwardTo(leader: NodeId, submission: Submission, term: number): boolean {
    const forward = this.#options.forwards.take();
    if (!this.#options.send(leader, { type: 'forwardProposal', forward, record: submission.data })) return false;
    this.#mark(submission, { to: leader, term });
    submission.forward = forward;
    this.#forwards.set(forward, submission);
    return true;
  }

  #placed(submission: Submission, { term, index }: { readonly term: number; readonly index: number }): void {
    const known = this.#recent.get(index);
    if (known?.term === term) { this.#end(submission, { ended: 'applied', index, outcome: known.outcome }); return; }
    submission.position = { term, index };
    this.#mark(submission, submission.sent === null ? null : { to: submission.sent.to, term });
    this.#positions.set(index, submission);
  }

  #refused(submission: Submission, code: string): void {
    switch (code) {
      // A leader that hands over takes nothing: the next one will, in a moment.
      case 'notLeader': case 'leadershipLost': case 'transferring':
        this.#recall(submission);
        this.#dispatchSoon();
        return;
      case 'overloaded': case 'backlogFull':
        this.#end(submission, { ended: 'refused', refusal: { code: 'overloaded', message: 'the leader has more uncommitted commands than it takes' }, retryAfterMs: 50 });
        return;
      default:
        this.#end(submission, { ended: 'refused', refusal: { code: code === 'stopped' ? 'stopping' : code, message: 'the managers did not take this command' }, retryAfterMs: 100 });
    }
  }

  /** Takes a submission back to where it waits for a leader. */
  #recall(submission: Submission): void {
    this.#unlist(submission);
    this.#mark(submission, null);
    submission.forward = 0;
    submission.position = null;
  }

  #forget(submission: Submission): void {
    if (!this.#open.delete(submission)) return;
    this.#openBytes -= submission.data.length;
    this.#count(submission.sent, -1);
    this.#unlist(submission);
  }

  #end(submission: Submission, end: SubmissionEnd): void {
    this.#forget(submission);
    submission.done(end);
  }

  #mark(submission: Submission, sent: Submission['sent']): void {
    this.#count(submission.sent, -1);
    submission.sent = sent;
    this.#count(sent, 1);
  }

  #count(sent: Submission['sent'], by: 1 | -1): void {
    if (sent === null) { this.#waiting += by; return; }
    const count = (this.#sentInTerm.get(sent.term) ?? 0) + by;
    if (count === 0) this.#sentInTerm.delete(sent.term);
    else this.#sentInTerm.set(sent.term, count);
  }

  #unlist(submission: Submission): void {
    if (submission.forward !== 0) this.#forwards.delete(submission.forward);
    const { position } = submission;
    if (position !== null && this.#positions.get(position.index) === submission) this.#positions.delete(position.index);
  }

  /** The other side may know of a change that we are about to learn; asking again at once would only go round. */
  #dispatchSoon(): void {
    if (this.#dispatchSet || this.#closed) return;
    this.#dispatchSet = true;
    this.#options.clock.setTimer(redispatchDelayMs, () => { this.#dispatchSet = false; this.#dispatch(); });
  }

  #armSweep(): void {
    if (this.#cancelSweep !== null || this.#closed) return;
    this.#cancelSweep = this.#options.clock.setTimer(sweepIntervalMs, () => {
      this.#cancelSweep = null;
      const nowMs = this.#options.clock.nowMs();
      const leaderKnown = this.#options.leadership().leader !== null;
      for (const submission of this.#open) {
        const ageMs = nowMs - submission.submittedAtMs;
        if (ageMs <= noLeaderWaitMs) break;
        if (!leaderKnown || submission.sent === null) {
          this.#end(submission, this.#mustRefuse() ? diskFull : { ended: 'refused', refusal: { code: 'noLeader', message: 'no leader could be reached: a majority of the managers must be up' }, retryAfterMs: 100 });
        } else if (ageMs > answerWaitMs) {
          this.#end(submission, { ended: 'refused', refusal: { code: 'timedOut', message: 'the leader did not commit this in time' }, retryAfterMs: 100 });
        }
      }
      this.#dispatch();
      if (this.#open.size > 0) this.#armSweep();
    });
  }
}
