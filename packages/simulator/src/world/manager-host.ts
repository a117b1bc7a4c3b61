import type { Manager, ManagerOptions, Trace } from '@raft-mesh/mesh';
import { Manager as RealManager } from '@raft-mesh/mesh';
import type { ManagerId, ManagerIdentity } from '@raft-mesh/protocol';
import { nodeIdOf } from '@raft-mesh/protocol';
import type { Configuration, Entry, Member, NodeId, RaftStatus } from '@raft-mesh/raft';
import { Violation } from '../checkers/checker.ts';
import type { Disk } from './disk.ts';
import type { EventLoop } from './event-loop.ts';
import type { DiskOptions, DiskWrite } from './simulated-disk.ts';
import { FileDisk } from './files/file-disk.ts';
import type { StoreOnFiles } from './files/store-files.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import type { DeathNotice, SimulatedNetwork } from './simulated-network.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { SimulatedRandom } from './simulated-random.ts';
import type { Witness } from './witness.ts';

export interface ManagerHostOptions {
  readonly seed: number;
  readonly loop: EventLoop;
  readonly network: SimulatedNetwork;
  readonly witness: Witness;
  readonly driftPpm: number;
  readonly disk: Pick<DiskOptions, 'flushMinMs' | 'flushMeanMs' | 'tornPerMille'>;
  /** Puts the disks under a real store; `null`: they are models of one. */
  readonly files: { readonly store: StoreOnFiles; readonly segmentBytesMax: number } | null;
  /** What every manager of the run is made with. */
  readonly manager: (identity: ManagerIdentity) => Pick<ManagerOptions, 'app' | 'authority' | 'log'> & Partial<ManagerOptions>;
  /** It has stopped by itself, or could not start: its process is to be ended. */
  readonly onStopped: (host: ManagerHost) => void;
  readonly onPendingWrite: (host: ManagerHost) => void;
  /** It has stopped because it is in the mesh no more. */
  readonly onLeft: (host: ManagerHost) => void;
  readonly onApplied: (entry: Entry) => void;
}

/**
 * `away`: the process does not run. `retired`: the disk is gone or damaged, and the manager waits to join in a new incarnation.
 * `removed`: it has left for good.
 */
export type HostState = 'away' | 'starting' | 'up' | 'retired' | 'removed';

const nobody: Configuration = { voters: [], votersOutgoing: [], learners: [] };

/** One machine with one manager: through all the lives of its process, and all its incarnations. */
export class ManagerHost {
  readonly place: number;
  readonly name: ManagerId;
  readonly url: string;
  readonly #options: ManagerHostOptions;
  #identity: ManagerIdentity;
  #disk: Disk;
  #process: SimulatedProcess | null = null;
  #manager: Manager | null = null;
  #state: HostState;
  #lives = 0;
  /** Where its state machine stands, in this life. */
  applied: { readonly index: number; readonly runningDigest: string } = { index: 0, runningDigest: '' };

  /** With the configuration of a mesh that it founds with others; `null` for one that has yet to join, and is retired until then. */
  constructor(place: number, configuration: Configuration | null, options: ManagerHostOptions) {
    this.place = place;
    this.name = managerName(place);
    this.url = urlOf(this.name);
    this.#options = options;
    this.#identity = { ...options.network.mesh, manager: this.name, managerIncarnation: configuration === null ? 0 : 1 };
    this.#disk = this.#newDisk(configuration ?? nobody);
    this.#state = configuration === null ? 'retired' : 'away';
  }

