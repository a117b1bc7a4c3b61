import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { once } from 'node:events';
import path from 'node:path';
import type { WebSocketServerLike } from '@hono/node-server';
import type { Logger } from 'pino';
import { WebSocketServer } from 'ws';
import { AuditLog, createHttpServer, createLogger, errorCode, lockDirectory, startMetricsServer } from '@raft-mesh/mesh-node';
import type { AuditEvent, MetricsPort } from '@raft-mesh/mesh-node';
import { Keys } from './api-gateway/access/keys.ts';
import { openPlayerSignIn } from './api-gateway/access/player-sign-in.ts';
import type { PlayerSignInOptions } from './api-gateway/access/player-sign-in.ts';
import { clientAddress } from './api-gateway/client-address.ts';
import { createGateway } from './api-gateway/gateway.ts';
import { Idempotency } from './api-gateway/idempotency.ts';
import { RateLimits } from './api-gateway/rate-limits.ts';
import type { RateLimitOptions } from './api-gateway/rate-limits.ts';
import { Hosts } from './mesh-manager/hosts.ts';
import type { HostTimes } from './mesh-manager/hosts.ts';
import { Invitations } from './mesh-manager/invitations.ts';
import { Meshes } from './mesh-manager/meshes.ts';
import { ControlPlaneMetrics } from './observability/control-plane-metrics.ts';
import { Readiness } from './observability/readiness.ts';
import { refuseEmulatorsInProduction } from './production-check.ts';
import type { ControlStore } from './state-manager/control-store.ts';
import { openFileStore } from './state-manager/file-store.ts';
import { openFirestoreStore } from './state-manager/firestore-store.ts';
import type { FirestoreStoreOptions } from './state-manager/firestore-store.ts';
import { Snapshots } from './state-manager/snapshots.ts';

export interface ControlPlaneOptions {
  /** Holds the admin key, and everything else unless `firestore` is given. Made when missing; one control plane at a time owns it. */
  readonly directory: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** How others reach it, where that is another address than it listens at; invitations lead there. */
  readonly publicUrl?: string;
  /** The app's built page. */
  readonly pageDirectory?: string;
  /** Keep everything but the admin key in Firestore. */
  readonly firestore?: FirestoreStoreOptions;
  /** Speak TLS, with this certificate chain and its key (PEM files). Default: plain HTTP, for loopback or behind a proxy that speaks TLS. */
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
  /** How many proxies of one's own stand before it and add to X-Forwarded-For. Default 0: that header is not believed. */
  readonly trustedProxies?: number;
  readonly rateLimits?: RateLimitOptions;
  /** Players sign in with Firebase. Default: they come by invitation. */
  readonly playerSignIn?: PlayerSignInOptions;
  /** Refuse to start with an emulator's variable set. Default: NODE_ENV says production. */
  readonly isProduction?: boolean;
  /** More origins whose pages may use the API, as `https://host:port`. */
  readonly allowedOrigins?: readonly string[];
  /** How often hosts say that they live, and after how long one is gone. */
  readonly hostTimes?: HostTimes;
  /** A port of its own for GET /metrics, besides the one on the API that needs a key. */
  readonly metrics?: MetricsPort;
  readonly logger?: Logger;
  /** Wall clock in ms, for lifetimes. Default: the system's. */
  readonly nowWallMs?: () => number;
}

export interface ControlPlane {
  readonly url: string;
  /** The file with the admin key: random, made at the first start, readable by its owner only. */
  readonly adminKeyFile: string;
  stop(): Promise<void>;
}

