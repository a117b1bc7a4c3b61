import { encodeRecord } from '@raft-mesh/protocol';
import type { Entry, Message, NodeId, RaftOptions } from '@raft-mesh/raft';
import { defaultRaftOptions } from '@raft-mesh/raft';
import type { AgentId, App, LogRecord, Outcome } from '@raft-mesh/state-machine';
import { applied, defineModule } from '@raft-mesh/state-machine';
import type { MemoryManagerStore, SeededRandom, SimulatedClock } from '@raft-mesh/testkit';
import { ForwardNumbers } from '../src/manager/forward-numbers.ts';
import { LogTimeKeeper } from '../src/manager/log-time-keeper.ts';
import { Proposals } from '../src/manager/proposals.ts';
import type { SubmissionEnd } from '../src/manager/proposals.ts';
import { RaftDriver } from '../src/manager/raft-driver.ts';
import { Replica } from '../src/manager/replica.ts';
import { Snapshots } from '../src/manager/snapshots.ts';

interface BookState { readonly total: number; readonly alarms: { readonly [name: string]: number }; readonly rang: { readonly [name: string]: number }; readonly padding: string }

const anyValue = <Value>() => ({ safeParse: (value: unknown) => ({ success: true as const, data: value as Value }) });

/** Counts every command, and how often each alarm rang. */
export const book = defineModule({
  name: 'book',
  version: 1,
  // So big that a snapshot travels in several pieces.
  initial: (): BookState => ({ total: 0, alarms: {}, rang: {}, padding: 'x'.repeat(3_000) }),
  commands: {
    add: {
      schema: anyValue<{ readonly alarm: string | null; readonly inMs: number }>(),
      apply: (state: BookState, { alarm, inMs }, ctx) => applied({ ...state, total: state.total + 1, alarms: alarm === null ? state.alarms : { ...state.alarms, [alarm]: ctx.logTimeMs + inMs } }, state.total + 1),
    },
  },
  queries: {},
  deadlineMs: (state) => (Object.keys(state.alarms).length === 0 ? null : Math.min(...Object.values(state.alarms))),
  expire: (state, ctx) => {
    const due = Object.keys(state.alarms).filter((name) => (state.alarms[name] ?? 0) <= ctx.logTimeMs);
    return {
      ...state,
      alarms: Object.fromEntries(Object.entries(state.alarms).filter(([name]) => !due.includes(name))),
      rang: { ...state.rang, ...Object.fromEntries(due.map((name) => [name, (state.rang[name] ?? 0) + 1])) },
    };
  },
  view: () => null,
});

const app: App = { name: 'book-app', version: 1, modules: [book] };

/** What a life of a node needs from around it. */
export interface Surroundings {
  readonly id: NodeId;
  readonly clock: SimulatedClock;
  readonly random: SeededRandom;
  readonly raft: Partial<RaftOptions>;
  readonly send: (to: NodeId, message: Message) => void;
  /** Delivers to the proposals of another node's life, late but for sure unless it ends; false when it is down. */
  readonly pass: (to: NodeId, deliver: (proposals: Proposals) => void) => boolean;
  /** After each entry, with the hash of everything applied so far. */
  readonly onApplied: (index: number, digest: string) => void;
  readonly onOutcome: (life: Life, agent: AgentId, sequence: number, outcome: Outcome) => void;
  readonly onRestored: () => void;
  readonly onStopped: (life: Life, reason: string) => void;
}

/** One life of one manager, from the Raft driver to the replicated state; no links, no workers. */
export class Life {
  readonly store: MemoryManagerStore;
  readonly replica: Replica;
  readonly driver: RaftDriver;
  readonly proposals: Proposals;
  readonly keeper: LogTimeKeeper;
  over = false;

  static async begin(surroundings: Surroundings, store: MemoryManagerStore): Promise<Life> {
    const persisted = await store.load();
    const { id, clock, random } = surroundings;
    const snapshots: Snapshots = new Snapshots({
      app, store, clock, logBytes: 1_500,
      current: () => ({ snapshot: life.replica.machine.snapshot(), term: life.replica.term, configuration: life.replica.configuration }),
      onTaken: (snapshot) => life.driver.snapshotTaken(snapshot, 3),
      onNoRoom: () => {}, onFailed: (reason) => life.#stop(surroundings, reason),
    });
    const replica = new Replica(await snapshots.load(persisted.snapshot), persisted.snapshot);
    const driver: RaftDriver = new RaftDriver({
      raft: { ...defaultRaftOptions, ...surroundings.raft, id, persisted, seed: random.next() }, store, clock, trace: null,
      send: surroundings.send, onConfiguration: () => {},
      apply: (entries) => life.#apply(surroundings, snapshots, entries),
      beforeInstall: () => snapshots.idle(),
      restore: async (snapshot) => {
        replica.restore(await snapshots.load(snapshot), snapshot);
        life.proposals.restored();
        life.keeper.applied(snapshot.lastIndex);
        surroundings.onRestored();
      },
      onLeadership: () => { life.proposals.routeChanged(); life.keeper.leadershipChanged(); },
      onStopped: (reason) => life.#stop(surroundings, reason),
    });
    const proposals: Proposals = new Proposals({
      self: id, clock, forwards: new ForwardNumbers(random), leadership: () => driver.leadership, hasRoom: () => true, propose: (data, done) => driver.propose(data, done),
      send: (to, message) => {
        switch (message.type) {
          case 'forwardProposal': return surroundings.pass(to, (other) => other.takeForward(id, message));
          case 'forwardResult': return surroundings.pass(to, (other) => other.takeForwardResult(message));
          default: throw new Error(`proposals sent a ${message.type}`);
        }
      },
    });
    const keeper = new LogTimeKeeper({
      clock, random, isLeader: () => driver.leadership.leader === id, logTimeMs: () => driver.status().logTimeMs,
      nextDeadlineMs: () => replica.machine.nextDeadlineMs, propose: (data, done) => driver.propose(data, done),
    });
    const life = new Life(store, replica, driver, proposals, keeper);
    driver.start();
    return life;
  }

  private constructor(store: MemoryManagerStore, replica: Replica, driver: RaftDriver, proposals: Proposals, keeper: LogTimeKeeper) {
    this.store = store;
    this.replica = replica;
    this.driver = driver;
    this.proposals = proposals;
    this.keeper = keeper;
  }

  get book(): BookState { return this.replica.machine.stateOf('book') as BookState; }

  submit(record: LogRecord, done: (end: SubmissionEnd) => void): () => void {
    return this.proposals.submit(encodeRecord(record), done);
  }

  /** SIGKILL: nothing of it happens any more. */
  end(): void {
    this.over = true;
    this.keeper.close();
    this.driver.halt();
    this.proposals.close();
  }

  #apply(surroundings: Surroundings, snapshots: Snapshots, entries: readonly Entry[]): void {
    let bytes = 0;
    for (const entry of entries) {
      const { index, term, record, result } = this.replica.apply(entry);
      bytes += 32 + (entry.kind === 'command' ? entry.data.length : 0);
      surroundings.onApplied(index, this.replica.machine.runningDigest);
      if (record?.kind === 'command' && result.outcome !== null) surroundings.onOutcome(this, record.agent, record.sequence, result.outcome);
      this.proposals.applied(index, term, record?.kind === 'runtime' ? result.outcome : null);
    }
    snapshots.applied(bytes);
    this.keeper.applied(this.replica.machine.appliedIndex);
  }

  #stop(surroundings: Surroundings, reason: string): void {
    if (this.over) return;
    this.end();
    surroundings.onStopped(this, reason);
  }
}