  get node(): NodeId {
    return nodeIdOf(this.name, this.#identity.managerIncarnation);
  }

  get member(): Member {
    return { id: this.node, address: this.url };
  }

  /** Who it will be when it joins anew. */
  get nextMember(): Member {
    return { id: nodeIdOf(this.name, this.#identity.managerIncarnation + 1), address: this.url };
  }

  get state(): HostState {
    return this.#state;
  }

  get disk(): Disk {
    return this.#disk;
  }

  /** `null` while no process runs. */
  get process(): SimulatedProcess | null {
    return this.#process;
  }

  /** `null` unless it has started. */
  get manager(): Manager | null {
    return this.#state === 'up' ? this.#manager : null;
  }

  /** `null` unless it has started. */
  get status(): RaftStatus | null {
    return this.manager?.raftStatus() ?? null;
  }

  /** The configuration that it goes by: in memory, or on its disk while it is away. */
  get configuration(): { readonly index: number; readonly configuration: Configuration } {
    const { status } = this;
    return status === null ? this.#disk.platter.configuration : { index: status.configurationIndex, configuration: status.configuration };
  }

  /** Begins a life, unless one goes on, or none may come any more. */
  start(): void {
    if (this.#state !== 'away') return;
    const { seed, loop, network, witness, driftPpm } = this.#options;
    const { node } = this;
    this.#lives += 1;
    const random = new SimulatedRandom(seed, `manager ${node} life ${this.#lives}`);
    const process = new SimulatedProcess(`manager ${node}`, loop, { driftPpm, clockStartMs: 1_000 + random.below(1_000_000) });
    const store = this.#disk.openStore(process, (persisted) => {
      this.applied = { index: 0, runningDigest: '' };
      witness.saw({ kind: 'started', node, persisted });
    });
    const manager = new RealManager({
      ...this.#options.manager(this.#identity),
      identity: this.#identity, url: this.url, store, dialer: network.dialer(this.url, process), clock: process, random, pid: this.#lives,
      trace: this.#trace(node), onStopped: (reason) => this.#stopped(process, reason),
      onLeft: (reason) => {
        if (!process.alive) return;
        witness.saw({ kind: 'stopped', node, reason, expected: true });
        this.#options.onLeft(this);
      },
    });
    this.#process = process;
    this.#manager = manager;
    this.#state = 'starting';
    manager.start().then(() => {
      if (!process.alive) return;
      this.#state = 'up';
      network.listen(this.url, process, manager);
    }, (error: unknown) => { this.#stopped(process, `it could not start: ${error instanceof Error ? error.message : String(error)}`); });
  }

  /** SIGKILL, or the power: what was not flushed is lost, but for what the disk makes of it. */
  crash(notice: DeathNotice): void {
    if (this.#process === null) return;
    this.#process.kill();
    this.#options.network.died(this.url, notice);
    this.#disk.crash();
    this.#process = null;
    this.#manager = null;
    this.#state = 'away';
    this.#options.witness.saw({ kind: 'crashed', node: this.node });
  }

  /** Its disk is of no use any more: this node never comes back. */
  retire(): void {
    this.crash('reset');
    if (this.#state === 'retired' || this.#state === 'removed') return;
    this.#state = 'retired';
    this.#options.witness.saw({ kind: 'retired', node: this.node });
  }

  /** Gone for good. */
  remove(): void {
    this.crash('reset');
    this.#state = 'removed';
  }

  /** A retired one gets a new disk and a new incarnation; `configuration` is where it finds the others. It is away until started. */
  beginAnew(configuration: Configuration): void {
    if (this.#state !== 'retired') throw new Error(`manager ${this.node} has a disk and is not to begin anew`);
    this.#identity = { ...this.#identity, managerIncarnation: this.#identity.managerIncarnation + 1 };
    this.#disk = this.#newDisk(configuration);
    this.#options.network.forget(this.url);
    this.#state = 'away';
  }

  #newDisk(configuration: Configuration): Disk {
    const { seed, loop, witness, disk, files } = this.#options;
    const { node } = this;
    const options: DiskOptions = {
      ...disk, loop, random: new SimulatedRandom(seed, `disk ${node}`),
      happened: (kind) => witness.happened(kind),
      onDurable: (write: DiskWrite) => {
        if (write.kind === 'log') witness.saw({ kind: 'written', node, write: write.write });
        else if (write.kind === 'install') witness.saw({ kind: 'snapshotInstalled', node, snapshot: write.snapshot });
      },
      onPending: () => this.#options.onPendingWrite(this),
    };
    if (files === null) return new SimulatedDisk(configuration, options);
    return new FileDisk(configuration, { ...options, ...files, identity: this.#identity, violated: (violation) => witness.broke(violation) });
  }

  #trace(node: NodeId): Trace {
    const { witness } = this.#options;
    return {
      stepped: (step) => witness.saw({ kind: 'stepped', node, step }),
      applied: (step) => {
        this.applied = { index: step.entry.index, runningDigest: step.runningDigest };
        witness.saw({ kind: 'applied', node, step });
        this.#options.onApplied(step.entry);
      },
      restored: (index, runningDigest) => {
        this.applied = { index, runningDigest };
        witness.saw({ kind: 'restored', node, index, runningDigest });
      },
    };
  }

  #stopped(process: SimulatedProcess, reason: string): void {
    if (!process.alive) return;
    const { witness } = this.#options;
    const expected = this.#disk.hasFailed;
    witness.saw({ kind: 'stopped', node: this.node, reason, expected });
    if (!expected) witness.broke(new Violation('managersKeepRunning', `manager ${this.node} stopped for no reason of its disk: ${reason}`));
    this.#options.onStopped(this);
  }
}

export function managerName(place: number): ManagerId {
  return `m${place}` as ManagerId;
}

export function urlOf(name: ManagerId): string {
  return `memory://${name}`;
}
