import type { Configuration, Learner } from './configuration.ts';
import { isInForce, isJoint, leaveJoint, membersMax, refusalOf, stepTowards } from './configuration-change.ts';
import type { Target } from './configuration-change.ts';
import type { ChangeRefusal } from './effect.ts';
import type { Election } from './election.ts';
import { entryBytes } from './entry-size.ts';
import type { ConfigurationEntry } from './entry.ts';
import type { LogIndex, NodeId, Term } from './identity.ts';
import type { Input } from './input.ts';
import type { Leadership } from './leadership.ts';
import type { NodeState } from './node-state.ts';
import type { Progress } from './progress.ts';
import type { Replication } from './replication.ts';

type ChangeConfiguration = Extract<Input, { readonly type: 'changeConfiguration' }>;

/**
 * A learner that may vote lacks at most this many entries, all of them on their way (so at most `inflightBytesMax` bytes): a quorum
 * that needs it at once waits for one exchange, not for a repair. It must also have been heard within an election timeout.
 */
export const caughtUpEntriesMax = 4096;

/**
 * A leader's part in changing who votes: joint consensus (paper §6, thesis §4.3). A joint configuration is left by whoever leads
 * when it is committed, learners that may are promoted, and a leader that is no longer a voter hands over and steps down.
 */
export class Membership {
  readonly #state: NodeState;
  readonly #replication: Replication;
  readonly #election: Election;
  /** To whom leadership is being handed over, `null` while it is not. */
  readonly #transferringTo: () => NodeId | null;
  /** The change under way that the driver of this node asked for. */
  #asked: { readonly changeId: number; readonly term: Term } | null = null;

  constructor(state: NodeState, replication: Replication, election: Election, transferringTo: () => NodeId | null) {
    this.#state = state;
    this.#replication = replication;
    this.#election = election;
    this.#transferringTo = transferringTo;
  }

  onChange({ changeId, basedOn, voters, learners }: ChangeConfiguration): void {
    const state = this.#state;
    const { leadership, configuration, configurationIndex } = state;
    const target = { voters, learners };
    if (leadership === null) {
      this.#refuse(changeId, { code: 'notLeader', leader: state.leader });
      return;
    }
    const refusal = this.#refusalNow(leadership) ?? refusalOf(target);
    if (refusal !== null) {
      this.#refuse(changeId, refusal);
      return;
    }
    if (isInForce(configuration, target)) {
      state.emit({ type: 'changeDone', changeId, index: configurationIndex });
      return;
    }
    const entry = this.#entryOf(leadership, stepTowards(configuration, target));
    const targetRefusal = this.#targetRefusal(leadership, basedOn, target, entry);
    if (targetRefusal !== null) {
      this.#refuse(changeId, targetRefusal);
      return;
    }
    this.#asked = { changeId, term: state.term };
    this.#replication.append(leadership, [entry]);
  }

