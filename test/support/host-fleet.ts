import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { spawn, type ChildProcess } from 'node:child_process';
import { startControlPlane, type ControlPlane } from '@raft-mesh/control-plane';
import { connectWorker, createControlPlaneClient, createLogger, meshStatus, type ControlPlaneClient, type Result, type Worker } from '@raft-mesh/mesh-node';
import type { MeshDescription, MeshStatus } from '@raft-mesh/protocol';
import { eventually, meshCommand } from './processes.ts';

export interface FleetOptions {
  /** How many host processes. */
  readonly hosts: number;
  readonly goneAfterMs?: number;
  readonly managersMax?: number;
  /** Hosts speak TLS, and trust this authority (PEM files). */
  readonly tls?: { readonly authority: string; readonly certificate: string; readonly key: string };
  /** Hosts tell Prometheus what they do. */
  readonly metrics?: boolean;
}

export interface Recovered { readonly started: number; readonly failed: number; readonly tookMs: number }
interface RunningHost { readonly child: ChildProcess; readonly exited: Promise<void>; readonly recovered: Promise<Recovered>; readonly metrics: Promise<string> }

export const hostedApp = '@raft-mesh/mafia';

/** A control plane in this process, and hosts that are processes of their own. */
export class HostFleet {
  readonly directory: string;
  readonly client: ControlPlaneClient;
  readonly #options: FleetOptions;
  readonly #running = new Map<string, RunningHost>();
  #controlPlane: ControlPlane;

  private constructor(directory: string, options: FleetOptions, controlPlane: ControlPlane) {
    this.directory = directory;
    this.#options = options;
    this.#controlPlane = controlPlane;
    this.client = createControlPlaneClient({ url: controlPlane.url, adminKey: readFileSync(controlPlane.adminKeyFile, 'utf8').trim(), timeoutMs: 30_000 });
  }

  static async start(options: FleetOptions): Promise<HostFleet> {
    const directory = await mkdtemp(join(tmpdir(), 'raft-mesh-hosts-'));
    const fleet = new HostFleet(directory, options, await openControlPlane(directory, 0, options));
    for (let number = 1; number <= options.hosts; number += 1) await fleet.startHost(`h${number}`);
    return fleet;
  }

  get controlPlaneUrl(): string {
    return this.#controlPlane.url;
  }

