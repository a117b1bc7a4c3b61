import type { LinkAcceptor, Log } from '@raft-mesh/mesh';
import type { ManagerId, ManagerIdentity, MeshId, ProtocolError } from '@raft-mesh/protocol';
import type { App } from '@raft-mesh/state-machine';
import { readManagerSettings } from '../manager-directory.ts';
import { failed } from '../problem.ts';
import { ProblemError } from '../problem-error.ts';
import { isDamage } from '../store-problem.ts';
import { HostedManager } from './hosted-manager.ts';
import type { HostedManagerOptions } from './hosted-manager.ts';

export type HostedManagersOptions = Pick<HostedManagerOptions, 'dialer' | 'log' | 'note' | 'client' | 'snapshotUploadIntervalMs' | 'tuning' | 'metrics'> & {
  /** The apps that this host's own configuration lists, by the names that meshes are made with. No other is ever loaded. */
  readonly apps: ReadonlyMap<string, App>;
};

/** The managers of a host, each found by its mesh and its name. */
export class HostedManagers {
  readonly #options: HostedManagersOptions;
  readonly #log: Log;
  readonly #managers = new Map<string, HostedManager>();
  readonly #starting = new Set<string>();
  readonly #damaged = new Map<string, { readonly identity: ManagerIdentity; isReported: boolean }>();
  /** Managers that their meshes have perhaps not taken in yet. */
  readonly newcomers = new Set<HostedManager>();

  constructor(options: HostedManagersOptions) {
    this.#options = options;
    this.#log = options.log;
  }

  /** Those whose store is damaged, so that they do not run, and of whom the control plane has not been told: it places them anew. */
  get unreported(): readonly ManagerIdentity[] {
    return [...this.#damaged.values()].flatMap(({ identity, isReported }) => (isReported ? [] : [identity]));
  }

  isDamaged(mesh: string, manager: string): boolean {
    return this.#damaged.has(keyOf(mesh, manager));
  }

  /** The control plane knows; an order follows. */
  reported(mesh: string, manager: string): void {
    const damaged = this.#damaged.get(keyOf(mesh, manager));
    if (damaged !== undefined) damaged.isReported = true;
  }

  /** Its directory is gone from its place. */
  noMoreDamaged(mesh: string, manager: string): void {
    this.#damaged.delete(keyOf(mesh, manager));
  }

  /** Those that run, and those that have stopped by themselves: all of them hold something here. */
  get size(): number {
    return this.#managers.size;
  }

  find(mesh: string, manager: string): HostedManager | null {
    return this.#managers.get(keyOf(mesh, manager)) ?? null;
  }

  all(): readonly HostedManager[] {
    return [...this.#managers.values()];
  }

  /** Runs the manager of this directory. Throws a `ProblemError` (`appNotListed`, and what `readManagerSettings` throws), or what its store throws. */
  async start(directory: string): Promise<HostedManager> {
    const settings = await readManagerSettings(directory);
    const app = this.#options.apps.get(settings.app);
    if (app === undefined) throw new ProblemError(failed(422, 'appNotListed', `${directory} runs the app ${settings.app}, which this host does not list.`, `mesh host start --app ${settings.app} …`).problem);
    const key = keyOf(settings.identity.mesh, settings.identity.manager);
    if (this.#managers.has(key) || this.#starting.has(key)) throw new Error(`${key} runs here already`);
    this.#starting.add(key);
    try {
      const hosted = await HostedManager.start({ ...this.#options, directory, settings, app, onStopped: ({ identity }, reason, why) => this.#stopped(identity, reason, why) });
      this.#managers.set(key, hosted);
      if (!hosted.isIn) this.newcomers.add(hosted);
      return hosted;
    } catch (error) {
      if (isDamage(error)) this.#damaged.set(key, { identity: settings.identity, isReported: false });
      throw error;
    } finally {
      this.#starting.delete(key);
    }
  }

  #stopped({ mesh, manager }: ManagerIdentity, reason: string, why: 'failed' | 'left'): void {
    if (why === 'left') this.#log.info({ mesh, manager, reason }, 'a manager was taken out of its mesh');
    else this.#log.error({ mesh, manager, reason }, 'a manager has stopped for good');
  }

  async stop(hosted: HostedManager): Promise<void> {
    this.#managers.delete(keyOf(hosted.identity.mesh, hosted.identity.manager));
    this.newcomers.delete(hosted);
    await hosted.stop();
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.all().map((hosted) => this.stop(hosted)));
  }

  /** Who takes in links of this mesh for this manager, or why nobody does. */
  acceptor(manager: string, mesh: MeshId, incarnation: number): LinkAcceptor | ProtocolError {
    const hosted = this.find(mesh, manager);
    if (hosted !== null) return hosted.stoppedReason !== null ? stoppedHere : hosted.identity.incarnation === incarnation ? hosted.manager : wrongIncarnation(hosted.identity, incarnation);
    if (this.#starting.has(keyOf(mesh, manager))) return { code: 'overloaded', message: 'This manager is starting.', next: 'Try again in a moment.' };
    return { code: 'wrongMesh', message: `No manager ${manager} of mesh ${mesh} runs on this host.`, next: 'Ask the control plane where that mesh\'s managers are.' };
  }
}

const stoppedHere: ProtocolError = { code: 'stopping', message: 'This manager has stopped.', next: 'Connect to another manager.' };

function wrongIncarnation(identity: ManagerIdentity, incarnation: number): ProtocolError {
  return { code: 'wrongIncarnation', message: `The mesh lives in incarnation ${identity.incarnation}, not ${incarnation}.`, next: 'Come back in that incarnation; the agent and its resume secret are the same.', incarnation: identity.incarnation };
}

function keyOf(mesh: string, manager: ManagerId | string): string {
  return `${mesh} ${manager}`;
}
