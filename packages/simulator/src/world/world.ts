import type { ManagerOptions } from '@raft-mesh/mesh';
import type { ManagerAddress, ManagerIdentity, MeshId, MeshIdentity } from '@raft-mesh/protocol';
import type { Configuration, Entry, Member, Message, NodeId } from '@raft-mesh/raft';
import { nodeIdOf } from '@raft-mesh/protocol';
import type { AgentId, App } from '@raft-mesh/state-machine';
import { TestIssuer } from '@raft-mesh/testkit';
import type { Observed } from '../checkers/observation.ts';
import type { Client } from '../clients/client.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Disk } from './disk.ts';
import type { EventLoop } from './event-loop.ts';
import type { StoreOnFiles } from './files/store-files.ts';
import type { ManagerHostOptions } from './manager-host.ts';
import { ManagerHost, managerName, urlOf } from './manager-host.ts';
import type { NetworkRates } from './path.ts';
import { nativeDigest } from './native-digest.ts';
import { RetryCounter } from './retry-counter.ts';
import { SimulatedNetwork } from './simulated-network.ts';
import { SimulatedRandom } from './simulated-random.ts';
import type { Witness } from './witness.ts';
import { WorkerHost } from './worker-host.ts';

const mesh: MeshIdentity = { mesh: 'simulated' as MeshId, incarnation: 1 };
const silentLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export interface WorldOptions {
  readonly scenario: Scenario;
  readonly app: App;
  readonly loop: EventLoop;
  readonly witness: Witness;
  /** For scenarios whose disks have files; without it they are models as well. */
  readonly storeOnFiles?: StoreOnFiles;
}

/** Managers and workers on one network and one time: everything that there is in a run, apart from what goes wrong. */
export class World implements Observed {
  readonly loop: EventLoop;
  readonly network: SimulatedNetwork;
  readonly witness: Witness;
  readonly hosts: ManagerHost[] = [];
  readonly workers: WorkerHost[] = [];
  readonly nodes: NodeId[] = [];
  /** How the network treats messages now. */
  rates: NetworkRates;
  /** Called when a manager has stopped by itself. */
  onStopped: (host: ManagerHost) => void = () => {};
  /** Called when a manager's disk has something to write. */
  onPendingWrite: (host: ManagerHost) => void = () => {};
  /** Called when a manager has applied an entry. */
  onApplied: (entry: Entry) => void = () => {};
  /** Called when a manager has stopped because it is in the mesh no more. */
  onLeft: (host: ManagerHost) => void = () => {};
  readonly #options: WorldOptions;
  #logTimeMs = 0;
  /** What the managers replicate, with how long this run's sessions last. */
  readonly app: App;
  readonly #issuer = new TestIssuer(mesh);
  readonly #disks = new Map<NodeId, Disk>();
  readonly #hostAt = new Map<string, ManagerHost>();

  constructor(options: WorldOptions) {
    const { scenario, app, loop, witness } = options;
    this.#options = options;
    this.loop = loop;
    this.witness = witness;
    this.rates = scenario.network;
    const { sessionLifetimeMs } = scenario.tuning;
    this.app = sessionLifetimeMs === undefined ? app : { ...app, sessionLifetimeMs };
    const retries = new RetryCounter(() => witness.happened('clientRetry'));
    this.network = new SimulatedNetwork({
      mesh, loop, rates: () => this.rates, happened: (kind) => witness.happened(kind),
      randomFor: (name) => this.randomFor(name),
      onSent: (from, to, message) => this.#sent(from, to, message),
      onDelivered: (from, to, message, sizeBytes) => {
        witness.delivered(to, message, sizeBytes);
        retries.delivered(from, message);
      },
    });
    const configuration: Configuration = {
      voters: Array.from({ length: scenario.managers }, (_, at) => ({ id: nodeIdOf(managerName(at + 1), 1), address: urlOf(managerName(at + 1)) })),
      votersOutgoing: [], learners: [],
    };
    for (let place = 1; place <= scenario.managers; place += 1) this.addManager(configuration);
    witness.observes(this);
  }

  get nowMs(): number {
    return this.loop.nowMs;
  }

