import type { Worker } from '@raft-mesh/mesh';
import { connect } from '@raft-mesh/mesh';
import { moveTokenOf } from '@raft-mesh/protocol';
import type { ManagerAddress, MeshIdentity } from '@raft-mesh/protocol';
import type { AgentId } from '@raft-mesh/state-machine';
import { MemoryWorkerStore } from '@raft-mesh/testkit';
import { Violation } from '../checkers/checker.ts';
import type { Client } from '../clients/client.ts';
import type { EventLoop } from './event-loop.ts';
import { nativeDigest } from './native-digest.ts';
import type { SimulatedNetwork } from './simulated-network.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { SimulatedRandom } from './simulated-random.ts';
import type { Witness } from './witness.ts';

export interface WorkerHostOptions {
  readonly seed: number;
  readonly loop: EventLoop;
  readonly network: SimulatedNetwork;
  readonly witness: Witness;
  readonly mesh: MeshIdentity;
  /** Whom it is to be: several machines may be one agent, one after another. */
  readonly agent: AgentId;
  /** Of the mesh, or of the agent's own machine so far. */
  readonly token: string;
  /** Where managers are to be found now. */
  readonly managers: () => readonly ManagerAddress[];
  /** Makes its client, by name. */
  readonly clientOf: (name: string) => Client;
}

/** What a machine is told when another one is its agent; the others, when it was about to try the token that it once came with, and crashed. */
const tellsOfMove: ReadonlySet<string> = new Set(['movedAway', 'tokenSpent', 'tokenInvalid']);

/** How long a worker's store takes, in ms: a crash in between loses what is not saved yet. */
const flushesMs = [1, 1, 10, 40] as const;

/** One worker's machine: through all the lives of its process, with the store that outlives them. */
export class WorkerHost {
  readonly name: string;
  readonly #options: WorkerHostOptions;
  readonly #random: SimulatedRandom;
  readonly #flushMs: number;
  readonly #client: Client;
  #store = new MemoryWorkerStore({ kind: 'manual' });
  #process: SimulatedProcess | null = null;
  #lives = 0;
  /** Called when its store has something to write. */
  onSaving: () => void = () => {};
  /** Called when it is welcomed for the first time. */
  onIn: () => void = () => {};
  #wasIn = false;
  /** The life that has asked for a private link, and not heard of it. */
  #offering: SimulatedProcess | null = null;
  /** Another machine has what it takes to be this agent. */
  #mayBeLeft = false;
  #isLeft = false;
  #worker: Worker | null = null;
  /** The managers that its invitation named when this life began. */
  #invitedTo: readonly ManagerAddress[] = [];

  constructor(name: string, options: WorkerHostOptions) {
    this.name = name;
    this.#options = options;
    this.#random = new SimulatedRandom(options.seed, `crashes of ${name}`);
    this.#flushMs = this.#random.pick(flushesMs);
    this.#client = options.clientOf(name);
  }

  get agent(): AgentId {
    return this.#options.agent;
  }

  get clientOf(): (name: string) => Client {
    return this.#options.clientOf;
  }

  /** Its agent has gone on to another machine, and it knows: nothing happens here any more. */
  get isLeft(): boolean {
    return this.#isLeft;
  }

  get address(): string {
    return `memory://${this.name}`;
  }

  get isUp(): boolean {
    return this.#process !== null;
  }

  /** True when it knows none of these managers, and so will not find them by itself. */
  isLost(managers: ReadonlySet<string>): boolean {
    const known = this.#worker?.managers ?? this.#invitedTo;
    return this.isUp && !known.some(({ id }) => managers.has(id));
  }

  /** Its store has something to write: a crash would lose it, or not. */
  get isSaving(): boolean {
    return this.isUp && this.#store.flushes.waiting > 0;
  }

  /** How it fares, for people. */
  describe(): string {
    const worker = this.#worker;
    if (this.#isLeft) return `${this.name} was left`;
    if (worker === null) return `${this.name} is ${this.#process === null ? 'down' : 'not welcomed yet'}`;
    return `${this.name} is ${worker.state.phase} and knows ${worker.managers.map(({ id }) => id).join(' ')}`;
  }

  /** Begins a life, unless one goes on. */
  start(): void {
    if (this.#process !== null || this.#isLeft) return;
    const { seed, loop, network, witness, mesh, token, managers } = this.#options;
    this.#lives += 1;
    this.#invitedTo = managers();
    const random = new SimulatedRandom(seed, `worker ${this.name} life ${this.#lives}`);
    const process = new SimulatedProcess(`worker ${this.name}`, loop, { driftPpm: 0, clockStartMs: random.below(1_000_000) });
    this.#process = process;
    this.#store = new MemoryWorkerStore({ kind: 'delayed', clock: process, delayMs: this.#flushMs }, this.#store);
    this.#store.flushes.onWaiting = () => this.onSaving();
    connect({
      store: this.#store, dialer: network.dialer(this.address, process), clock: process, random, agentKind: 'cli',
      join: { mesh, token, name: this.name, managers: this.#invitedTo },
      onState: (state) => {
        if (!process.alive || state.phase !== 'ended' || state.error === null) return;
        if (this.#mayBeLeft && tellsOfMove.has(state.error.code)) this.#leave();
        else witness.broke(new Violation('workersAreLetIn', `${this.name} was put out: ${state.error.code}: ${state.error.message}`));
      },
    }).then((worker) => {
      if (!process.alive) return;
      this.#worker = worker;
      if (!this.#wasIn) this.onIn();
      this.#wasIn = true;
      this.#client.started(worker, process);
    }, (error: unknown) => {
      if (process.alive) witness.broke(new Violation('workersAreLetIn', `${this.name} could not connect: ${String(error)}`));
    });
  }

  /** Makes a private link; `onMade` is given its token as soon as this machine knows that it holds, if it ever does. */
  offerMove(onMade: (token: string) => void): void {
    const [worker, process] = [this.#worker, this.#process];
    if (worker === null || process === null || this.#mayBeLeft || this.#offering === process) return;
    // Another link would void this one.
    this.#offering = process;
    const code = `${this.#random.identifier()}${this.#random.identifier()}_`;
    void worker.send('members', 'offerMove', { codeHash: nativeDigest(code) }).then((result) => {
      if (!process.alive) return;
      this.#offering = null;
      if (result.status !== 'committed') return;
      this.#mayBeLeft = true;
      onMade(moveTokenOf({ agent: this.agent, code }));
    });
  }

  #leave(): void {
    this.#isLeft = true;
    this.crash();
    this.#client.stopped();
  }

  /** SIGKILL. Some of what its store was writing survives. */
  crash(): void {
    if (this.#process === null) return;
    this.#process.kill();
    this.#process = null;
    this.#options.network.died(this.address, 'reset');
    this.#store = this.#store.crash(this.#random.below(this.#store.flushes.waiting + 1));
    if (this.#worker !== null) this.#client.died();
    this.#worker = null;
  }
}