  /** What a command of `mesh` needs to speak to the control plane. */
  get access(): readonly string[] {
    return ['--control-plane', this.#controlPlane.url, '--key-file', this.#controlPlane.adminKeyFile];
  }

  /** Starts a host, or starts one again; it is up when this resolves, and may still bring managers back. */
  async startHost(name: string): Promise<Recovered | null> {
    const directory = join(this.directory, name);
    const isNew = !existsSync(directory);
    const { tls } = this.#options;
    const args = [meshCommand, 'host', 'start', '--data-dir', directory, '--control-plane', this.#controlPlane.url, '--app', hostedApp, '--managers-max', String(this.#options.managersMax ?? 4_000), '--log-level', 'warn', '--exit-with-parent', '--json', ...(tls === undefined ? [] : ['--tls-cert', tls.certificate, '--tls-key', tls.key]), ...(this.#options.metrics === true ? ['--metrics-port', '0'] : [])];
    const child = spawn(process.execPath, [...args, ...(isNew ? ['--name', name, '--key-file', this.#controlPlane.adminKeyFile] : [])], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...(tls === undefined ? {} : { NODE_EXTRA_CA_CERTS: tls.authority }) } });
    const exited = new Promise<void>((resolve) => { child.once('exit', () => resolve()); });
    let up: (metrics: string) => void = () => {};
    const isUp = new Promise<string>((resolve, reject) => { up = resolve; void exited.then(() => reject(new Error(`host ${name} ended`))); });
    const recovered = new Promise<Recovered>((resolve) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const value = JSON.parse(line) as { readonly ready?: boolean; readonly metrics?: string; readonly recovered?: Recovered };
        if (value.ready === true) up(value.metrics ?? '');
        if (value.recovered !== undefined) resolve(value.recovered);
      });
    });
    this.#running.set(name, { child, exited, recovered, metrics: isUp });
    await isUp;
    return isNew ? null : recovered;
  }

  async killHost(name: string): Promise<void> {
    const host = this.#running.get(name);
    host?.child.kill('SIGKILL');
    await host?.exited;
    this.#running.delete(name);
  }

  pidOf(name: string): number {
    return this.#running.get(name)?.child.pid ?? 0;
  }

  /** Where a host tells Prometheus what it does. */
  async metricsOf(name: string): Promise<string> {
    return await this.#running.get(name)?.metrics ?? '';
  }

  async stopControlPlane(): Promise<void> {
    await this.#controlPlane.stop();
  }

  /** On the port that it had. */
  async startControlPlane(): Promise<void> {
    this.#controlPlane = await openControlPlane(this.directory, Number(new URL(this.#controlPlane.url).port), this.#options);
  }

  /** Meshes of three managers, `atOnce` requests at a time; `onMade` is told after each. */
  async createMeshes(count: number, atOnce = 8, onMade: (made: number) => void = () => {}): Promise<readonly MeshDescription[]> {
    const made: MeshDescription[] = [];
    let next = 0;
    await Promise.all(Array.from({ length: atOnce }, async () => {
      while (next < count) {
        next += 1;
        made.push(valueOf(await this.client.createMesh({ app: hostedApp, placed: 3 })).mesh);
        onMade(made.length);
      }
    }));
    return made;
  }

  /** As the managers themselves say, asked without the control plane. */
  async statusOf(mesh: MeshDescription): Promise<MeshStatus> {
    return meshStatus({ mesh: mesh.mesh, managers: mesh.managers, token: await this.#tokenOf(mesh) });
  }

  readonly #tokens = new Map<string, string>();
  async #tokenOf({ mesh }: MeshDescription): Promise<string> {
    const token = this.#tokens.get(mesh) ?? valueOf(await this.client.createOperateToken(mesh, { accessRole: 'admin' })).token;
    this.#tokens.set(mesh, token);
    return token;
  }

  /** Resolves when it has a leader whom a majority follows. */
  untilServing(mesh: MeshDescription, timeoutMs = 60_000): Promise<MeshStatus> {
    return eventually(`mesh ${mesh.mesh} has a leader`, async () => {
      const status = await this.statusOf(mesh);
      return status.leader === null ? null : status;
    }, timeoutMs);
  }

  async connect(mesh: MeshDescription, name: string, directory?: string): Promise<Worker> {
    const { token } = valueOf(await this.client.createJoinToken(mesh.mesh, { name, accessRole: 'admin', permissions: ['*'] }));
    return connectWorker({ transport: 'websocket', join: { mesh, token, name }, timeoutMs: 30_000, ...(directory === undefined ? {} : { directory }) });
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((name) => this.killHost(name)));
    await this.#controlPlane.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

function openControlPlane(directory: string, port: number, { goneAfterMs }: FleetOptions): Promise<ControlPlane> {
  return startControlPlane({
    directory: join(directory, 'control-plane'), port, logger: createLogger({ level: 'warn', name: 'control-plane' }), rateLimits: { perAddress: 1_000_000, perKey: 1_000_000 },
    hostTimes: { beatIntervalMs: 500, ...(goneAfterMs === undefined ? {} : { goneAfterMs }) },
  });
}

export async function put(worker: Worker, key: string, value: string): Promise<void> {
  const result = await worker.send('documents', 'put', { key, value });
  if (result.status !== 'committed') throw new Error(`a write was ${JSON.stringify(result)}`);
}

export function valueOf<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(`${result.problem.code}: ${result.problem.detail}`);
  return result.value;
}