/** Starts a control plane in this process. Owns no signal handler. Throws when the directory or the port is taken. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const log = options.logger ?? createLogger({ level: 'info', name: 'control-plane' });
  refuseEmulatorsInProduction(options.isProduction ?? process.env['NODE_ENV'] === 'production', process.env);
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  const lock = await lockDirectory(options.directory);
  const undo: (() => Promise<void>)[] = [() => lock.release()];
  const undoAll = async () => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    const adminKeyFile = path.join(options.directory, 'admin-key');
    const adminKey = await loadAdminKey(adminKeyFile);
    const metrics = new ControlPlaneMetrics();
    const store: ControlStore = metrics.metered(options.firestore === undefined ? await openFileStore(path.join(options.directory, 'records')) : await openFirestoreStore(options.firestore));
    undo.push(() => store.close());
    const nowMs = options.nowWallMs ?? (() => Date.now());
    const snapshots = new Snapshots(store, nowMs);
    const meshes = new Meshes(store, snapshots, nowMs);
    const invitations = new Invitations(store, meshes, nowMs);
    let listeningAt = '';
    const keys = new Keys(store, meshes, nowMs);
    const auditLog = await AuditLog.open({ directory: path.join(options.directory, 'audit'), nowWallMs: nowMs });
    undo.push(() => auditLog.close());
    const audit = ({ event, ...fields }: AuditEvent) => {
      log.info({ event, ...fields }, event);
      return auditLog.record({ event, ...fields });
    };
    const note = (event: AuditEvent) => {
      auditLog.record(event).catch((error: unknown) => log.error({ error: String(error) }, 'a security event could not be written down'));
    };
    const playerSignIn = options.playerSignIn === undefined ? null : await openPlayerSignIn(options.playerSignIn);
    if (playerSignIn !== null) undo.push(() => playerSignIn.close());
    const gateway = createGateway({
      meshes, hosts: new Hosts(store, nowMs, options.hostTimes), snapshots, invitations, keys, idempotency: new Idempotency(store, nowMs), adminKey, nowMs, log, audit, note, playerSignIn, metrics, readiness: new Readiness(store),
      limits: new RateLimits(options.rateLimits), addressOf: clientAddress(options.trustedProxies ?? 0), allowedOrigins: options.allowedOrigins ?? [],
      isSecure: options.tls !== undefined || (options.publicUrl?.startsWith('https:') ?? false), pageDirectory: options.pageDirectory ?? null,
      publicUrl: () => (options.publicUrl ?? listeningAt).replace(/\/+$/, ''),
    });
    if (options.metrics !== undefined) {
      const served = await startMetricsServer({ ...options.metrics, scrape: async () => ({ text: await metrics.scrape(), contentType: metrics.registry.contentType }) });
      undo.push(() => served.stop());
      log.info({ url: served.url }, 'metrics are served');
    }
    const host = options.host ?? '127.0.0.1';
    const webSockets = new WebSocketServer({ noServer: true, maxPayload: 4 * 1024 });
    const server = createHttpServer({ fetch: gateway.app.fetch, hostname: host, requestTimeoutMs, webSockets: webSockets as WebSocketServerLike, ...(options.tls === undefined ? {} : { tls: await certificateOf(options.tls) }) });
    server.maxConnections = connectionsMax;
    server.listen(options.port, host);
    await once(server, 'listening');
    undo.push(async () => {
      const closed = once(server, 'close');
      server.close();
      // The server does not count them among its connections, and waits for them all the same.
      for (const socket of webSockets.clients) socket.terminate();
      server.closeAllConnections();
      await closed;
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server has an address with a port');
    const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
    listeningAt = `${options.tls === undefined ? 'http' : 'https'}://${name.includes(':') ? `[${name}]` : name}:${address.port}`;
    log.info({ url: listeningAt, store: options.firestore === undefined ? 'files' : 'firestore' }, 'control plane is up');
    return { url: listeningAt, adminKeyFile, stop: undoAll };
  } catch (error) {
    await undoAll();
    throw error;
  }
}

/** A snapshot may come over a slow line; an endless request may not hold a connection for ever. */
const requestTimeoutMs = 120_000;
const connectionsMax = 10_000;

async function certificateOf({ certificateFile, keyFile }: NonNullable<ControlPlaneOptions['tls']>) {
  const [cert, key] = await Promise.all([readFile(certificateFile), readFile(keyFile)]);
  return { cert, key };
}

async function loadAdminKey(file: string): Promise<string> {
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(`${randomBytes(32).toString('base64url')}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
  const key = (await readFile(file, 'utf8')).trim();
  if (key.length < 32) throw new Error(`${file} holds no admin key; remove it, and the next start makes a new one`);
  return key;
}
