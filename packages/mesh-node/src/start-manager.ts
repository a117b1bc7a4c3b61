import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Manager } from '@raft-mesh/mesh';
import type { Log, ManagerOptions } from '@raft-mesh/mesh';
import type { ManagerIdentity } from '@raft-mesh/protocol';
import type { App } from '@raft-mesh/state-machine';
import { openManagerStore } from '@raft-mesh/storage-file';
import type { FileSystem } from '@raft-mesh/storage-file';
import { createWebSocketDialer } from '@raft-mesh/transport-websocket';
import { watchSocket } from '@raft-mesh/transport-websocket/server';
import { appFor } from './app-loader.ts';
import { AuditLog } from './audit-log/audit-log.ts';
import type { AuditEvent } from './audit-log/audit-line.ts';
import { auditedAuthority, auditedLog } from './audit-log/audited-authority.ts';
import { createAuthority } from './authority.ts';
import { systemClock } from './clock.ts';
import { createControlPlaneClient } from './control-plane-client.ts';
import { createLogger } from './logger.ts';
import { managerFiles, markDeparted, readManagerSettings } from './manager-directory.ts';
import type { ManagerSettings } from './manager-directory.ts';
import { createManagerGateway } from './manager-gateway.ts';
import { createManagerServer } from './manager-server.ts';
import type { MeshMetrics } from './observability/mesh-metrics.ts';
import { observeManager } from './observability/observed-manager.ts';
import { pageOrigins } from './page-origins.ts';
import { nativeDigest } from './native-digest.ts';
import { systemRandom } from './random.ts';
import { rerouted } from './rerouted.ts';
import { SnapshotUploader } from './snapshot-uploader.ts';
import { storeProblem } from './store-problem.ts';

export interface StartManagerOptions {
  /** What `initManager` made. */
  readonly directory: string;
  /** Address to listen at. Default 127.0.0.1. */
  readonly host?: string;
  /** Default: the port in this manager's URL. 0 takes a free one. */
  readonly port?: number;
  /** The app, or its name (see `loadApp`). Default: the one that the mesh was made with. */
  readonly app?: App | string;
  /** Where snapshots go, and whose pages may connect. Default: where this manager enrolled. `null`: nowhere. */
  readonly controlPlane?: string | null;
  /** More origins whose pages may connect, as `https://host:port`. */
  readonly allowedOrigins?: readonly string[];
  readonly logger?: Log;
  /** Speak TLS alone, with this certificate chain and its key (PEM files). The manager's URL must be an https one. Default: plain, for loopback or behind a proxy that speaks TLS. */
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
  /** Called when the manager has stopped for good by itself: a failed flush, a broken invariant. The process goes on until `stop`. */
  readonly onStopped?: (reason: string) => void;
  /** Called when it has stopped because it was taken out of the mesh; its directory says so too, and does not start again. Default: `onStopped`. */
  readonly onLeft?: (reason: string) => void;
  /** How often the leader sends its state to the control plane. Default 10,000. */
  readonly snapshotUploadIntervalMs?: number;
  /** Where log and snapshots are written. Default: the operating system's. */
  readonly fileSystem?: FileSystem;
  /** Where to dial another manager instead of at its address, as when a relay stands between. */
  readonly dialAddress?: (address: string) => string;
  /** Where it counts and measures; several managers of a process share one. Default: nowhere. */
  readonly metrics?: MeshMetrics;
  readonly tuning?: Pick<ManagerOptions, 'workerHeartbeatIntervalMs' | 'agentSuspectAfterMs' | 'agentDeadAfterMs' | 'snapshotLogBytes' | 'quiesceAfterMs' | 'electionPriority'>;
}

export interface ManagerProcess {
  /** Where it listens. */
  readonly url: string;
  readonly identity: ManagerIdentity;
  readonly manager: Manager;
  readonly uploader: SnapshotUploader | null;
  stop(): Promise<void>;
}

/**
 * Runs one manager in this process: its store, its port (WebSocket links, HTTP links, GET /healthz and status), its snapshots to the control
 * plane. Owns no signal handler and never exits. Throws, with everything closed again, when it cannot start; a `ProblemError` where a store does not open
 * and somebody can do something about it.
 */
