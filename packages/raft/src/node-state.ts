import { Applying } from './applying.ts';
import { assert } from './assert.ts';
import type { Configuration } from './configuration.ts';
import { isJoint, isSameConfiguration } from './configuration-change.ts';
import { ConfigurationHistory } from './configuration-history.ts';
import type { Effect } from './effect.ts';
import type { Entry } from './entry.ts';
import type { LogIndex, NodeId, Term } from './identity.ts';
import type { Leadership } from './leadership.ts';
import { RaftLog } from './log.ts';
import type { Message } from './message.ts';
import type { RaftOptions, Settings } from './options.ts';
import { isVoter } from './quorum.ts';
import { Random } from './random.ts';
import { restoreLog } from './restore-log.ts';
import type { SnapshotMeta } from './snapshot.ts';
import { WriteTracker } from './write-tracker.ts';

/** What each role alone knows. */
export type RoleState =
  | { readonly role: 'follower' }
  | { readonly role: 'preCandidate'; readonly round: number; readonly votes: Map<NodeId, boolean> }
  | { readonly role: 'candidate'; readonly votes: Map<NodeId, boolean>; readonly selfVoteWriteId: number }
  | { readonly role: 'leader'; readonly leadership: Leadership };

/** The state of one node (paper Figure 2), and the few steps by which every part changes it. */
export class NodeState {
  readonly id: NodeId;
  readonly options: Settings;
  readonly random: Random;
  readonly log: RaftLog;
  readonly writes: WriteTracker;
  readonly applying = new Applying();
  readonly #configurations: ConfigurationHistory;
  #term: Term;
  #votedFor: NodeId | null;
  #commitIndex: LogIndex;
  #effects: Effect[] = [];
  role: RoleState = { role: 'follower' };
  leader: NodeId | null = null;
  /** When `leader` was last heard, in driver ms. */
  leaderHeardAtMs = -Infinity;
  /** The last snapshot that is durable here. */
  snapshot: SnapshotMeta;
  /** The highest log time known from entries, snapshots and leaders. */
  logTimeHeardMs: number;
  /** A received snapshot is being made current: the log stands still until then. */
  installing = false;
  /** Since when this node rests in an idle group, in driver ms; `null` while it is awake. */
  restingSinceMs: number | null = null;
  nowMs: number;

  constructor({ persisted, ...options }: RaftOptions, nowMs: number) {
    const { hardState, snapshot } = persisted;
    this.id = options.id;
    this.options = options;
    this.nowMs = nowMs;
    this.random = new Random(options.seed, options.id);
    const restored = restoreLog(persisted);
    this.log = new RaftLog(restored.baseIndex, restored.baseTerm);
    this.log.append(restored.entries);
    this.#configurations = new ConfigurationHistory(snapshot.lastIndex, snapshot.configuration);
    this.#configurations.append(restored.entries.filter((entry) => entry.index > snapshot.lastIndex));
    this.writes = new WriteTracker(this.log.lastIndex, restored.leftover);
    assert(hardState.term >= this.log.lastTerm, () => `term ${hardState.term} on disk is older than the last entry's, ${this.log.lastTerm}`);
    this.#term = hardState.term;
    this.#votedFor = hardState.votedFor;
    this.snapshot = snapshot;
    this.#commitIndex = snapshot.lastIndex;
    this.applying.reset(snapshot.lastIndex);
    this.logTimeHeardMs = Math.max(snapshot.logTimeMs, this.log.lastEntry?.logTimeMs ?? 0);
  }

