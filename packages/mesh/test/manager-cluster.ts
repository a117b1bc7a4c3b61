import type { Link, LinkEnd, LinkHandlers } from '@raft-mesh/mesh';
import { Manager } from '@raft-mesh/mesh';
import type { ManagerOptions } from '@raft-mesh/mesh';
import type { Hello, ManagerId, ManagerIdentity, MeshId, MeshIdentity, ProtocolError, WireMessage } from '@raft-mesh/protocol';
import { nodeIdOf, protocolVersion } from '@raft-mesh/protocol';
import type { Configuration } from '@raft-mesh/raft';
import type { AgentId, App, JsonValue, SessionId } from '@raft-mesh/state-machine';
import { applied, defineModule, refused } from '@raft-mesh/state-machine';
import { MemoryManagerStore, MemoryNetwork, RecordingLog, SeededRandom, SimulatedClock, TestIssuer, emptyPersistedState } from '@raft-mesh/testkit';

export const mesh: MeshIdentity = { mesh: 'test-mesh' as MeshId, incarnation: 1 };

interface TallyState { readonly total: number; readonly secrets: { readonly [agent: string]: number }; readonly alarmAtMs: number | null; readonly rang: number }

const anyValue = <Value>() => ({ safeParse: (value: unknown) => ({ success: true as const, data: value as Value }) });

/** A small module with everything that a manager has to do with: answers, refusals, secrets, events, deadlines. */
export const tally = defineModule({
  name: 'tally',
  version: 1,
  initial: (): TallyState => ({ total: 0, secrets: {}, alarmAtMs: null, rang: 0 }),
  commands: {
    add: {
      schema: anyValue<{ readonly by: number; readonly padding?: string }>(),
      apply: (state: TallyState, { by }, ctx) => {
        if (by < 0) return refused('negative', 'Only what is positive can be added.');
        ctx.emit({ added: by }, 'everyone');
        return applied({ ...state, total: state.total + by }, state.total + by);
      },
    },
    keepSecret: {
      schema: anyValue<{ readonly number: number }>(),
      apply: (state: TallyState, { number }, ctx) => {
        if (ctx.caller === null) return refused('noCaller', 'Agents only.');
        ctx.emit({ secret: number }, [ctx.caller.agent]);
        return applied({ ...state, secrets: { ...state.secrets, [ctx.caller.agent]: number } });
      },
    },
    setAlarm: {
      schema: anyValue<{ readonly inMs: number }>(),
      apply: (state: TallyState, { inMs }, ctx) => applied({ ...state, alarmAtMs: ctx.logTimeMs + inMs }, ctx.logTimeMs + inMs),
    },
  },
  queries: {
    total: { schema: anyValue<JsonValue>(), answer: (state: TallyState) => ({ found: true, value: state.total }) },
  },
  deadlineMs: (state) => state.alarmAtMs,
  expire: (state) => ({ ...state, alarmAtMs: null, rang: state.rang + 1 }),
  view: (state, viewer) => ({ total: state.total, rang: state.rang, alarmAtMs: state.alarmAtMs, mine: viewer.agent === null ? null : (state.secrets[viewer.agent] ?? null) }),
});

export const app: App = { name: 'tally-app', version: 1, modules: [tally] };

export interface Node {
  readonly identity: ManagerIdentity;
  readonly url: string;
  readonly log: RecordingLog;
  store: MemoryManagerStore;
  manager: Manager;
  /** Reasons given by managers at this address that stopped for good. */
  readonly stopped: string[];
  up: boolean;
}

export interface ClusterOptions {
  readonly managers?: number;
  readonly seed?: number;
  /** How long a flush takes; a crash loses what it had not reached. At once by default. */
  readonly flushMs?: number;
  /** Links notice by themselves when their other end is gone. */
  readonly noticesEnds?: boolean;
  readonly tuning?: Partial<Pick<ManagerOptions, 'agentSuspectAfterMs' | 'agentDeadAfterMs' | 'snapshotLogBytes' | 'snapshotKeepEntries'>>;
}

/** Managers on one simulated clock and network. */
export class Cluster {
  readonly clock = new SimulatedClock(1_000);
  readonly network: MemoryNetwork;
  readonly issuer = new TestIssuer(mesh);
  readonly nodes: Node[] = [];
  readonly #options: ClusterOptions;
  #lives = 0;