export async function startManager(options: StartManagerOptions): Promise<ManagerProcess> {
  const settings = await readManagerSettings(options.directory);
  const { identity } = settings;
  const app = await appFor(options.app ?? settings.app);
  const plainLog = options.logger ?? createLogger({ level: 'info', name: `manager ${identity.manager}` });
  const host = options.host ?? '127.0.0.1';
  const controlPlane = options.controlPlane === undefined ? settings.controlPlane : options.controlPlane;
  const undo: (() => Promise<void>)[] = [];
  const undoAll = async () => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    const store = await openManagerStore({ directory: path.join(options.directory, managerFiles.store), expectedIdentity: identity, ...(options.fileSystem === undefined ? {} : { fileSystem: options.fileSystem }) })
      .catch((error: unknown) => { throw storeProblem(error, identity); });
    undo.push(() => store.close());
    const audit = await AuditLog.open({ directory: path.join(options.directory, managerFiles.audit) });
    undo.push(() => audit.close());
    // Whoever is let in or not does not wait for the log of it: a full disk must not stop a mesh that runs.
    const note = (event: AuditEvent) => {
      audit.record(event).catch((error: unknown) => plainLog.error({ error: String(error) }, 'a security event could not be written down'));
    };
    const log = auditedLog(plainLog, note);
    const authority = auditedAuthority(createAuthority({ mesh: identity, meshPublicKey: settings.meshPublicKey, credential: settings.credential, signingKey: settings.signingKey }), note);
    const observed = await observeManager(identity, store, options.metrics);
    undo.push(() => observed.close());
    let stoppedReason: string | null = null;
    const manager = new Manager({
      identity, url: settings.url, app, authority, observer: observed.observer, store: observed.store, log, clock: systemClock, random: systemRandom, digest: nativeDigest, dialer: rerouted(createWebSocketDialer({ watch: watchSocket }), options.dialAddress), pid: process.pid,
      ...options.tuning,
      onStopped: (reason) => {
        stoppedReason = reason;
        log.error({ reason }, 'the manager has stopped for good');
        options.onStopped?.(reason);
      },
      onLeft: (reason) => {
        stoppedReason = reason;
        const tell = () => (options.onLeft ?? options.onStopped)?.(reason);
        markDeparted(options.directory).then(tell, (error: unknown) => {
          log.error({ error: String(error) }, 'that this manager has left could not be written down');
          tell();
        });
      },
    });
    observed.attach(manager);
    const gateway = createManagerGateway({ identity, authority, manager, log, stoppedReason: () => stoppedReason });
    const server = createManagerServer({ gateway, host, ...(options.tls === undefined ? {} : { tls: { cert: await readFile(options.tls.certificateFile), key: await readFile(options.tls.keyFile) } }), allowedOrigins: [...pageOrigins(controlPlane), ...(options.allowedOrigins ?? [])] });

    await manager.start();
    undo.push(() => manager.stop());
    // The port opens last: who connects finds a manager that has read its log.
    const url = await server.listen(options.port ?? portOf(settings));
    const uploads = new AbortController();
    const uploader = controlPlane === null ? null : new SnapshotUploader({
      manager, identity, app, log, signingKey: settings.signingKey, client: createControlPlaneClient({ url: controlPlane, signal: uploads.signal }),
      ...(options.snapshotUploadIntervalMs === undefined ? {} : { intervalMs: options.snapshotUploadIntervalMs }),
    });
    uploader?.start();
    log.info({ url, mesh: identity.mesh, incarnation: identity.incarnation, manager: identity.manager }, 'manager is up');
    const stop = async () => {
      const uploaderStopped = uploader?.stop();
      uploads.abort();
      await uploaderStopped;
      // First the manager, so that it can tell its links why they end; then what carried them.
      await undo.pop()?.();
      await server.close();
      await undoAll();
    };
    let stopping: Promise<void> | null = null;
    return { url, identity, manager, uploader, stop: () => (stopping ??= stop()) };
  } catch (error) {
    await undoAll();
    throw error;
  }
}

function portOf(settings: ManagerSettings): number {
  const { port, protocol } = new URL(settings.url);
  return port !== '' ? Number(port) : protocol === 'https:' ? 443 : 80;
}
