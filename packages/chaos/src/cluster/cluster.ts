import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { connectWorker, meshStatus, type Worker } from '@raft-mesh/mesh-node';
import type { ManagerId, MeshStatus } from '@raft-mesh/protocol';
import { noTrouble, type ChaosControl, type Direction, type DiskTrouble } from '../control/chaos-control.ts';
import { ChaosDirectory } from '../control/chaos-directory.ts';
import { built } from './built.ts';
import { Child } from './child.ts';
import type { ClusterNetwork } from './cluster-network.ts';
import { MeshKeys } from './mesh-keys.ts';
import { NamespaceNetwork } from './namespace-network.ts';
import { RelayNetwork } from './relay-network.ts';

export interface ClusterOptions {
  /** Made when missing; everything of the cluster lies there. */
  readonly directory: string;
  readonly managers: number;
  /** Names of groups of clients that can be parted from managers. */
  readonly clientGroups: readonly string[];
  /** A relay on loopback, or a network namespace for each manager. */
  readonly network: 'relay' | 'namespaces';
  /** The program of a manager. Default: this package's own. */
  readonly managerEntry?: string;
  /** A manager ended, and nobody here made it. */
  readonly onEnded: (manager: ManagerId, how: string) => void;
}

const stopGraceMs = 3_000;
const connectTimeoutMs = 30_000;
/** Small, so that logs are compacted and snapshots sent within a run. */
const snapshotLogBytes = 512 * 1024;

/** Managers as real processes, each with a disk and links that can be broken, and no control plane. */
export class Cluster {
  readonly #options: ClusterOptions;
  readonly #keys: MeshKeys;
  readonly #chaos: ChaosDirectory;
  readonly #network: ClusterNetwork;
  readonly #managers = new Map<ManagerId, Child>();
  readonly #operateToken: string;
  readonly #paused = new Map<ManagerId, number>();

  private constructor(options: ClusterOptions, keys: MeshKeys, chaos: ChaosDirectory, network: ClusterNetwork, operateToken: string) {
    this.#options = options;
    this.#keys = keys;
    this.#chaos = chaos;
    this.#network = network;
    this.#operateToken = operateToken;
  }

  /** Resolves when all managers listen. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const { directory, managers, clientGroups } = options;
    const logs = join(directory, 'logs');
    await mkdir(logs, { recursive: true, mode: 0o700 });
    const chaos = new ChaosDirectory(join(directory, 'chaos'));
    const network = options.network === 'relay' ? await RelayNetwork.start(managers, clientGroups, chaos, logs) : await NamespaceNetwork.start(managers, chaos);
    const keys = new MeshKeys(network.managers);
    const cluster = new Cluster(options, keys, chaos, network, await keys.operateToken());
    try {
      for (const id of cluster.ids) await keys.createManager(join(directory, 'managers', id), id);
      await Promise.all(cluster.ids.map((id) => cluster.start(id)));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  get can(): ClusterNetwork['can'] {
    return this.#network.can;
  }

  get ids(): readonly ManagerId[] {
    return this.#keys.description.managers.map(({ id }) => id);
  }

  isRunning(id: ManagerId): boolean {
    return this.#managers.get(id)?.isRunning === true;
  }

  pidOf(id: ManagerId): number {
    return this.#managers.get(id)?.process.pid ?? 0;
  }

  /** Resolves when it listens. */
  async start(id: ManagerId): Promise<void> {
    if (this.isRunning(id)) return;
    const { directory } = this.#options;
    const child = new Child({
      runBy: this.#network.runBy(id), entry: this.#options.managerEntry ?? built('manager/main.js'), logFile: join(directory, 'logs', `${id}.log`),
      firstLine: JSON.stringify({ directory: join(directory, 'managers', id), chaosDirectory: this.#chaos.directory, host: this.#network.managers.find((manager) => manager.id === id)?.host, snapshotLogBytes }),
    });
    this.#managers.set(id, child);
    void child.exited.then(({ code, signal }) => { if (this.#managers.get(id) === child) this.#options.onEnded(id, signal ?? `exit code ${String(code)}`); });
    await child.ready;
  }

  /** SIGKILL. */
  async kill(id: ManagerId): Promise<void> {
    await this.#taken(id)?.kill();
  }

  /** SIGTERM, then SIGKILL if it takes more than 3 s. */
  async shutDown(id: ManagerId): Promise<void> {
    await this.#taken(id)?.stop(stopGraceMs);
  }

  /** SIGSTOP; first it is noted, so that it goes on should this process die. Resolves with the moment (of `performance.now()`) at which it was stopped. */
  async pause(id: ManagerId): Promise<number> {
    this.#paused.set(id, this.pidOf(id));
    await this.#notePaused();
    this.#managers.get(id)?.process.kill('SIGSTOP');
    return performance.now();
  }

  async resume(id: ManagerId): Promise<void> {
    this.#managers.get(id)?.process.kill('SIGCONT');
    if (this.#paused.delete(id)) await this.#notePaused();
  }

  async #notePaused(): Promise<void> {
    await this.#chaos.writePaused([...this.#paused].map(([id, pid]) => ({ id, pid })));
  }

  /** Resolves when it is so. */
  setLinks(cuts: readonly Direction[], delays: ChaosControl['delays']): Promise<void> {
    return this.#network.setLinks(cuts, delays);
  }

  async setDisk(id: ManagerId, trouble: DiskTrouble): Promise<void> {
    await this.#chaos.change((control) => ({ ...control, disks: { ...control.disks, [id]: trouble } }));
  }

  async setAllDisks(trouble: DiskTrouble): Promise<void> {
    await this.#chaos.change((control) => ({ ...control, disks: Object.fromEntries(this.ids.map((id) => [id, trouble])) }));
  }

  /** Whoever is asked answers, whatever is cut between managers. */
  status(timeoutMs = 500): Promise<MeshStatus> {
    const { mesh, managers } = this.#keys.description;
    return meshStatus({ mesh, managers, token: this.#operateToken, timeoutMs });
  }

  /** A worker with every permission, in one of the groups of clients. Rejects when nobody welcomes it within 30 s. */
  async connect(name: string, group: string, transport: 'http' | 'websocket'): Promise<Worker> {
    return connectWorker({ transport, timeoutMs: connectTimeoutMs, join: await this.#keys.join(name), dialAddress: this.#network.dialAddress(group) });
  }

  /** Nothing is wrong any more, and everybody runs. */
  async heal(): Promise<void> {
    await this.setLinks([], []);
    await this.setAllDisks(noTrouble);
    await Promise.all(this.ids.map((id) => this.resume(id)));
    await Promise.all(this.ids.map((id) => this.start(id)));
  }

  /** Ends every process. */
  async stop(): Promise<void> {
    await Promise.all(this.ids.map((id) => this.resume(id)));
    await Promise.all(this.ids.map((id) => this.shutDown(id)));
    await this.#network.stop();
  }

  /** Its end is nobody else's news. */
  #taken(id: ManagerId): Child | null {
    const child = this.#managers.get(id) ?? null;
    this.#managers.delete(id);
    return child;
  }
}