  get term(): Term { return this.#term; }
  get votedFor(): NodeId | null { return this.#votedFor; }
  get commitIndex(): LogIndex { return this.#commitIndex; }
  get configurationIndex(): LogIndex { return this.#configurations.currentIndex; }
  get configuration(): Configuration { return this.#configurations.current; }
  /** The configuration in force is joint, or not committed yet: no other may follow, but the one that leaves a joint one. */
  get isChangingConfiguration(): boolean { return this.configurationIndex > this.#commitIndex || isJoint(this.configuration); }
  get leadership(): Leadership | null { return this.role.role === 'leader' ? this.role.leadership : null; }
  get isVoter(): boolean { return isVoter(this.configuration, this.id); }
  /**
   * Who is being taken out may hold what nobody else does, and be the only one who can win: until it knows that it is out for good
   * (the configuration without it is committed), it campaigns among those in force (thesis §4.2.2).
   */
  get mayCampaign(): boolean { return this.#configurations.from(this.#commitIndex).some((configuration) => isVoter(configuration, this.id)); }

  /** Raises the term, without a vote, or gives this term's one vote. Returns the write that makes it durable. */
  saveHardState(term: Term, votedFor: NodeId | null): number {
    assert(term > this.#term || (term === this.#term && this.#votedFor === null), () => `term ${this.#term} with a vote for ${String(this.#votedFor)} cannot become term ${term} with a vote for ${String(votedFor)}`);
    this.#term = term;
    this.#votedFor = votedFor;
    return this.writes.stageHardState({ term, votedFor }, this.nowMs);
  }

  /** Drops what conflicts from `truncateFrom` on, and appends. Adopts and rolls back configurations on the way. */
  appendEntries(truncateFrom: LogIndex | null, entries: readonly Entry[]): void {
    const { configuration } = this;
    if (truncateFrom !== null) {
      assert(truncateFrom > this.#commitIndex, () => `entry ${truncateFrom} is committed and cannot be truncated`);
      this.log.truncateFrom(truncateFrom);
      this.#configurations.truncateFrom(truncateFrom);
    }
    this.log.append(entries);
    this.#configurations.append(entries);
    this.writes.stageEntries(truncateFrom, entries, this.nowMs);
    this.logTimeHeardMs = Math.max(this.logTimeHeardMs, entries.at(-1)?.logTimeMs ?? 0);
    this.#reportConfiguration(configuration);
  }

  /** Raises the commit index and hands out what may be applied. */
  commitThrough(index: LogIndex): void {
    if (index <= this.#commitIndex) return;
    assert(index <= this.log.lastIndex, () => `cannot commit ${index}: the log ends at ${this.log.lastIndex}`);
    this.#commitIndex = index;
    this.deliver();
  }

  /** Hands out committed entries as far as the bound on what is being applied allows. */
  deliver(): void {
    for (const entries of this.applying.batches(this.log, this.#commitIndex)) this.emit({ type: 'apply', entries });
  }

  /** The driver made a durable snapshot of what this node has applied. */
  replaceSnapshot(snapshot: SnapshotMeta): void {
    const { lastIndex, configuration } = snapshot;
    assert(isSameConfiguration(this.#configurations.at(lastIndex), configuration), () => `the snapshot at ${lastIndex} carries another configuration than the one of its end`);
    this.snapshot = snapshot;
    this.#configurations.forgetBefore(lastIndex);
  }

  /** A durable snapshot from the leader took the place of log and state machine. */
  adoptSnapshot(snapshot: SnapshotMeta): void {
    const { configuration } = this;
    assert(snapshot.lastIndex > this.#commitIndex, () => `snapshot ${snapshot.lastIndex} is older than commit index ${this.#commitIndex}`);
    this.snapshot = snapshot;
    this.log.reset(snapshot.lastIndex, snapshot.lastTerm);
    this.writes.resetLog(snapshot.lastIndex);
    this.#configurations.reset(snapshot.lastIndex, snapshot.configuration);
    this.#commitIndex = snapshot.lastIndex;
    this.applying.reset(snapshot.lastIndex);
    this.logTimeHeardMs = Math.max(this.logTimeHeardMs, snapshot.logTimeMs);
    this.#reportConfiguration(configuration);
  }

  emit(effect: Effect): void {
    this.#effects.push(effect);
  }

  /** Sends once the current term and vote are durable, or after a later write when one is named. */
  send(to: NodeId, message: Message, after: number | null = this.writes.hardStateWriteId): void {
    this.emit({ type: 'send', to, message, after });
  }

  /** The effects of the step that ends now; its write goes first, so that the disk starts while the rest is done. */
  takeEffects(): Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    const write = this.writes.takeStaged();
    if (write !== null) effects.unshift(write);
    return effects;
  }

  /** Log time now: extrapolated by a leader, and by a follower at rest; else what was last heard. */
  logTimeMs(nowMs: number): number {
    const { leadership, options } = this;
    if (leadership === null) return this.logTimeHeardMs + (this.restingSinceMs === null ? 0 : Math.max(0, Math.round(nowMs - this.restingSinceMs)));
    // Who leads others is awake in every heartbeat interval, unless the group rests. What passed beyond this was slept, and will not count.
    const awakeUntilMs = leadership.progress.size > 0 && this.restingSinceMs === null ? this.nowMs + options.electionTimeoutMinMs : Infinity;
    return leadership.logTimeMs(Math.min(nowMs, awakeUntilMs));
  }

  #reportConfiguration(before: Configuration): void {
    const { configuration, configurationIndex: index } = this;
    if (configuration !== before) this.emit({ type: 'configurationAdopted', index, configuration });
  }
}
