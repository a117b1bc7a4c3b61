import { assert } from './assert.ts';
import { entryBytes } from './entry-size.ts';
import type { Entry } from './entry.ts';
import type { LogIndex, NodeId, Term } from './identity.ts';
import { Leadership } from './leadership.ts';
import type { AppendAccepted, AppendRejected, AppendRequest } from './message.ts';
import type { NodeState } from './node-state.ts';
import type { Progress } from './progress.ts';
import { committedIndex } from './quorum.ts';
import type { SnapshotSender } from './snapshot-sender.ts';

/** A message carries at most this many entries, however small. */
const appendEntriesMax = 8192;

interface Anchor { readonly index: LogIndex; readonly term: Term }

/** A leader's side of replication: keeps every peer's log like its own, and commits (paper §5.3, §5.4.2). */
export class Replication {
  readonly #state: NodeState;
  readonly #snapshots: SnapshotSender;
  /** The last message of the append under way: peers that stand alike are sent the very same, which a driver need encode only once. */
  #shared: AppendRequest | null = null;
  #isAppending = false;

  constructor(state: NodeState, snapshots: SnapshotSender) {
    this.#state = state;
    this.#snapshots = snapshots;
  }

  /** Takes the lead: a no-op of the new term lets everything before it commit (§5.4.2, §8). */
  lead(): void {
    const state = this.#state;
    const { log, nowMs } = state;
    let uncommittedBytes = 0;
    for (let index = state.commitIndex + 1; index <= log.lastIndex; index++) uncommittedBytes += entryBytes(log.entryAt(index));
    const leadership = new Leadership(state.options, state.configuration, log.lastIndex, state.logTimeHeardMs, uncommittedBytes, nowMs);
    state.role = { role: 'leader', leadership };
    state.leader = state.id;
    this.append(leadership, [{ kind: 'noop', term: state.term, index: log.lastIndex + 1, logTimeMs: leadership.logTimeMs(nowMs) }]);
  }

  /** Appends at the end of the leader's own log and sends what each peer's window allows. */
  append(leadership: Leadership, entries: readonly Entry[]): void {
    const state = this.#state;
    state.appendEntries(null, entries);
    leadership.adopt(state.configuration, state.configurationIndex);
    for (const entry of entries) leadership.uncommittedBytes += entryBytes(entry);
    this.#isAppending = true;
    for (const progress of leadership.progress.values()) this.#replicate(leadership, progress);
    this.#isAppending = false;
    this.#shared = null;
  }

  onAccepted(leadership: Leadership, progress: Progress, response: AppendAccepted): void {
    const { log } = this.#state;
    if (response.matchIndex > log.lastIndex) return;
    const { leaving } = progress;
    if (leaving !== null && response.matchIndex >= leaving.index && progress.commitIndexSent >= leaving.index) {
      leadership.progress.delete(progress.id);
      return;
    }
    const advanced = response.matchIndex > progress.matchIndex;
    progress.acknowledge(response.matchIndex);
    const caughtUp = progress.matchIndex + 1 === progress.nextIndex;
    if (progress.state === 'probe') {
      if (caughtUp && log.termAt(progress.matchIndex) !== null) progress.replicate();
      else if (log.termAt(progress.nextIndex - 1) === null) progress.probeSent = false;
    } else if (progress.state === 'snapshot' && log.termAt(progress.matchIndex) !== null) {
      progress.replicate();
    }
    if (advanced) this.commit(leadership);
    this.#replicate(leadership, progress);
    this.#announceCommit(leadership, progress);
  }

  onRejected(leadership: Leadership, progress: Progress, response: AppendRejected): void {
    const { log } = this.#state;
    const { previousIndex } = response;
    const isStale = progress.state === 'probe' ? previousIndex !== progress.nextIndex - 1 : previousIndex <= progress.matchIndex;
    if (progress.state === 'snapshot' || isStale) return;
    const agreement = Math.min(log.lastIndexWithTermAtMost(response.hintIndex, response.hintTerm), previousIndex - 1);
    progress.probeFrom(agreement + 1);
    this.#replicate(leadership, progress);
  }

