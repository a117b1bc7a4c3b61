import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { once } from 'node:events';
import path from 'node:path';
import type { Logger } from 'pino';
import { createHttpServer, createLogger, errorCode, lockDirectory } from '@raft-mesh/mesh-node';
import { Keys } from './api-gateway/access/keys.ts';
import { createGateway } from './api-gateway/gateway.ts';
import { Idempotency } from './api-gateway/idempotency.ts';
import type { AuditEvent } from './api-gateway/route.ts';
import { Invitations } from './mesh-manager/invitations.ts';
import { Meshes } from './mesh-manager/meshes.ts';
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
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  const lock = await lockDirectory(options.directory);
  const undo: (() => Promise<void>)[] = [() => lock.release()];
  const undoAll = async () => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    const adminKeyFile = path.join(options.directory, 'admin-key');
    const adminKey = await loadAdminKey(adminKeyFile);
    const store: ControlStore = options.firestore === undefined ? await openFileStore(path.join(options.directory, 'records')) : await openFirestoreStore(options.firestore);
    undo.push(() => store.close());
    const nowMs = options.nowWallMs ?? (() => Date.now());
    const snapshots = new Snapshots(store);
    const meshes = new Meshes(store, snapshots, nowMs);
    const invitations = new Invitations(store, meshes, nowMs);
    let listeningAt = '';
    const keys = new Keys(store, meshes, nowMs);
    const audit = ({ event, ...fields }: AuditEvent) => {
      log.info({ event, ...fields }, event);
      return Promise.resolve();
    };
    const gateway = createGateway({
      meshes, snapshots, invitations, keys, idempotency: new Idempotency(store, nowMs), adminKey, nowMs, log, audit, pageDirectory: options.pageDirectory ?? null,
      publicUrl: () => (options.publicUrl ?? listeningAt).replace(/\/+$/, ''),
    });
    const host = options.host ?? '127.0.0.1';
    const server = createHttpServer({ fetch: gateway.app.fetch, hostname: host });
    server.listen(options.port, host);
    await once(server, 'listening');
    undo.push(async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server has an address with a port');
    const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
    listeningAt = `http://${name.includes(':') ? `[${name}]` : name}:${address.port}`;
    log.info({ url: listeningAt, store: options.firestore === undefined ? 'files' : 'firestore' }, 'control plane is up');
    return { url: listeningAt, adminKeyFile, stop: undoAll };
  } catch (error) {
    await undoAll();
    throw error;
  }
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
