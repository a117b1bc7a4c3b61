import { connect, type ConnectOptions, type Link, type LinkAcceptor, type LinkHandlers, type Worker } from '@raft-mesh/mesh';
import type { Hello, ManagerId, ManagerToWorker, MeshId, ProtocolError, WireMessage, WorkerToManager } from '@raft-mesh/protocol';
import type { AgentId, JsonValue, Outcome } from '@raft-mesh/state-machine';
import { MemoryNetwork, SeededRandom, SimulatedClock, type MemoryWorkerStore } from '@raft-mesh/testkit';

export const mesh = { mesh: 'games' as MeshId, incarnation: 1 };
export const asManager = (id: string) => id as ManagerId;

interface FakeSession {
  readonly outcomes: Map<number, Outcome>;
  acknowledgedThrough: number;
}

/** What the managers of a scripted mesh share, as if by Raft, and without any delay. */
export class FakeMesh {
  readonly clock = new SimulatedClock(1000);
  readonly network = new MemoryNetwork({ clock: this.clock, latencyMs: 1 });
  readonly managers: readonly FakeManager[];
  readonly sessions = new Map<string, FakeSession>();
  readonly agents = new Map<string, string>();
  /** Every command that was applied, in order. */
  readonly applied: { readonly session: string; readonly sequence: number; readonly command: string; readonly arguments: JsonValue }[] = [];
  incarnation = mesh.incarnation;
  leader: ManagerId | null = asManager('m1');
  term = 1;
  index = 10;
  view: JsonValue = { count: 0 };
  spentTokens = new Map<string, string>();

  constructor(count = 3) {
    this.managers = Array.from({ length: count }, (_, at) => new FakeManager(this, `m${at + 1}`));
    for (const manager of this.managers) manager.start();
  }

  get addresses() {
    return this.managers.map(({ id, url }) => ({ id, url }));
  }

  manager(id: string): FakeManager {
    const found = this.managers.find((manager) => manager.id === id);
    if (found === undefined) throw new Error(`no manager ${id}`);
    return found;
  }

  /** All managers start again from a snapshot of an earlier index and term, in which the agents are, and no session. */
  restore(): void {
    for (const manager of this.managers) manager.kill();
    this.incarnation += 1;
    this.index = 5;
    this.term = 1;
    this.sessions.clear();
    for (const manager of this.managers) manager.start();
  }

  elect(leader: string | null): void {
    this.leader = leader === null ? null : asManager(leader);
    this.term += 1;
    for (const manager of this.managers) manager.broadcast({ type: 'leaderChanged', leader: this.leader, term: this.term });
  }

  apply(sessionId: string, sequence: number, command: string, args: JsonValue, acknowledgedThrough: number): Outcome {
    const session = this.sessions.get(sessionId);
    if (session === undefined) throw new Error('no such session');
    if (sequence <= session.acknowledgedThrough) throw new Error(`the worker said that it had the answer to ${sequence}, and asks again`);
    session.acknowledgedThrough = Math.max(session.acknowledgedThrough, acknowledgedThrough);
    const known = session.outcomes.get(sequence);
    if (known !== undefined) return known;
    this.index += 1;
    this.applied.push({ session: sessionId, sequence, command, arguments: args });
    const outcome: Outcome = command === 'refuse'
      ? { status: 'refused', index: this.index, refusal: { code: 'no', message: 'No.' } }
      : { status: 'committed', index: this.index, answer: { sequence } };
    session.outcomes.set(sequence, outcome);
    return outcome;
  }

  options(store: MemoryWorkerStore, options: Partial<ConnectOptions> = {}): ConnectOptions {
    return {
      store, dialer: this.network.dialer('worker'), clock: this.clock, random: new SeededRandom(7), agentKind: 'cli',
      join: { mesh, token: 'token-1', name: 'Ada', managers: this.addresses }, ...options,
    };
  }

  async connected(store: MemoryWorkerStore, options: Partial<ConnectOptions> = {}): Promise<Worker> {
    const worker = await this.until(connect(this.options(store, options)));
    // Who is new is let in by one manager first; the others follow.
    await this.clock.advance(410);
    return worker;
  }

  /** Lets simulated time pass until a promise settles. */
  async until<Value>(promise: Promise<Value>, withinMs = 60_000): Promise<Value> {
    let isSettled = false;
    void promise.then(() => { isSettled = true; }, () => { isSettled = true; });
    await this.clock.advanceUntil(() => isSettled, withinMs);
    return promise;
  }
}

interface WorkerLink {
  readonly link: Link;
  session: string | null;
}

/** A manager that does as the script says, and by default what a good one would. */
export class FakeManager implements LinkAcceptor {
  readonly id: ManagerId;
  readonly url: string;
  readonly received: WorkerToManager[] = [];
  readonly links = new Set<WorkerLink>();
  /** Return true to keep the default from happening. */
  intercept: (message: WorkerToManager, answer: (message: ManagerToWorker) => void, link: Link) => boolean = () => false;
  readonly #mesh: FakeMesh;

