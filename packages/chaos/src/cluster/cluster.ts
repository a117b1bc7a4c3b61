import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectWorker, meshStatus, type Worker } from '@raft-mesh/mesh-node';
import type { ManagerId, MeshStatus } from '@raft-mesh/protocol';
import { calmControl, noTrouble, type ChaosControl, type Direction, type DiskTrouble } from '../control/chaos-control.ts';
import { ChaosDirectory } from '../control/chaos-directory.ts';
import { Child } from './child.ts';
import { MeshKeys } from './mesh-keys.ts';
import { quietPorts } from './ports.ts';

export interface ClusterOptions {
  /** Made when missing; everything of the cluster lies there. */
  readonly directory: string;
  readonly managers: number;
  /** Names of groups of clients that can be parted from managers. */
  readonly clientGroups: readonly string[];
  /** The program of a manager. Default: this package's own. */
  readonly managerEntry?: string;
  /** A manager ended, and nobody here made it. */
  readonly onEnded: (manager: ManagerId, how: string) => void;
}

const built = (name: string): string => fileURLToPath(new URL(`../../dist/${name}`, import.meta.url));
const stopGraceMs = 3_000;
/** Small, so that logs are compacted and snapshots sent within a run. */
const snapshotLogBytes = 512 * 1024;

/** Managers as real processes, each with a disk and links that can be broken, and no control plane. */
export class Cluster {
  readonly #options: ClusterOptions;
  readonly #keys: MeshKeys;
  readonly #chaos: ChaosDirectory;
  readonly #relay: Child;
  readonly #managers = new Map<ManagerId, Child>();
  readonly #operateToken: string;

  private constructor(options: ClusterOptions, keys: MeshKeys, chaos: ChaosDirectory, relay: Child, operateToken: string) {
    this.#options = options;
    this.#keys = keys;
    this.#chaos = chaos;
    this.#relay = relay;
    this.#operateToken = operateToken;
  }

  /** Resolves when all managers listen. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const ports = await quietPorts(options.managers);
    const keys = new MeshKeys(ports.map((port, place) => ({ id: `m${place + 1}` as ManagerId, url: `http://127.0.0.1:${port}` })));
    const managers = keys.description.managers.map(({ id, url }) => ({ id, url }));
    const { directory } = options;
    await mkdir(join(directory, 'logs'), { recursive: true, mode: 0o700 });
    const chaos = new ChaosDirectory(join(directory, 'chaos'));
    await chaos.create(calmControl(managers, options.clientGroups));
    for (const { id } of managers) await keys.createManager(join(directory, 'managers', id), id);
    const relay = new Child({ entry: built('relay/main.js'), args: [chaos.directory], logFile: join(directory, 'logs', 'relay.log') });
    const cluster = new Cluster(options, keys, chaos, relay, await keys.operateToken());
    try {
      await relay.ready;
      await Promise.all(managers.map(({ id }) => cluster.start(id)));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
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
      entry: this.#options.managerEntry ?? built('manager/main.js'), logFile: join(directory, 'logs', `${id}.log`),
      firstLine: JSON.stringify({ directory: join(directory, 'managers', id), chaosDirectory: this.#chaos.directory, snapshotLogBytes }),
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

  pause(id: ManagerId): void {
    this.#managers.get(id)?.process.kill('SIGSTOP');
  }

  resume(id: ManagerId): void {
    this.#managers.get(id)?.process.kill('SIGCONT');
  }

  /** Resolves when the relay has done it. */
  async setLinks(cuts: readonly Direction[], delays: ChaosControl['delays']): Promise<void> {
    const { revision } = await this.#chaos.change((control) => ({ ...control, cuts: [...cuts], delays: [...delays] }));
    if (!await this.#chaos.applied(revision)) throw new Error(`the relay did not follow; its log: ${join(this.#options.directory, 'logs', 'relay.log')}`);
  }

  async setDisk(id: ManagerId, trouble: DiskTrouble): Promise<void> {
    await this.#chaos.change((control) => ({ ...control, disks: { ...control.disks, [id]: trouble } }));
  }

  async setAllDisks(trouble: DiskTrouble): Promise<void> {
    await this.#chaos.change((control) => ({ ...control, disks: Object.fromEntries(this.ids.map((id) => [id, trouble])) }));
  }

  /** Whoever is asked answers past the relay. */
  status(timeoutMs = 500): Promise<MeshStatus> {
    const { mesh, managers } = this.#keys.description;
    return meshStatus({ mesh, managers, token: this.#operateToken, timeoutMs });
  }

  /** A worker with every permission, in one of the groups of clients. */
  async connect(name: string, group: string, transport: 'http' | 'websocket'): Promise<Worker> {
    return connectWorker({ transport, join: await this.#keys.join(name), dialAddress: this.#chaos.dialAddress(group) });
  }

  /** Nothing is wrong any more, and everybody runs. */
  async heal(): Promise<void> {
    await this.setLinks([], []);
    await this.setAllDisks(noTrouble);
    for (const id of this.ids) this.resume(id);
    await Promise.all(this.ids.map((id) => this.start(id)));
  }

  /** Ends every process. */
  async stop(): Promise<void> {
    for (const id of this.ids) this.resume(id);
    await Promise.all([...this.ids.map((id) => this.shutDown(id)), this.#relay.stop(stopGraceMs)]);
  }

  /** Its end is nobody else's news. */
  #taken(id: ManagerId): Child | null {
    const child = this.#managers.get(id) ?? null;
    this.#managers.delete(id);
    return child;
  }
}
