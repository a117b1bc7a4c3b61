import { existsSync, watch, type FSWatcher } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { calmControl, ChaosDirectory } from '@raft-mesh/chaos/control';
import { initManager, type ControlPlaneClient, lockFileName } from '@raft-mesh/mesh-node';
import type { ManagerId, MeshDescription } from '@raft-mesh/protocol';
import { CliError } from '../cli-error.ts';
import { loadContext, saveContext, type Context } from '../context.ts';
import { botJoinToken, controlPlaneClient, operateTokenSeconds, valueOf } from '../control-plane-client.ts';
import { botNamesOf } from '../app-entries.ts';
import { exitCodes } from '../exit-codes.ts';
import { Child } from './child.ts';
import { controlPlaneArguments } from './control-plane-arguments.ts';
import { freePorts, isFree } from './free-port.ts';
import { offerBots } from './offer-bots.ts';
import { layout, loadBots, loadDevState, saveBots, saveDevState, type DevState } from './layout.ts';

/** Times in ms. */
export interface DevMeshOptions {
  readonly directory: string;
  readonly app: string;
  readonly managers: number;
  readonly bots: number;
  /** The control plane's port; managers take the next ones. 0: any free ports. */
  readonly port: number;
  /** Address to listen at: loopback, or all for the local network. */
  readonly host: '127.0.0.1' | '0.0.0.0';
  readonly restartDelayMs: number;
  /** How many more bots are sent when a table wants some. Default: none. */
  readonly botsOffered?: number;
  /** Passed to each bot's process. */
  readonly botEnvironment?: Readonly<Record<string, string>>;
  /** Where the control plane keeps its state, when not in files; the emulator's address comes from the environment. Kept for the next start. */
  readonly firestoreProject?: string;
  /** Players may sign in, anonymously too, with this Firebase project and its web API key. Said when the mesh is made; kept for the next start. */
  readonly signIn?: { readonly projectId: string; readonly apiKey: string };
  /** Put a relay between managers and let their disks be broken: what `mesh chaos partition` and others need. */
  readonly chaos?: boolean;
  /** How often the leader sends a snapshot to the control plane. Default 10,000. */
  readonly snapshotUploadIntervalMs?: number;
  /** After how many bytes of entries a manager takes a snapshot. Default: the manager's own. */
  readonly snapshotLogBytes?: number;
  readonly note: (text: string) => void;
}

const stopGraceMs = 3_000;

/**
 * A whole mesh on this machine, each part its own process: control plane, managers, bots. Dead parts are started again.
 * State stays in one folder, so the same mesh goes on at the next start.
 */
export class DevMesh {
  readonly directory: string;
  readonly #options: DevMeshOptions;
  readonly #children = new Map<string, Child>();
  readonly #restartTimers = new Map<string, NodeJS.Timeout>();
  #watcher: FSWatcher | null = null;
  #stopping = false;
  #state: DevState;
  #description: MeshDescription | null = null;
  #client: ControlPlaneClient | null = null;
  #following: Promise<void> = Promise.resolve();
  /** Bots that a table wanted, and what only they are told. */
  readonly #sentBots = new Map<string, Readonly<Record<string, string>>>();
  readonly #offering = new AbortController();
  #offered: Promise<void> = Promise.resolve();

  private constructor(options: DevMeshOptions, state: DevState) {
    this.#options = options;
    this.#state = state;
    this.directory = options.directory;
  }

  /** Starts everything, or what was there before in this folder. Resolves when managers and control plane are ready and bots are started. */
  static async start(options: DevMeshOptions): Promise<DevMesh> {
    await mkdir(dirname(layout.log(options.directory, 'x')), { recursive: true, mode: 0o700 });
    const kept = await loadDevState(options.directory);
    if (options.signIn !== undefined && kept !== null && kept.signIn === undefined) throw new CliError('signInTooLate', exitCodes.conflict, `The mesh in ${options.directory} was made without signing in.`, 'mesh dev --fresh --sign-in-project … --sign-in-api-key …   (begins anew; or name another folder: --data-dir DIR)');
    const state = kept ?? (await newState(options));
    const mesh = new DevMesh(options, state);
    try {
      await mesh.#start();
    } catch (error) {
      await mesh.stop();
      throw error;
    }
    return mesh;
  }