  constructor(fakeMesh: FakeMesh, id: string) {
    this.#mesh = fakeMesh;
    this.id = asManager(id);
    this.url = `memory:${id}`;
  }

  start(): void {
    this.#mesh.network.listen(this.url, { ...mesh, incarnation: this.#mesh.incarnation }, this);
  }

  kill(): void {
    this.#mesh.network.kill(this.url);
    this.links.clear();
  }

  get isUp(): boolean {
    return this.#mesh.network.isListening(this.url);
  }

  broadcast(message: ManagerToWorker): void {
    for (const { link, session } of this.links) if (session !== null) link.send(message);
  }

  of<Type extends WorkerToManager['type']>(type: Type): Extract<WorkerToManager, { type: Type }>[] {
    return this.received.filter((message): message is Extract<WorkerToManager, { type: Type }> => message.type === type);
  }

  accept(link: Link): LinkHandlers {
    const own: WorkerLink = { link, session: null };
    this.links.add(own);
    return {
      onOpen: () => {},
      onMessages: (messages) => { for (const message of messages) this.#receive(own, message); },
      onInvalid: (error) => { throw new Error(`the worker sent no valid frame: ${error.message}`); },
      onEnd: () => { this.links.delete(own); },
    };
  }

  #receive(own: WorkerLink, wire: WireMessage): void {
    const message = wire as WorkerToManager;
    this.received.push(message);
    const answer = (reply: ManagerToWorker) => own.link.send(reply);
    if (this.intercept(message, answer, own.link)) return;
    const { leader, term } = this.#mesh;
    switch (message.type) {
      case 'hello': return this.#hello(own, message);
      case 'heartbeat': return answer({ type: 'heartbeatAck', beat: message.beat, leader, term, logTimeMs: 5000 });
      case 'command': {
        const isReachable = leader !== null && this.#mesh.manager(leader).isUp;
        if (!isReachable) {
          return answer({ type: 'commandRetry', sequence: message.sequence, refusal: { code: 'noLeader', message: 'No leader.' }, retryAfterMs: 0, nextSequence: null });
        }
        const session = this.#mesh.sessions.get(own.session ?? '');
        if (session === undefined) return answer({ type: 'commandRetry', sequence: message.sequence, refusal: { code: 'sessionExpired', message: 'Expired.' }, retryAfterMs: 0, nextSequence: null });
        const expected = session.outcomes.size + 1;
        if (message.sequence > expected) {
          return answer({ type: 'commandRetry', sequence: message.sequence, refusal: { code: 'sequenceGap', message: 'A gap.' }, retryAfterMs: 0, nextSequence: expected });
        }
        const outcome = this.#mesh.apply(own.session ?? '', message.sequence, message.command, message.arguments, message.acknowledgedThrough);
        return answer({ type: 'commandOutcome', sequence: message.sequence, outcome });
      }
      case 'query': return answer({ type: 'queryAnswer', request: message.request, result: { status: 'answered', index: this.#mesh.index, answer: this.id } });
      case 'watch':
        if (message.knownVersion === this.#mesh.index) return answer({ type: 'viewCurrent', watch: message.watch, version: this.#mesh.index });
        return answer({ type: 'viewWhole', watch: message.watch, version: this.#mesh.index, value: this.#mesh.view });
      case 'unwatch':
      case 'goodbye': return;
      default: message satisfies never;
    }
  }

  #hello(own: WorkerLink, { credential, session }: Hello): void {
    const refuse = (code: ProtocolError['code']) => own.link.close({ code, message: code, next: 'Do something else.' });
    const { agents, sessions, spentTokens } = this.#mesh;
    if (credential.kind === 'join') {
      const spentBy = spentTokens.get(credential.token);
      if (spentBy !== undefined && spentBy !== credential.resumeSecret) return refuse('tokenSpent');
      spentTokens.set(credential.token, credential.resumeSecret);
      agents.set('agent-1', credential.resumeSecret);
    } else if (agents.get(credential.agent) !== credential.resumeSecret) return refuse('resumeRefused');
    if (!sessions.has(session.id)) {
      if (session.opened) return refuse('sessionExpired');
      sessions.set(session.id, { outcomes: new Map(), acknowledgedThrough: 0 });
    }
    own.session = session.id;
    own.link.send({
      type: 'welcome', agent: 'agent-1' as AgentId, name: 'Ada', session: session.id, manager: this.id, bootId: 'boot',
      managers: this.#mesh.addresses, leader: this.#mesh.leader, logTimeMs: 5000, heartbeatIntervalMs: 500,
    });
  }
}
