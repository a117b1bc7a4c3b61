import { mkdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { nanoid } from 'nanoid';
import type { Log } from '@raft-mesh/mesh';
import type { HostId } from '@raft-mesh/protocol';
import type { App } from '@raft-mesh/state-machine';
import { createWebSocketDialer } from '@raft-mesh/transport-websocket';
import { watchSocket } from '@raft-mesh/transport-websocket/server';
import { appFor } from '../app-loader.ts';
import { AuditLog } from '../audit-log/audit-log.ts';
import type { AuditEvent } from '../audit-log/audit-line.ts';
import { systemClock } from '../clock.ts';
import { createControlPlaneClient } from '../control-plane-client.ts';
import { lockDirectory } from '../directory-lock.ts';
import { createLogger } from '../logger.ts';
import type { MeshMetrics } from '../observability/mesh-metrics.ts';
import { pageOrigins } from '../page-origins.ts';
import { failed } from '../problem.ts';
import { ProblemError } from '../problem-error.ts';
import { BeatLoop } from './beat-loop.ts';
import { descriptorsFor } from './descriptors.ts';
import { clearRemoved, hasDeparted, hostFiles, managerDirectories, readHostSettings, removeManagerDirectory, writeHostSettings } from './host-directory.ts';
import { HostOrders } from './host-orders.ts';
import { createHostServer } from './host-server.ts';
import { HostedManagers } from './hosted-managers.ts';
import type { HostedManagerTuning } from './hosted-manager.ts';
import { createLocalDialer } from './local-links.ts';
import { managerOfPlace } from './manager-place.ts';

export interface StartHostOptions {
  /** Holds who this host is and all its managers. Made when missing; one host at a time owns it. */
  readonly directory: string;
  /** Where managers are ordered from. Not needed to run those that are here. */
  readonly controlPlane: string;
  /** An API key that may register hosts; needed the first time, and when apps or bounds change. */
  readonly controlPlaneKey?: string | null;
  /** A name for this host; the first time only. Default: this machine's, and something random. */
  readonly name?: string;
  /** Address to listen at. Default 127.0.0.1. */
  readonly address?: string;
  /** Default: the port of `url`, or the one of the first start; 0 takes a free one. */
  readonly port?: number;
  /** How others reach it; the first time only, for the addresses of its managers are made of it. Default: where it listens. */
  readonly url?: string;
  /** The apps that it may load, by the names that meshes are made with. */
  readonly apps: readonly (string | { readonly name: string; readonly app: App })[];
  /** Default 10,000. */
  readonly managersMax?: number;
  readonly allowedOrigins?: readonly string[];
  /** Speak TLS alone, with this certificate chain and its key (PEM files). Default: plain, for loopback or behind a proxy that speaks TLS. */
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
  readonly logger?: Log;
  readonly snapshotUploadIntervalMs?: number;
  readonly tuning?: HostedManagerTuning;
  /** Where its managers count and measure. Default: nowhere. */
  readonly metrics?: MeshMetrics;
}

export interface HostProcess {
  readonly host: HostId;
  readonly url: string;
  readonly managers: HostedManagers;
  /** Resolves when all managers that were here have been started. */
  readonly recovered: Promise<{ readonly started: number; readonly failed: number; readonly tookMs: number }>;
  stop(): Promise<void>;
}

/** Managers that are brought back at the same time: more would only wait for each other, and their groups for rest. */
const recoveriesAtOnce = 24;
/**
 * A host is shared by groups that hardly ever have something to do: their heartbeats are slower than those of a manager of its own, and they go to rest sooner. Whoever loses its
 * host still finds out by its lost link, at once.
 */
const usualTuning: HostedManagerTuning = { quiesceAfterMs: 1_000, raft: { heartbeatIntervalMs: 150, electionTimeoutMinMs: 1_000, electionTimeoutMaxMs: 2_000 } };

/**
 * Offers this machine: runs managers of many meshes in this process, on one port, as the control plane orders. What was ordered once runs from this disk, whether or not there
 * is a control plane. Owns no signal handler and never exits. Throws, with everything closed again, when it cannot start.
 */
export async function startHost(options: StartHostOptions): Promise<HostProcess> {
  const log = options.logger ?? createLogger({ level: 'info', name: 'host' });
  const managersMax = options.managersMax ?? 10_000;
  const { connectionsMax } = descriptorsFor(managersMax);
  const apps = new Map<string, App>();
  for (const entry of options.apps) {
    if (typeof entry === 'string') apps.set(entry, await appFor(entry));
    else apps.set(entry.name, entry.app);
  }
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  const lock = await lockDirectory(options.directory);
  const undo: (() => Promise<void>)[] = [() => lock.release()];
  const undoAll = async () => { for (const step of undo.splice(0).toReversed()) await step(); };
  try {
    await clearRemoved(options.directory);
    const audit = await AuditLog.open({ directory: path.join(options.directory, hostFiles.audit) });
    undo.push(() => audit.close());
    const note = (event: AuditEvent) => { audit.record(event).catch((error: unknown) => log.error({ error: String(error) }, 'a security event could not be written down')); };
    const known = await readHostSettings(options.directory);
    const ending = new AbortController();
    const client = createControlPlaneClient({ url: options.controlPlane, adminKey: options.controlPlaneKey ?? null, signal: ending.signal });
    let ownUrl = known?.url ?? '';
    const managers: HostedManagers = new HostedManagers({
      apps, log, note, client, tuning: { ...usualTuning, ...options.tuning },
      ...(options.metrics === undefined ? {} : { metrics: options.metrics }),
      ...(options.snapshotUploadIntervalMs === undefined ? {} : { snapshotUploadIntervalMs: options.snapshotUploadIntervalMs }),
      dialer: createLocalDialer({
        clock: systemClock, elsewhere: createWebSocketDialer({ watch: watchSocket }),
        resolve: (address, mesh, incarnation) => {
          const manager = address.startsWith(ownUrl) ? managerOfPlace(address.slice(ownUrl.length)) : null;
          return manager === null ? null : managers.acceptor(manager, mesh, incarnation);
        },
      }),
    });
    undo.push(() => managers.stopAll());
    const { tls } = options;
    const server = createHostServer({ managers, ...(tls === undefined ? {} : { tls: { cert: await readFile(tls.certificateFile), key: await readFile(tls.keyFile) } }), address: options.address ?? '127.0.0.1', connectionsMax, allowedOrigins: [...pageOrigins(options.controlPlane), ...(options.allowedOrigins ?? [])] });
    const port = await server.listen(options.port ?? portOf(known?.url ?? options.url));
    undo.push(() => server.close());
    const settings = known ?? await writeHostSettings(options.directory, { host: nameFor(options.name), url: options.url?.replace(/\/+$/, '') ?? `${tls === undefined ? 'http' : 'https'}://${urlName(options.address)}:${port}`, controlPlane: options.controlPlane });
    ownUrl = settings.url;
    if (known === null || options.controlPlaneKey != null) {
      const registered = await client.registerHost({ host: settings.host, url: settings.url, publicKey: settings.key.x, apps: [...apps.keys()], managersMax });
      // One that was here before runs what it has, whoever else does not answer.
      if (!registered.ok && (known === null || registered.problem.code !== 'unreachable')) throw new ProblemError(registered.problem);
      if (!registered.ok) log.warn({ detail: registered.problem.detail }, 'the control plane could not be told what this host offers; it goes on with what it said before');
    }
    const recovered = recover(options.directory, managers, log, ending.signal);
    const orders = new HostOrders({ directory: options.directory, host: settings.host, key: settings.key, controlPlane: options.controlPlane, client, managers, log });
    const beats = new BeatLoop({ directory: options.directory, settings, client, orders, log, held: () => managers.size });
    // What is here comes first, so that an order finds it.
    const beating = recovered.then(() => beats.run(ending.signal));
    log.info({ host: settings.host, url: settings.url, apps: [...apps.keys()], managersMax }, 'host is up');
    const stop = async () => {
      ending.abort();
      await beating;
      // First the managers, so that they can tell their links why they end; then what carried them.
      await managers.stopAll();
      await undoAll();
    };
    let stopping: Promise<void> | null = null;
    return { host: settings.host, url: settings.url, managers, recovered, stop: () => (stopping ??= stop()) };
  } catch (error) {
    await undoAll();
    throw error;
  }
}

/** Brings back every manager that is here, whatever happened to the others. One that its mesh has taken out is cleared away. */
async function recover(directory: string, managers: HostedManagers, log: Log, signal: AbortSignal): Promise<{ readonly started: number; readonly failed: number; readonly tookMs: number }> {
  const startedAtMs = performance.now();
  const waiting = [...await managerDirectories(directory)];
  let started = 0;
  let failures = 0;
  const work = async () => {
    for (let own = waiting.shift(); own !== undefined && !signal.aborted; own = waiting.shift()) {
      try {
        if (await hasDeparted(own)) await removeManagerDirectory(directory, own);
        else {
          await managers.start(own);
          started += 1;
        }
      } catch (error) {
        failures += 1;
        log.error({ directory: own, error: error instanceof Error ? error.message : String(error) }, 'a manager could not be brought back');
      }
    }
  };
  await Promise.all(Array.from({ length: recoveriesAtOnce }, work));
  const tookMs = Math.round(performance.now() - startedAtMs);
  if (started + failures > 0) log.info({ started, failed: failures, tookMs }, 'the managers of this host are back');
  return { started, failed: failures, tookMs };
}

function nameFor(name: string | undefined): HostId {
  const suffix = nanoid(6).toLowerCase().replaceAll('_', '-');
  const made = name ?? `${hostname().toLowerCase().replace(/[^a-z0-9-]/g, '-').slice(0, 24)}-${suffix}`;
  if (!/^[a-z0-9-]{1,32}$/.test(made)) throw new ProblemError(failed(422, 'hostNameInvalid', `"${made}" cannot be a host's name: 1 to 32 of a-z, 0-9 and -.`, 'mesh host start --name …').problem);
  return made as HostId;
}

function portOf(url: string | undefined): number {
  if (url === undefined || !URL.canParse(url)) return 0;
  const { port, protocol } = new URL(url);
  return port !== '' ? Number(port) : protocol === 'https:' ? 443 : 80;
}

function urlName(address: string = '127.0.0.1'): string {
  const name = address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address;
  return name.includes(':') ? `[${name}]` : name;
}