  /** A stream of draws of its own. */
  randomFor(name: string): SimulatedRandom {
    return new SimulatedRandom(this.#options.scenario.seed, name);
  }

  /** A machine more, away until started: one of the founders, or (`null`) one that has yet to join. */
  addManager(configuration: Configuration | null): ManagerHost {
    const { scenario, loop, witness } = this.#options;
    const at = this.hosts.length;
    const driftPpm = scenario.clockDriftPpm[at] ?? 0;
    if (driftPpm !== 0) witness.happened('clockDrift');
    const host = new ManagerHost(at + 1, configuration, {
      seed: scenario.seed, loop, network: this.network, witness, driftPpm, disk: scenario.disk, files: this.#files,
      manager: (identity) => this.#managerOptions(identity),
      onStopped: (stopped) => this.onStopped(stopped),
      onPendingWrite: (writing) => this.onPendingWrite(writing),
      onLeft: (left) => this.onLeft(left),
      onApplied: (entry) => {
        this.#logTimeMs = Math.max(this.#logTimeMs, entry.logTimeMs);
        this.onApplied(entry);
      },
    });
    this.hosts.push(host);
    this.#hostAt.set(host.url, host);
    if (configuration !== null) this.#knowNode(host);
    return host;
  }

  /** A machine whose disk is gone, or that never was in the mesh, becomes a node that never was; `configuration` is where it finds the others. */
  beginAnew(host: ManagerHost, configuration: Configuration): void {
    const isOther = ({ address }: Member): boolean => address !== host.url;
    host.beginAnew({ voters: configuration.voters.filter(isOther), votersOutgoing: [], learners: [{ ...host.nextMember, promotable: true }] });
    this.#knowNode(host);
  }

  get #files(): ManagerHostOptions['files'] {
    const { scenario, storeOnFiles } = this.#options;
    const { files } = scenario.disk;
    return files === undefined || storeOnFiles === undefined ? null : { store: storeOnFiles, segmentBytesMax: files.segmentBytesMax };
  }

  #knowNode(host: ManagerHost): void {
    this.nodes.push(host.node);
    this.#disks.set(host.node, host.disk);
  }

  addWorker(clientOf: (name: string) => Client): WorkerHost {
    const name = `worker-${this.workers.length + 1}`;
    const agent = name as AgentId;
    return this.#addMachine(name, agent, this.#issuer.joinToken({ sub: agent }), clientOf);
  }

  /** A machine more, which begins at once to take the agent of another one over; `onIn`: it has. */
  addDevice(of: WorkerHost, moveToken: string, onIn: () => void): void {
    const device = this.#addMachine(`${of.agent}-device-${this.workers.filter(({ agent }) => agent === of.agent).length + 1}`, of.agent, moveToken, of.clientOf);
    device.onIn = onIn;
    device.start();
  }

  #addMachine(name: string, agent: AgentId, token: string, clientOf: (name: string) => Client): WorkerHost {
    const worker = new WorkerHost(name, {
      seed: this.#options.scenario.seed, loop: this.loop, network: this.network, witness: this.witness, mesh, agent, token, managers: () => this.#addresses(), clientOf,
    });
    this.workers.push(worker);
    return worker;
  }

  /** Log time of the newest entry that anyone has applied, in ms. */
  get logTimeMs(): number {
    return this.#logTimeMs;
  }

  /** The manager that leads in the newest term, as far as it knows. */
  get leader(): ManagerHost | null {
    let leader: ManagerHost | null = null;
    let newestTerm = -1;
    for (const host of this.hosts) {
      const { status } = host;
      if (status === null || status.role !== 'leader' || status.term <= newestTerm) continue;
      leader = host;
      newestTerm = status.term;
    }
    return leader;
  }

  status(node: NodeId): ReturnType<Observed['status']> {
    for (const host of this.hosts) if (host.node === node) return host.status;
    return null;
  }

  durableTermAt(node: NodeId, index: number): ReturnType<Observed['durableTermAt']> {
    // Somebody who was named and has yet to come has nothing.
    return this.#disks.get(node)?.platter.termAt(index) ?? null;
  }

  durableHardState(node: NodeId): ReturnType<Observed['durableHardState']> {
    return this.#disks.get(node)?.platter.hardState ?? { term: 0, votedFor: null };
  }

  #sent(from: string, to: string, message: Message): void {
    const sender = this.#hostAt.get(from);
    const receiver = this.#hostAt.get(to);
    if (sender !== undefined && receiver !== undefined) this.witness.saw({ kind: 'sent', node: sender.node, to: receiver.node, message });
  }

  #addresses(): readonly ManagerAddress[] {
    return this.hosts.filter(({ state }) => state !== 'removed').map(({ name, url }) => ({ id: name, url }));
  }

  #managerOptions(identity: ManagerIdentity): Pick<ManagerOptions, 'app' | 'authority' | 'digest' | 'log'> & Partial<ManagerOptions> {
    const { seed, tuning: { snapshotLogBytes, snapshotKeepEntries, workerHeartbeatIntervalMs, quiesceAfterMs, raft } } = this.#options.scenario;
    // In the proportions of the defaults: whoever beats on time is never suspected.
    const patience = { agentSuspectAfterMs: 4 * workerHeartbeatIntervalMs, agentDeadAfterMs: 20 * workerHeartbeatIntervalMs };
    // Logs are short here: in every third case, whoever has anything left to apply has the leader answer.
    const readsForwardedBehindEntries = seed % 3 === 0 ? 0 : 4_096;
    return { ...patience, readsForwardedBehindEntries, app: this.app, digest: nativeDigest, authority: this.#issuer.authorityFor(identity), log: silentLog, snapshotLogBytes, snapshotKeepEntries, workerHeartbeatIntervalMs, quiesceAfterMs, ...(raft === undefined ? {} : { raft }) };
  }
}