  constructor(options: ClusterOptions = {}) {
    this.#options = options;
    this.network = new MemoryNetwork({ clock: this.clock, noticesEnds: options.noticesEnds ?? false });
    const identities = Array.from({ length: options.managers ?? 3 }, (_, at) => ({ ...mesh, manager: `m${at + 1}` as ManagerId, managerIncarnation: 1 }));
    const configuration: Configuration = {
      voters: identities.map((identity) => ({ id: nodeIdOf(identity.manager, 1), address: urlOf(identity.manager) })), votersOutgoing: [], learners: [],
    };
    for (const identity of identities) {
      const { flushMs } = options;
      const store = new MemoryManagerStore(emptyPersistedState(configuration), flushMs === undefined ? { kind: 'immediate' } : { kind: 'delayed', clock: this.clock, delayMs: flushMs });
      const node = { identity, url: urlOf(identity.manager), log: new RecordingLog(), store, stopped: [], up: false };
      this.nodes.push({ ...node, manager: this.#managerOf({ ...node }) });
    }
  }

  #managerOf(node: Pick<Node, 'identity' | 'url' | 'log' | 'store' | 'stopped'>): Manager {
    this.#lives += 1;
    return new Manager({
      identity: node.identity, url: node.url, app, store: node.store, dialer: this.network.dialer(node.url),
      authority: this.issuer.authorityFor(node.identity), clock: this.clock, random: new SeededRandom((this.#options.seed ?? 1) * 1_000 + this.#lives), log: node.log, pid: 100 + this.#lives,
      ...this.#options.tuning,
      onStopped: (reason) => { node.stopped.push(reason); },
    });
  }

  /** The disk of a manager that joins: a learner by its own word, that looks for those who are in. Not started, not taken in. */
  joiner(manager: string, managerIncarnation = 1): Node {
    const identity: ManagerIdentity = { ...mesh, manager: manager as ManagerId, managerIncarnation };
    const url = urlOf(manager);
    const { voters } = this.leader!.manager.configuration;
    const configuration: Configuration = { voters: voters.filter(({ address }) => address !== url), votersOutgoing: [], learners: [{ id: nodeIdOf(identity.manager, managerIncarnation), address: url, promotable: true }] };
    const node = { identity, url, log: new RecordingLog(), store: new MemoryManagerStore(emptyPersistedState(configuration)), stopped: [], up: false };
    const made: Node = { ...node, manager: this.#managerOf(node) };
    this.nodes.push(made);
    return made;
  }

  /** Starts every manager that is down, and waits for a leader. */
  async start(): Promise<void> {
    for (const node of this.nodes) if (!node.up) await this.startNode(node);
    await this.untilLeader();
  }

  async startNode(node: Node): Promise<void> {
    await node.manager.start();
    this.network.listen(node.url, mesh, node.manager);
    node.up = true;
  }

  /** SIGKILL: nothing more is sent, nothing that waits to be flushed is kept. */
  crash(node: Node): void {
    this.network.kill(node.url);
    void node.manager.stop();
    node.store = node.store.crash();
    node.up = false;
    node.manager = this.#managerOf(node);
  }

  async stopNode(node: Node): Promise<void> {
    const stopping = node.manager.stop();
    await this.clock.advance(5);
    await stopping;
    this.network.kill(node.url);
    node.up = false;
    node.store = node.store.crash();
    node.manager = this.#managerOf(node);
  }

  get up(): readonly Node[] {
    return this.nodes.filter((node) => node.up);
  }

  /** The manager that leads in the newest term, as long as it is up. */
  get leader(): Node | null {
    let newest: Node | null = null;
    for (const node of this.up) {
      const status = node.manager.status();
      if (status.role === 'leader' && (newest === null || status.term > newest.manager.status().term)) newest = node;
    }
    return newest;
  }

  /** Waits until all that are up know the same leader and have applied something of its term. */
  async untilLeader(): Promise<Node> {
    await this.clock.advanceUntil(() => {
      const leader = this.leader;
      if (leader === null) return false;
      const { term, id } = leader.manager.status();
      return this.up.every((node) => { const status = node.manager.status(); return status.leader === id && status.term === term; });
    }, 20_000);
    return this.leader!;
  }

  /** Waits until all that are up have applied the same. */
  async untilSame(): Promise<void> {
    await this.clock.advanceUntil(() => new Set(this.up.map((node) => `${node.manager.status().appliedIndex} ${node.manager.status().runningDigest}`)).size === 1
      && this.up.every((node) => node.manager.status().commitIndex === node.manager.status().appliedIndex && node.manager.status().commitIndex === this.leader?.manager.status().lastIndex), 20_000);
  }

  get follower(): Node {
    const leader = this.leader;
    return this.up.find((node) => node !== leader)!;
  }

  client(node: Node, from = 'client'): RawClient {
    return new RawClient(this, node.url, from);
  }

  async stop(): Promise<void> {
    for (const node of this.up) this.crash(node);
    await this.clock.advance(1);
  }
}

function urlOf(manager: string): string {
  return `memory://${manager}`;
}

/** The far end of a link without any SDK: sends what a test wants, and keeps what came. */
export class RawClient {
  readonly #clock: SimulatedClock;
  readonly #issuer: TestIssuer;
  readonly received: WireMessage[] = [];
  readonly errors: ProtocolError[] = [];
  end: LinkEnd | null = null;
  opened = false;
  readonly link: Link;

  constructor(cluster: Cluster, url: string, from: string, about: MeshIdentity = mesh) {
    this.#clock = cluster.clock;
    this.#issuer = cluster.issuer;
    const handlers: LinkHandlers = {
      onOpen: () => { this.opened = true; },
      onMessages: (messages) => { this.received.push(...messages); },
      onInvalid: (error) => { this.errors.push(error); },
      onEnd: (end) => { this.end = end; },
    };
    this.link = cluster.network.dialer(from).dial(url, about, handlers);
  }

  send(message: WireMessage): void {
    this.link.send(message);
  }

  all<Type extends WireMessage['type']>(type: Type): Extract<WireMessage, { type: Type }>[] {
    return this.received.filter((message): message is Extract<WireMessage, { type: Type }> => message.type === type);
  }

  /** The newest message of a type that satisfies a condition, awaited. */
  async next<Type extends WireMessage['type']>(type: Type, holds: (message: Extract<WireMessage, { type: Type }>) => boolean = () => true): Promise<Extract<WireMessage, { type: Type }>> {
    await this.#clock.advanceUntil(() => this.all(type).some(holds) || this.end !== null, 20_000);
    const found = this.all(type).find(holds);
    if (found === undefined) throw new Error(`the link ended (${JSON.stringify(this.end)}) before a ${type} came`);
    return found;
  }

  async ended(): Promise<LinkEnd> {
    await this.#clock.advanceUntil(() => this.end !== null, 20_000);
    return this.end!;
  }

  /** The code of the error that ended the link. */
  async endCode(): Promise<string | null> {
    const end = await this.ended();
    return end.cause === 'closedThere' ? (end.error?.code ?? null) : end.cause;
  }

  helloByToken(token: string, options: { readonly secret?: string; readonly session?: string; readonly opened?: boolean } = {}): void {
    this.send({
      type: 'hello', protocolVersion, agentKind: 'cli', credential: { kind: 'join', token, name: 'Someone', resumeSecret: options.secret ?? 'secret' },
      session: { id: (options.session ?? 'session-1') as SessionId, opened: options.opened ?? false },
    });
  }

  helloAgain(agent: string, options: { readonly secret?: string; readonly session?: string; readonly opened?: boolean; readonly link?: Hello['link'] } = {}): void {
    this.send({
      type: 'hello', protocolVersion, agentKind: 'cli', credential: { kind: 'resume', agent: agent as AgentId, resumeSecret: options.secret ?? 'secret' },
      session: { id: (options.session ?? 'session-1') as SessionId, opened: options.opened ?? true }, ...(options.link === undefined ? {} : { link: options.link }),
    });
  }

  async join(agent: string, claims: { readonly accessRole?: 'admin' | 'worker' | 'spectator' } = {}): Promise<void> {
    this.helloByToken(this.#issuer.joinToken({ sub: agent as AgentId, ...claims }), { secret: `secret of ${agent}` });
    await this.next('welcome');
  }

  async resume(agent: string, options: { readonly session?: string; readonly opened?: boolean } = {}): Promise<void> {
    this.helloAgain(agent, { secret: `secret of ${agent}`, ...options });
    await this.next('welcome');
  }

  command(sequence: number, command: string, args: JsonValue, acknowledgedThrough = 0): void {
    this.send({ type: 'command', sequence, acknowledgedThrough, module: 'tally', command, arguments: args });
  }

  async outcome(sequence: number) {
    return (await this.next('commandOutcome', (message) => message.sequence === sequence)).outcome;
  }
}
