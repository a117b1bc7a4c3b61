import type { AppliedStep, LogWrite } from '@raft-mesh/mesh';
import type { Configuration, Effect, Entry, HardState, Input, LogIndex, Member, Message, NodeId, PersistedState, RaftStatus, SnapshotMeta, Term } from '@raft-mesh/raft';
import type { Checker, Observation, Observed } from '@raft-mesh/simulator';

export const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'] as unknown as readonly [NodeId, NodeId, NodeId, NodeId, NodeId];

export function configurationOf(voters: readonly NodeId[], votersOutgoing: readonly NodeId[] = []): Configuration {
  const members = (ids: readonly NodeId[]): readonly Member[] => ids.map((id) => ({ id, address: `http://${id}` }));
  return { voters: members(voters), votersOutgoing: members(votersOutgoing), learners: [] };
}

export function snapshotAt(lastIndex: LogIndex, lastTerm: Term, configuration = configurationOf([a, b, c])): SnapshotMeta {
  return { lastIndex, lastTerm, logTimeMs: 0, configuration, sizeBytes: 10 };
}

export function command(index: LogIndex, term: Term, text = `${index}.${term}`, logTimeMs = index): Entry {
  return { kind: 'command', index, term, logTimeMs, data: new TextEncoder().encode(text) };
}

export function configurationEntry(index: LogIndex, term: Term, configuration: Configuration): Entry {
  return { kind: 'configuration', index, term, logTimeMs: index, configuration };
}

interface Actor { status: RaftStatus; hardState: HardState; snapshot: SnapshotMeta; entries: Entry[]; nextWriteId: number; isUp: boolean }

/** A made-up cluster of a, b and c: tells the checkers under test what they would see, one step after another. What nodes do is up to the test. */
export class Script {
  readonly #checkers: readonly Checker[];
  readonly #actors = new Map<NodeId, Actor>();
  readonly #observed: Observed;

  constructor(checkers: Checker | readonly Checker[], nodes: readonly NodeId[] = [a, b, c]) {
    this.#checkers = 'observe' in checkers ? [checkers] : checkers;
    const actors = this.#actors;
    this.#observed = {
      nowMs: 0,
      get nodes() { return [...actors.keys()]; },
      status: (node) => (this.#actor(node).isUp ? this.#actor(node).status : null),
      durableTermAt: (node, index) => {
        const { entries, snapshot } = this.#actor(node);
        return entries.find((entry) => entry.index === index)?.term ?? (index <= snapshot.lastIndex ? 'snapshot' : null);
      },
      durableHardState: (node) => this.#actor(node).hardState,
    };
    for (const node of nodes) this.start(node, { hardState: { term: 0, votedFor: null }, snapshot: snapshotAt(0, 0, configurationOf(nodes)), entries: [] });
  }

  /** By default with what its disk holds. */
  start(node: NodeId, persisted: PersistedState = this.#persistedBy(node)): void {
    const { hardState, snapshot, entries } = persisted;
    const lastIndex = entries.at(-1)?.index ?? snapshot.lastIndex;
    const status: RaftStatus = {
      id: node, role: 'follower', term: hardState.term, leader: null, commitIndex: snapshot.lastIndex, appliedIndex: snapshot.lastIndex, lastIndex, firstIndex: entries[0]?.index ?? lastIndex + 1,
      logTimeMs: 0, configuration: snapshot.configuration, configurationIndex: snapshot.lastIndex, quiescent: false, peers: [], stopped: false,
    };
    this.#actors.set(node, { status, hardState, snapshot, entries: [...entries], nextWriteId: 1, isUp: true });
    this.see({ kind: 'started', node, persisted });
  }

  crash(node: NodeId): void {
    this.#actor(node).isUp = false;
    this.see({ kind: 'crashed', node });
  }

  step(node: NodeId, change: Partial<RaftStatus>, effects: readonly Effect[] = [], input: Input = { type: 'time' }, nowMs = 0): void {
    const actor = this.#actor(node);
    actor.status = { ...actor.status, ...change };
    const { status } = actor;
    this.see({ kind: 'stepped', node, step: { nowMs, input, effects, status: () => status } });
  }