  get description(): MeshDescription {
    if (this.#description === null) throw new Error('the mesh has not started');
    return this.#description;
  }

  get client(): ControlPlaneClient {
    if (this.#client === null) throw new Error('the control plane has not started');
    return this.#client;
  }

  /** Kills a part (`control-plane`, `m1`, `bot-…`) with SIGKILL; it is started again after the restart delay unless `stayDown`. Gives its pid. */
  async kill(name: string, options: { readonly stayDown?: boolean } = {}): Promise<number> {
    const child = this.#children.get(name);
    if (child === undefined) throw new Error(`${name} is not running`);
    if (options.stayDown === true) this.#children.delete(name);
    child.process.kill('SIGKILL');
    await child.exited;
    return child.pid;
  }

  /** Starts a part that was killed to stay down, or one that waits for its restart. */
  async startPart(name: string): Promise<void> {
    const timer = this.#restartTimers.get(name);
    if (timer !== undefined) clearTimeout(timer);
    this.#restartTimers.delete(name);
    await this.#startPart(name);
  }

  pidOf(name: string): number | null {
    const child = this.#children.get(name);
    return child === undefined || child.process.exitCode !== null || child.process.signalCode !== null ? null : child.pid;
  }

  get partNames(): readonly string[] {
    return [...this.#children.keys()];
  }

  /** A link that lets people in. */
  async invitation(): Promise<string> {
    return valueOf(await this.client.createInvitation(this.description.mesh, { accessRole: 'worker', permissions: [] })).url;
  }

  /** A link for whoever signs in; `null` where nobody does. */
  get signInLink(): string | null {
    return this.#state.signIn === undefined ? null : `${this.controlPlaneUrl}/#mesh=${this.description.mesh}`;
  }

  /** What lets a worker with every permission join, once. */
  async adminJoin(name: string): Promise<{ readonly mesh: MeshDescription; readonly token: string; readonly name: string }> {
    const { token, mesh } = valueOf(await this.client.createJoinToken(this.description.mesh, { name, accessRole: 'admin', permissions: ['*'] }));
    return { mesh, token, name };
  }

  /** A token for asking managers their status. */
  async operateToken(): Promise<string> {
    return valueOf(await this.client.createOperateToken(this.description.mesh, { accessRole: 'admin', expiresInSeconds: operateTokenSeconds })).token;
  }

  /** Ends every process that this started. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#watcher?.close();
    this.#offering.abort();
    await Promise.race([this.#offered, new Promise((done) => setTimeout(done, stopGraceMs).unref())]);
    for (const timer of this.#restartTimers.values()) clearTimeout(timer);
    this.#restartTimers.clear();
    const children = [...this.#children].toReversed();
    this.#children.clear();
    await Promise.all(children.map(([, child]) => child.stop(stopGraceMs)));
  }

  async #start(): Promise<void> {
    const { directory } = this.#options;
    await this.#startPart('control-plane');
    const client = await controlPlaneClient(this.controlPlaneUrl, layout.adminKey(directory));
    this.#client = client;
    this.#description = this.#state.mesh === '' ? await this.#createMesh(client) : valueOf(await client.mesh(this.#state.mesh));
    await this.#keepState();
    const lost = this.#lostManagers();
    for (const { id } of this.#state.managers) {
      if (!existsSync(layout.manager(directory, id)) && !lost.includes(id)) await this.#initManager(id);
    }
    await this.#saveContext();
    await this.#startChaos();
    await Promise.all(this.#state.managers.filter(({ id }) => !lost.includes(id)).map(({ id }) => this.#startPart(id)));
    await this.#startBots();
    this.#offerBots();
    this.#watcher = watch(directory, (_event, file) => {
      const follow = file === 'bots.json' ? this.#followBots() : file === 'context.json' ? this.#followManagers() : null;
      follow?.catch((error: unknown) => this.#options.note(String(error)));
    });
  }

  /** In chaos mode managers dial each other through a relay; otherwise nothing of it is there. */
  async #startChaos(): Promise<void> {
    const directory = layout.chaos(this.directory);
    await rm(directory, { recursive: true, force: true });
    if (this.#options.chaos !== true) return;
    await new ChaosDirectory(directory).create(calmControl(this.#addresses()));
    await this.#startPart('relay');
  }

  #addresses(): { readonly id: ManagerId; readonly url: string }[] {
    return this.description.managers.map(({ id, url }) => ({ id, url }));
  }

  /** Managers that had a disk once and have none now: a wiped one may not come back under its old identity. Throws when too few are left. */
  #lostManagers(): readonly string[] {
    const { managers, mesh } = this.description;
    const lost = managers.filter(({ id, publicKey }) => {
      if (!this.#state.managers.some((manager) => manager.id === id)) return false;
      const own = layout.manager(this.directory, id);
      return publicKey !== null && !existsSync(own) && !existsSync(`${own}.initialising`);
    }).map(({ id }) => id);
    if (lost.length === 0) return lost;
    const what = `The data of ${lost.join(', ')} is gone from ${layout.manager(this.directory, '')}`;
    if (lost.length * 2 >= managers.length) throw new CliError('managersLost', exitCodes.failed, `${what}, so no majority of mesh ${mesh} can come back by itself.`, 'mesh snapshot restore --yes   (or begin anew: mesh dev --fresh)');
    this.#options.note(`${what}; the others go on without.`);
    return lost;
  }

  /** Commands write what the mesh is now into the context: what they have changed is done here, one change after another. */
  #followManagers(): Promise<void> {
    this.#following = this.#following.then(async () => {
      const { mesh } = await loadContext(this.directory);
      const before = this.description;
      if (this.#stopping || mesh.mesh !== before.mesh || mesh.incarnation < before.incarnation) return;
      this.#description = mesh;
      if (this.#options.chaos === true) await new ChaosDirectory(layout.chaos(this.directory)).change((control) => ({ ...control, managers: this.#addresses() }));
      if (mesh.incarnation > before.incarnation) await this.#followRestore(mesh);
      else await this.#followMembership(before, mesh);
    }).catch((error: unknown) => this.#options.note(String(error)));
    return this.#following;
  }

  /** `mesh snapshot restore`: the managers have new directories, and what runs of the old ones must end. */
  async #followRestore(mesh: MeshDescription): Promise<void> {
    await this.#keepState();
    const supervised = mesh.managers.map(({ id }) => id).filter((id) => this.#children.has(id));
    this.#options.note(`Mesh ${mesh.mesh} was restored as incarnation ${mesh.incarnation}. Starting ${supervised.join(', ')} in it.`);
    await Promise.all(supervised.map(async (id) => { await this.#stopPart(id); await this.startPart(id); }));
  }

  /** `mesh manager join` and `remove`: who has come is started when its directory is here, who has left is let end. */
  async #followMembership(before: MeshDescription, mesh: MeshDescription): Promise<void> {
    const incarnationIn = ({ managers }: MeshDescription, id: string): number => managers.find((manager) => manager.id === id)?.managerIncarnation ?? 0;
    const left = before.managers.map(({ id }) => id).filter((id) => this.#isSupervised(id) && incarnationIn(mesh, id) !== incarnationIn(before, id));
    for (const id of left) await this.#stopPart(id);
    await this.#keepState();
    const joined = this.#state.managers.map(({ id }) => id).filter((id) => !this.#isSupervised(id) && incarnationIn(mesh, id) !== incarnationIn(before, id));
    if (left.length + joined.length === 0) return;
    this.#options.note(`Managers of mesh ${mesh.mesh}: ${mesh.managers.map(({ id }) => id).join(', ')}.${joined.length === 0 ? '' : ` Starting ${joined.join(', ')}.`}`);
    for (const id of joined) await this.startPart(id);
  }

  #isSupervised(id: string): boolean {
    return this.#children.has(id) || this.#restartTimers.has(id);
  }

  /** Lets a part end; it is not started again. A manager that leaves the mesh ends by itself. */
  async #stopPart(name: string): Promise<void> {
    clearTimeout(this.#restartTimers.get(name));
    this.#restartTimers.delete(name);
    const child = this.#children.get(name);
    this.#children.delete(name);
    await child?.stop(stopGraceMs);
  }

  /** The managers of the mesh that this folder holds: those that began here, and those that joined here. */
  async #keepState(): Promise<void> {
    const managers = this.description.managers.filter(({ id, joined }) => existsSync(layout.manager(this.directory, id)) || (joined !== true && this.#state.managers.some((manager) => manager.id === id)))
      .map(({ id, url }) => ({ id, port: Number(new URL(url).port) }));
    if (JSON.stringify(managers) === JSON.stringify(this.#state.managers)) return;
    this.#state = { ...this.#state, managers };
    await saveDevState(this.directory, this.#state);
  }

  async #createMesh(client: ControlPlaneClient): Promise<MeshDescription> {
    const { mesh: description } = valueOf(await client.createMesh({ app: this.#state.app, managers: this.#state.managers.map(({ id, port }) => ({ id, url: this.#url(port) })), ...(this.#state.signIn === undefined ? {} : { signIn: { accessRole: 'worker', anonymous: true } }) }));
    this.#state = { ...this.#state, mesh: description.mesh };
    await saveDevState(this.directory, this.#state);
    return description;
  }

  async #initManager(id: string): Promise<void> {
    await initManager({ directory: layout.manager(this.directory, id), controlPlane: this.controlPlaneUrl, mesh: this.description.mesh, manager: id, adminKeyFile: layout.adminKey(this.directory) });
  }

  async #saveContext(): Promise<void> {
    const context: Context = {
      controlPlane: this.controlPlaneUrl,
      adminKeyFile: layout.adminKey(this.directory),
      mesh: this.description,
      operateToken: await this.operateToken(),
    };
    await saveContext(this.directory, context);
  }

  #url(port: number): string {
    return `http://${this.#state.host === '127.0.0.1' ? '127.0.0.1' : localNetworkAddress()}:${port}`;
  }

  get controlPlaneUrl(): string {
    return this.#url(this.#state.controlPlanePort);
  }

  /** `null` while everything ends. */
  async #startPart(name: string): Promise<Child | null> {
    if (this.#stopping) return null;
    const child = new Child(await this.#childOptions(name));
    this.#children.set(name, child);
    void child.exited.then(({ code, signal }) => this.#onExit(name, child, code, signal ?? `exit code ${code}`));
    // A bot is ready once it is welcomed, which waits for the managers: nobody waits for bots.
    if (!name.startsWith('bot-')) await child.ready;
    return child;
  }

  #onExit(name: string, child: Child, code: number | null, how: string): void {
    if (this.#stopping || this.#children.get(name) !== child) return;
    const { restartDelayMs } = this.#options;
    if (code === exitCodes.conflict && this.#state.managers.some(({ id }) => id === name)) {
      this.#children.delete(name);
      this.#options.note(`${name} (pid ${child.pid}) ended: it has left the mesh. To have it back: mesh manager join ${name}`);
      return;
    }
    this.#options.note(`${name} (pid ${child.pid}) ended: ${how}. Starting it again in ${restartDelayMs / 1000} s; its log: ${layout.log(this.directory, name)}`);
    this.#restartTimers.set(name, setTimeout(() => {
      this.#restartTimers.delete(name);
      this.#startPart(name).catch((error: unknown) => this.#options.note(`${name} did not start: ${error instanceof Error ? error.message : String(error)}`));
    }, restartDelayMs));
  }

  async #childOptions(name: string): Promise<ConstructorParameters<typeof Child>[0]> {
    const { directory, app } = this.#options;
    const logFile = layout.log(directory, name);
    if (name === 'control-plane') {
      return { logFile, args: ['control-plane', 'start', '--data-dir', layout.controlPlane(directory), '--port', String(this.#state.controlPlanePort), '--host', this.#state.host, '--public-url', this.controlPlaneUrl, '--app', app, ...controlPlaneArguments(this.#state)] };
    }
    if (name === 'relay') return { logFile, args: ['chaos', 'relay', '--chaos-dir', layout.chaos(directory)] };
    if (name.startsWith('bot-')) {
      const botName = name.slice('bot-'.length);
      const botDirectory = layout.bot(directory, botName);
      const join = await botJoinToken(this.client, this.description.mesh, botName, existsSync(botDirectory));
      return {
        logFile, args: ['bot', 'run', '--data-dir', botDirectory, '--name', botName, '--app', app], firstLine: JSON.stringify({ join }),
        environment: { ...this.#options.botEnvironment, ...this.#sentBots.get(name) },
      };
    }
    const { snapshotUploadIntervalMs, snapshotLogBytes } = this.#options;
    const tuning = [
      ...(snapshotUploadIntervalMs === undefined ? [] : ['--snapshot-upload-interval-ms', String(snapshotUploadIntervalMs)]),
      ...(snapshotLogBytes === undefined ? [] : ['--snapshot-log-bytes', String(snapshotLogBytes)]),
      ...(this.#options.chaos === true ? ['--chaos-dir', layout.chaos(directory)] : []),
    ];
    return { logFile, args: ['manager', 'start', '--data-dir', layout.manager(directory, name), '--host', this.#state.host, '--app', app, '--control-plane', this.controlPlaneUrl, ...tuning] };
  }

  async #startBots(): Promise<void> {
    const wanted = await loadBots(this.directory);
    for (const name of await botNamesOf(this.#options.app)) if (wanted.length < this.#options.bots && !wanted.includes(name)) wanted.push(name);
    await saveBots(this.directory, wanted);
    await this.#followBots();
  }

  /** Whoever looks after a table may ask for bots, for as long as this runs. */
  #offerBots(): void {
    const { app, botsOffered: most = 0, note } = this.#options;
    if (most === 0) return;
    this.#offered = offerBots({
      directory: this.directory, app, most, signal: this.#offering.signal, log: note,
      start: async (name, environment) => {
        this.#sentBots.set(`bot-${name}`, environment);
        return this.#startPart(`bot-${name}`);
      },
      stop: async (name) => {
        this.#sentBots.delete(`bot-${name}`);
        // One of this name may have been added to stay.
        if (!(await loadBots(this.directory)).includes(name)) await this.#stopPart(`bot-${name}`);
      },
    }).then(() => undefined, (error: unknown) => note(`Bots cannot be sent: ${error instanceof Error ? error.message : String(error)}`));
  }

  async #followBots(): Promise<void> {
    const wanted = (await loadBots(this.directory)).map((name) => `bot-${name}`);
    for (const name of wanted) if (!this.#children.has(name) && !this.#restartTimers.has(name)) await this.#startPart(name);
    for (const [name, child] of this.#children) {
      if (!name.startsWith('bot-') || wanted.includes(name) || this.#sentBots.has(name)) continue;
      this.#children.delete(name);
      await child.stop(stopGraceMs);
    }
  }
}

async function newState(options: DevMeshOptions): Promise<DevState> {
  const count = options.managers + 1;
  const ports = options.port === 0 ? await freePorts(count) : Array.from({ length: count }, (_, offset) => options.port + offset);
  for (const port of ports) {
    if (!(await isFree(port, options.host))) throw new CliError('portTaken', exitCodes.conflict, `Port ${port} is taken by another program.`, `mesh dev --port ${options.port + 100}`);
  }
  const [controlPlanePort = 0, ...managerPorts] = ports;
  const { firestoreProject, signIn } = options;
  return {
    app: options.app, host: options.host, controlPlanePort, mesh: '', ...(firestoreProject === undefined ? {} : { firestoreProject }), ...(signIn === undefined ? {} : { signIn }),
    managers: managerPorts.map((port, offset) => ({ id: `m${offset + 1}` as ManagerId, port })),
  };
}

/** This machine's address on the local network, so that a phone can open the link. */
function localNetworkAddress(): string {
  const addresses = Object.values(networkInterfaces()).flat().filter((address) => address !== undefined && address.family === 'IPv4' && !address.internal);
  return addresses[0]?.address ?? '127.0.0.1';
}

/** Removes everything that a `mesh dev` keeps, but for the lock that says whose the folder is. */
export async function removeDevMesh(directory: string): Promise<void> {
  const names = await readdir(directory);
  await Promise.all(names.filter((name) => name !== lockFileName).map((name) => rm(join(directory, name), { recursive: true, force: true })));
}