  /** Called at the end of every step, before what waits on this leadership is told that it is over: does what a commit, or the loss of the lead, brings. */
  afterStep(): void {
    const state = this.#state;
    const { leadership } = state;
    if (this.#asked !== null && (leadership === null || this.#asked.term !== state.term)) this.#finish({ code: 'leadershipLost' });
    // A configuration of an earlier term may look committed, and yet another leader's have won: an own entry must be committed first.
    if (leadership === null || state.commitIndex < leadership.noopIndex || state.commitIndex < state.configurationIndex) return;
    if (isJoint(state.configuration)) {
      this.#append(leadership, leaveJoint(state.configuration));
      return;
    }
    if (this.#asked !== null) {
      state.emit({ type: 'changeDone', changeId: this.#asked.changeId, index: state.configurationIndex });
      this.#asked = null;
    }
    if (state.isVoter) this.#promote(leadership);
    else this.#leave(leadership);
  }

  /** The node stops: nobody waits in vain. */
  stop(): void {
    this.#finish({ code: 'stopped' });
  }

  /** Why no change at all can begin now. */
  #refusalNow(leadership: Leadership): ChangeRefusal | null {
    const state = this.#state;
    const to = this.#transferringTo();
    if (to !== null) return { code: 'transferring', to };
    if (state.commitIndex < leadership.noopIndex) return { code: 'notReady' };
    return state.isChangingConfiguration ? { code: 'changeInProgress', index: state.configurationIndex } : null;
  }

  /** Why this change cannot begin now. */
  #targetRefusal(leadership: Leadership, basedOn: LogIndex, { voters }: Target, entry: ConfigurationEntry): ChangeRefusal | null {
    const { configuration, configurationIndex, options } = this.#state;
    if (basedOn !== configurationIndex) return { code: 'configurationChanged', index: configurationIndex };
    for (const { id } of voters) {
      if (configuration.voters.some((voter) => voter.id === id)) continue;
      const learner = configuration.learners.find((candidate) => candidate.id === id);
      const progress = learner === undefined ? undefined : leadership.progress.get(id);
      if (progress === undefined || !this.#hasCaughtUp(progress)) return { code: 'notCaughtUp', id, behindEntries: this.#behindEntries(progress) };
    }
    const limitBytes = options.uncommittedBytesMax;
    return leadership.uncommittedBytes + entryBytes(entry) > limitBytes ? { code: 'backlogFull', limitBytes } : null;
  }

  #hasCaughtUp(progress: Progress): boolean {
    const { log, nowMs, options } = this.#state;
    return progress.state === 'replicate' && progress.nextIndex > log.lastIndex && log.lastIndex - progress.matchIndex <= caughtUpEntriesMax
      && progress.isHeard(nowMs, options.electionTimeoutMaxMs);
  }

  #behindEntries(progress: Progress | undefined): number | null {
    return progress === undefined || progress.lastContactAtMs === null ? null : this.#state.log.lastIndex - progress.matchIndex;
  }

  /** Makes voters of the learners that may be and have caught up, as far as there is room. */
  #promote(leadership: Leadership): void {
    const { voters, learners } = this.#state.configuration;
    if (!learners.some(({ promotable }) => promotable) || this.#transferringTo() !== null) return;
    const isReady = ({ id, promotable }: Learner): boolean => {
      const progress = leadership.progress.get(id);
      return promotable && progress !== undefined && this.#hasCaughtUp(progress);
    };
    const promoted = new Set(learners.filter(isReady).slice(0, membersMax - voters.length));
    if (promoted.size === 0) return;
    this.#append(leadership, {
      voters: [...voters, ...[...promoted].map(({ id, address }) => ({ id, address }))],
      votersOutgoing: voters,
      learners: learners.filter((learner) => !promoted.has(learner)),
    });
  }

  /** The configuration without this leader is committed (thesis §4.2.2): all are told, and the best placed voter need not wait for its timer. */
  #leave(leadership: Leadership): void {
    const state = this.#state;
    this.#replication.heartbeat(leadership);
    let best: Progress | null = null;
    for (const { id } of state.configuration.voters) {
      const progress = leadership.progress.get(id);
      if (progress?.isHeard(state.nowMs, state.options.electionTimeoutMaxMs) === true && progress.matchIndex > (best?.matchIndex ?? 0)) best = progress;
    }
    const lastTerm = best === null ? null : state.log.termAt(best.matchIndex);
    if (best !== null && lastTerm !== null) state.send(best.id, { type: 'timeoutNow', term: state.term, lastIndex: best.matchIndex, lastTerm });
    this.#election.follow(state.term, null);
  }

  #append(leadership: Leadership, configuration: Configuration): void {
    this.#replication.append(leadership, [this.#entryOf(leadership, configuration)]);
  }

  #entryOf(leadership: Leadership, configuration: Configuration): ConfigurationEntry {
    const { term, log, nowMs } = this.#state;
    return { kind: 'configuration', term, index: log.lastIndex + 1, logTimeMs: leadership.logTimeMs(nowMs), configuration };
  }

  #finish(reason: ChangeRefusal): void {
    if (this.#asked !== null) this.#refuse(this.#asked.changeId, reason);
    this.#asked = null;
  }

  #refuse(changeId: number, reason: ChangeRefusal): void {
    this.#state.emit({ type: 'changeRefused', changeId, reason });
  }
}