  /** Takes entries into the log and asks the disk for them; returns the id of the write. */
  append(node: NodeId, entries: readonly Entry[], { truncateFrom = null, change = {}, effects = [] }: { readonly truncateFrom?: LogIndex | null; readonly change?: Partial<RaftStatus>; readonly effects?: readonly Effect[] } = {}): number {
    const writeId = this.#actor(node).nextWriteId++;
    const last = entries.at(-1);
    const configuration = entries.findLast((entry) => entry.kind === 'configuration');
    const adopted = configuration?.kind === 'configuration' ? { configuration: configuration.configuration, configurationIndex: configuration.index } : {};
    this.step(node, { lastIndex: last?.index ?? 0, ...adopted, ...change }, [{ type: 'write', writeId, hardState: null, truncateFrom, entries }, ...effects]);
    return writeId;
  }

  /** The disk takes it, and nobody is told. */
  flush(node: NodeId, write: Partial<LogWrite>): void {
    const { hardState = null, truncateFrom = null, entries = [] } = write;
    const actor = this.#actor(node);
    if (hardState !== null) actor.hardState = hardState;
    if (truncateFrom !== null) actor.entries = actor.entries.filter(({ index }) => index < truncateFrom);
    actor.entries.push(...entries);
    this.see({ kind: 'written', node, write: { hardState, truncateFrom, entries } });
  }

  /** Takes entries into the log and onto the disk, and the core learns of it. */
  store(node: NodeId, entries: readonly Entry[], truncateFrom: LogIndex | null = null): void {
    const writeId = this.append(node, entries, { truncateFrom });
    this.flush(node, { entries, truncateFrom });
    this.step(node, {}, [], { type: 'written', writeId });
  }

  vote(node: NodeId, term: Term, votedFor: NodeId | null): void {
    this.flush(node, { hardState: { term, votedFor } });
  }

  /** A fair election. */
  elect(node: NodeId, term: Term, voters: readonly NodeId[] = [a, b]): void {
    for (const voter of voters) this.vote(voter, term, node);
    this.step(node, { role: 'leader', term, leader: node });
  }

  send(node: NodeId, to: NodeId, message: Message, after: number | null = null, change: Partial<RaftStatus> = {}): void {
    this.step(node, change, [{ type: 'send', to, message, after }]);
  }

  sent(node: NodeId, to: NodeId, message: Message): void {
    this.see({ kind: 'sent', node, to, message });
  }

  apply(node: NodeId, entry: Entry, step: Partial<AppliedStep> = {}): void {
    const result = { outcome: null, touchedModules: new Set<string>(), events: [], failures: [] };
    this.see({ kind: 'applied', node, step: { entry, record: null, result, runningDigest: `digest ${entry.index}`, ...step } });
    const { status } = this.#actor(node);
    this.#actor(node).status = { ...status, logTimeMs: Math.max(status.logTimeMs, entry.logTimeMs) };
  }

  /** The disk has a snapshot in the place of its log. */
  install(node: NodeId, snapshot: SnapshotMeta): void {
    const actor = this.#actor(node);
    actor.snapshot = snapshot;
    actor.entries = [];
    this.see({ kind: 'snapshotInstalled', node, snapshot });
  }

  /** Its disk is gone. */
  retire(node: NodeId): void {
    const actor = this.#actor(node);
    actor.entries = [];
    actor.snapshot = snapshotAt(0, 0);
    actor.isUp = false;
    this.see({ kind: 'retired', node });
  }

  see(observation: Observation): void {
    for (const checker of this.#checkers) checker.observe(observation, this.#observed);
  }

  #persistedBy(node: NodeId): PersistedState {
    const { hardState, snapshot, entries } = this.#actor(node);
    return { hardState, snapshot, entries: [...entries] };
  }

  #actor(node: NodeId): Actor {
    const actor = this.#actors.get(node);
    if (actor === undefined) throw new Error(`${node} is not in this script`);
    return actor;
  }
}
