import path from 'node:path';
import { Manager } from '@raft-mesh/mesh';
import type { Dialer, Log, ManagerOptions } from '@raft-mesh/mesh';
import { nodeIdOf } from '@raft-mesh/protocol';
import type { ManagerIdentity } from '@raft-mesh/protocol';
import type { App } from '@raft-mesh/state-machine';
import { openManagerStore } from '@raft-mesh/storage-file';
import type { AuditEvent } from '../audit-log/audit-line.ts';
import { auditedAuthority, auditedLog } from '../audit-log/audited-authority.ts';
import { createAuthority } from '../authority.ts';
import { systemClock } from '../clock.ts';
import type { ControlPlaneClient } from '../control-plane-client.ts';
import { managerFiles, markDeparted } from '../manager-directory.ts';
import type { ManagerSettings } from '../manager-directory.ts';
import { createManagerGateway } from '../manager-gateway.ts';
import type { ManagerGateway } from '../manager-gateway.ts';
import { nativeDigest } from '../native-digest.ts';
import type { MeshMetrics } from '../observability/mesh-metrics.ts';
import { observeManager } from '../observability/observed-manager.ts';
import type { ObservedManager } from '../observability/observed-manager.ts';
import { systemRandom } from '../random.ts';
import { SnapshotUploader } from '../snapshot-uploader.ts';
import { storeProblem } from '../store-problem.ts';

export interface HostedManagerOptions {
  readonly directory: string;
  readonly settings: ManagerSettings;
  readonly app: App;
  /** Shared by all managers of the host. */
  readonly dialer: Dialer;
  readonly log: Log;
  readonly note: (event: AuditEvent) => void;
  /** Where snapshots go. */
  readonly client: Pick<ControlPlaneClient, 'putSnapshot'>;
  readonly snapshotUploadIntervalMs?: number;
  readonly tuning: HostedManagerTuning;
  /** Where it counts and measures; one for all managers of the host. */
  readonly metrics?: MeshMetrics;
  /** It has stopped by itself, for good: it failed, or its mesh has taken it out. */
  readonly onStopped: (hosted: HostedManager, reason: string, why: 'failed' | 'left') => void;
}

export type HostedManagerTuning = Pick<ManagerOptions, 'raft' | 'quiesceAfterMs' | 'snapshotLogBytes' | 'workerHeartbeatIntervalMs' | 'agentSuspectAfterMs' | 'agentDeadAfterMs'>;

/** The host's own lock covers all that is in its directory: a lock file for each manager would only take up descriptors. */
const noLockOfItsOwn = () => Promise.resolve({ release: () => Promise.resolve() });

/** One of the many managers of a host: the manager itself and its store. What answers HTTP for it is made when somebody first asks. */
export class HostedManager {
  readonly identity: ManagerIdentity;
  readonly directory: string;
  readonly meshPublicKey: string;
  readonly manager: Manager;
  readonly #makeGateway: () => ManagerGateway;
  readonly #observed: ObservedManager;
  readonly #uploader: SnapshotUploader;
  #gateway: ManagerGateway | null = null;
  #stoppedReason: string | null = null;

  private constructor(options: HostedManagerOptions, observed: ObservedManager) {
    const { directory, settings, app, note } = options;
    const { identity } = settings;
    const where = { mesh: identity.mesh, manager: identity.manager };
    const log = auditedLog(namedLog(options.log, where), (event) => note({ ...event, ...where }));
    const authority = auditedAuthority(createAuthority({ mesh: identity, meshPublicKey: settings.meshPublicKey, credential: settings.credential, signingKey: settings.signingKey }), (event) => note({ ...event, ...where }));
    const ended = (reason: string, why: 'failed' | 'left'): void => {
      this.#stoppedReason = reason;
      options.onStopped(this, reason, why);
    };
    this.identity = identity;
    this.directory = directory;
    this.meshPublicKey = settings.meshPublicKey;
    this.manager = new Manager({
      identity, url: settings.url, app, store: observed.store, observer: observed.observer, authority, log, clock: systemClock, random: systemRandom, digest: nativeDigest, dialer: options.dialer, pid: process.pid, ...options.tuning,
      onApplied: () => this.#uploader.changed(),
      onStopped: (reason) => ended(reason, 'failed'),
      onLeft: (reason) => {
        markDeparted(directory).then(() => ended(reason, 'left'), (error: unknown) => {
          log.error({ error: String(error) }, 'that this manager has left could not be written down');
          ended(reason, 'left');
        });
      },
    });
    this.#observed = observed;
    observed.attach(this.manager);
    this.#uploader = new SnapshotUploader({
      manager: this.manager, identity, app, log, signingKey: settings.signingKey, client: options.client,
      ...(options.snapshotUploadIntervalMs === undefined ? {} : { intervalMs: options.snapshotUploadIntervalMs }),
    });
    this.#makeGateway = () => createManagerGateway({ identity, authority, manager: this.manager, log, stoppedReason: () => this.#stoppedReason });
  }

  /** Opens its store and joins its group. Throws, with everything closed again, when it cannot. */
  static async start(options: HostedManagerOptions): Promise<HostedManager> {
    const store = await openManagerStore({ directory: path.join(options.directory, managerFiles.store), expectedIdentity: options.settings.identity, lock: noLockOfItsOwn })
      .catch((error: unknown) => { throw storeProblem(error, options.settings.identity); });
    const observed = await observeManager(options.settings.identity, store, options.metrics);
    try {
      const hosted = new HostedManager(options, observed);
      await hosted.manager.start();
      return hosted;
    } catch (error) {
      await observed.close();
      await store.close();
      throw error;
    }
  }

  get stoppedReason(): string | null {
    return this.#stoppedReason;
  }

  /** Whether it is in its mesh. A founder is from the start; who came later is once it has heard from somebody who leads. */
  get isIn(): boolean {
    const own = nodeIdOf(this.identity.manager, this.identity.managerIncarnation);
    return this.manager.configuration.voters.some(({ id }) => id === own) || this.manager.raftStatus().appliedIndex > 0;
  }

  get gateway(): ManagerGateway {
    return (this.#gateway ??= this.#makeGateway());
  }

  async stop(): Promise<void> {
    const uploaderStopped = this.#uploader.stop();
    await this.manager.stop();
    this.#gateway?.httpLinks.close();
    await uploaderStopped;
    await this.#observed.close();
  }
}

/** Which manager says it is in each line. A child logger for each of thousands would cost more. */
function namedLog(log: Log, where: { readonly mesh: string; readonly manager: string }): Log {
  return {
    debug: (fields, message) => log.debug({ ...where, ...fields }, message),
    // Thousands of groups elect and rest all the time: for the whole host that is no news.
    info: (fields, message) => log.debug({ ...where, ...fields }, message),
    warn: (fields, message) => log.warn({ ...where, ...fields }, message),
    error: (fields, message) => log.error({ ...where, ...fields }, message),
  };
}