  /** Who still does not know what is committed has waited long enough. */
  onTime(leadership: Leadership): void {
    if (this.#state.nowMs < leadership.announceCommitAtMs) return;
    leadership.announceCommitAtMs = Infinity;
    for (const progress of leadership.progress.values()) if (this.#lacksCommit(progress)) this.#sendEmpty(leadership, progress);
  }

  /** Sent to all in every heartbeat interval: keeps the lead, finds losses, carries commit index, log time and read context. */
  heartbeat(leadership: Leadership): void {
    for (const progress of leadership.progress.values()) {
      if (this.#givesUp(progress)) {
        leadership.progress.delete(progress.id);
        continue;
      }
      if (progress.state === 'snapshot') this.#snapshots.onHeartbeat(progress);
      // What was on its way may be lost, and is compacted: nothing here can be sent again.
      else if (progress.state === 'replicate' && this.#anchor(progress) === null) this.probe(progress);
      this.#sendEmpty(leadership, progress);
    }
  }

  /** The driver or the peer gave up on a snapshot, or its link went: find out anew where it stands. */
  probe(progress: Progress): void {
    progress.probeFrom(progress.matchIndex + 1);
  }

  onSnapshotInstalled(leadership: Leadership, progress: Progress, index: LogIndex): void {
    progress.acknowledge(index);
    progress.probeFrom(progress.matchIndex + 1);
    this.commit(leadership);
    this.#replicate(leadership, progress);
  }

  /** Commits what a majority holds durably, once that includes an entry of this term (§5.4.2). */
  commit(leadership: Leadership): void {
    const state = this.#state;
    const { log, configuration, commitIndex } = state;
    const index = committedIndex(configuration, (id: NodeId) => (id === state.id ? state.writes.durableIndex : leadership.progress.get(id)?.matchIndex ?? 0));
    if (index <= commitIndex || log.termAt(index) !== state.term) return;
    for (let committed = commitIndex + 1; committed <= index; committed++) {
      const entry = log.entryAt(committed);
      leadership.uncommittedBytes -= entryBytes(entry);
      if (entry.kind !== 'command') leadership.urgentCommitIndex = committed;
    }
    assert(leadership.uncommittedBytes >= 0, () => 'more bytes were committed than appended');
    state.commitThrough(index);
    for (const progress of leadership.progress.values()) this.#announceCommit(leadership, progress);
  }

  #replicate(leadership: Leadership, progress: Progress): void {
    switch (progress.state) {
      case 'snapshot': return;
      case 'probe': this.#probe(leadership, progress); return;
      case 'replicate':
        while (progress.nextIndex <= this.#state.log.lastIndex && !progress.inflight.isFull) {
          const anchor = this.#anchor(progress);
          if (anchor === null) { this.#snapshots.start(progress); return; }
          const { entries, bytes } = this.#entriesFor(progress);
          this.#send(leadership, progress, anchor, entries);
          progress.sent(progress.nextIndex + entries.length - 1, bytes);
        }
    }
  }

  /** One append at a time, until an answer shows where the logs agree. */
  #probe(leadership: Leadership, progress: Progress): void {
    if (progress.probeSent) return;
    const anchor = this.#anchor(progress);
    // A snapshot is read and sent only to a peer that answers.
    if (anchor === null && progress.isHeard(this.#state.nowMs, this.#state.options.electionTimeoutMaxMs)) { this.#snapshots.start(progress); return; }
    progress.probeSent = true;
    if (anchor === null) this.#sendEmpty(leadership, progress);
    else this.#send(leadership, progress, anchor, this.#entriesFor(progress).entries);
  }

  /** Tells a peer with nothing on its way what is committed, at once or in a moment; any other learns it from the next append. */
  #announceCommit(leadership: Leadership, progress: Progress): void {
    if (!this.#lacksCommit(progress)) return;
    const { nowMs, options: { commitAnnounceDelayMs } } = this.#state;
    // The next append comes in less than a moment while there is work, and then a message and its answer are saved.
    if (commitAnnounceDelayMs === 0 || progress.commitIndexSent < leadership.urgentCommitIndex) this.#sendEmpty(leadership, progress);
    else leadership.announceCommitAtMs = Math.min(leadership.announceCommitAtMs, nowMs + commitAnnounceDelayMs);
  }

  #lacksCommit(progress: Progress): boolean {
    return progress.state === 'replicate' && progress.inflight.isEmpty && progress.commitIndexSent < this.#state.commitIndex;
  }

  #sendEmpty(leadership: Leadership, progress: Progress): void {
    // Index 0 lies before every log, so an append there is always accepted: the answer says what the peer has committed.
    const anchor = progress.state === 'snapshot' ? null : this.#anchor(progress);
    this.#send(leadership, progress, anchor ?? { index: 0, term: 0 }, []);
  }

  #send(leadership: Leadership, progress: Progress, previous: Anchor, entries: readonly Entry[]): void {
    const state = this.#state;
    // The peer commits no further than what this append verifies.
    progress.commitIndexSent = Math.min(state.commitIndex, previous.index + entries.length);
    // The leader's own disk need not be done: it counts itself only when it is (thesis §10.2.1).
    const request: AppendRequest = {
      type: 'appendRequest', term: state.term, previousIndex: previous.index, previousTerm: previous.term, entries,
      commitIndex: state.commitIndex, logTimeMs: leadership.logTimeMs(state.nowMs), readContext: leadership.readContext,
    };
    const shared = this.#shared !== null && isSame(this.#shared, request) ? this.#shared : request;
    if (this.#isAppending) this.#shared = shared;
    state.send(progress.id, shared);
  }

  /** Whether a peer that left has had an election timeout to learn that this is committed. */
  #givesUp(progress: Progress): boolean {
    const { nowMs, options, commitIndex } = this.#state;
    const { leaving } = progress;
    if (leaving === null || commitIndex < leaving.index) return false;
    if (leaving.untilMs === null) progress.leaving = { ...leaving, untilMs: nowMs + options.electionTimeoutMaxMs };
    return nowMs >= (leaving.untilMs ?? Infinity);
  }

  #anchor(progress: Progress): Anchor | null {
    const index = progress.nextIndex - 1;
    const term = this.#state.log.termAt(index);
    return term === null ? null : { index, term };
  }

  #entriesFor(progress: Progress): { readonly entries: readonly Entry[]; readonly bytes: number } {
    const { log, options } = this.#state;
    return log.slice(progress.nextIndex, log.lastIndex, options.appendBytesMax, appendEntriesMax);
  }
}

/** Two requests of one step by one leader, whose log does not change meanwhile. */
function isSame(one: AppendRequest, other: AppendRequest): boolean {
  return one.previousIndex === other.previousIndex && one.entries.length === other.entries.length && one.commitIndex === other.commitIndex
    && one.logTimeMs === other.logTimeMs && one.readContext === other.readContext && one.term === other.term && one.previousTerm === other.previousTerm;
}
