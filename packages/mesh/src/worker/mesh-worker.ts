import { protocolVersion, type Hello, type ManagerAddress, type ManagerId, type ProtocolError, type Welcome, type WireMessage } from '@raft-mesh/protocol';
import type { AgentId, JsonValue, Refusal } from '@raft-mesh/state-machine';
import type { WorkerIdentity, WorkerRecord } from '../ports/worker-store.ts';
import { fraction } from './backoff.ts';
import { CommandQueue } from './command-queue.ts';
import type { ConnectOptions } from './connect-options.ts';
import { ConnectError } from './connect-error.ts';
import { Heartbeat } from './heartbeat.ts';
import { Links } from './links.ts';
import { LogTime } from './log-time.ts';
import { ManagerLink, type ManagerLinkOwner } from './manager-link.ts';
import { Queries } from './queries.ts';
import { newResumeSecret } from './resume-secret.ts';
import { isAboutToken, isFinal, isFinalByMajority } from './refusals.ts';
import { StateKeeper } from './state.ts';
import { timings } from './timings.ts';
import { Watches } from './watches.ts';
import type { CommandResult, QueryResult, RecoveredCommand, View, Worker, WorkerState } from './worker.ts';

/** The parts of a worker put together: what the links hear goes to the part it concerns. */
export class MeshWorker implements Worker, ManagerLinkOwner {
  readonly recovered: Promise<readonly RecoveredCommand[]>;
  /** Settles with the first welcome, or rejects with what made it impossible. */
  readonly welcomed: Promise<void>;
  readonly #options: ConnectOptions;
  readonly #state = new StateKeeper();
  readonly #links: Links;
  readonly #commands: CommandQueue;
  readonly #queries: Queries;
  readonly #watches: Watches;
  readonly #heartbeat: Heartbeat;
  readonly #logTime: LogTime;
  #identity: WorkerIdentity;
  /** The store knows that a manager has welcomed the session. */
  #sessionIsOpened: boolean;
  #isRenewingSession = false;
  /** A join token is spent on one link; the others wait for it to be welcomed. */
  #joiningOn: ManagerLink | null = null;
  /** Managers that would not have this worker, since one last would. */
  readonly #refusedBy = new Set<ManagerId>();
  /** Said to this worker, which then tried its token: when that lets nobody in, this is what it needs to know. */
  #movedAway: ProtocolError | null = null;
  #settleWelcomed: { readonly resolve: () => void; readonly reject: (error: unknown) => void } = { resolve: () => {}, reject: () => {} };
  #closing: Promise<void> | null = null;
  #cancelDialAll: () => void = () => {};
  readonly #life: string;
  /** How many hellos were made in this life. */
  #hellos = 0;

  constructor(record: WorkerRecord, options: ConnectOptions) {
    this.#options = options;
    this.#identity = record.identity;
    this.#life = options.random.identifier();
    this.#sessionIsOpened = record.identity.sessionOpened;
    this.#links = new Links((address) => new ManagerLink(address, this.#identity, options, this));
    const ports = { ...options, links: this.#links };
    this.#commands = new CommandQueue({
      ...ports, mesh: record.identity.mesh,
      onSessionExpired: () => { this.#renewSession('sessionExpired', {}); },
      onStoreFailed: (error) => { this.#storeFailed(error); },
    }, record.identity.session, record.nextSequence);
    this.#queries = new Queries(ports);
    this.#watches = new Watches(this.#links, record.identity.incarnation);
    this.#heartbeat = new Heartbeat(ports, () => this.#watches.review());
    this.#logTime = new LogTime(options.clock, () => this.#links.leader !== null);
    this.recovered = Promise.all(record.open.map((stored) => new Promise<RecoveredCommand>((resolve) => {
      const { module, command, arguments: args } = stored;
      this.#commands.resume(stored, (result) => resolve({ module, command, arguments: args, result }));
    })));
    this.welcomed = new Promise((resolve, reject) => { this.#settleWelcomed = { resolve, reject }; });
  }

  get agent(): AgentId {
    if (this.#identity.agent === null) throw new Error('A worker has no agent before its first welcome: wait for `connect`.');
    return this.#identity.agent;
  }

  get name(): string { return this.#identity.name; }
  get state(): WorkerState { return this.#state.current; }
  get managers(): readonly ManagerAddress[] { return this.#identity.managers; }
  get logTimeMs(): number { return this.#logTime.nowMs; }

  /** Begins to dial. */
  start(): void {
    this.#dial();
    const incarnation = this.#options.join?.mesh.incarnation ?? 0;
    if (incarnation > this.#identity.incarnation) this.#moveToIncarnation(incarnation);
  }

  /** Who is new to the mesh begins with one manager, whichever: a crowd that comes at once need not be a crowd at each of them. The others follow when it is in, and at once when there is any doubt. */
  #dial(): void {
    const { agent, managers } = this.#identity;
    const { random, clock } = this.#options;
    const one = managers[Math.floor(fraction(random) * managers.length)];
    if (agent !== null || one === undefined) {
      this.#links.setManagers(managers);
      return;
    }
    this.#links.beginWith(one, managers);
    this.#cancelDialAll = clock.setTimer(timings.firstAloneMs, () => this.#links.dialAll());
  }

  send(module: string, command: string, args: JsonValue, options: { readonly validForMs?: number } = {}): Promise<CommandResult> {
    return this.#commands.send(module, command, args, options.validForMs ?? null);
  }

  query(module: string, query: string, args: JsonValue, options: { readonly stale?: boolean; readonly timeoutMs?: number } = {}): Promise<QueryResult> {
    return this.#queries.ask(module, query, args, { stale: options.stale ?? false, timeoutMs: options.timeoutMs ?? timings.queryTimeoutMs });
  }

  watch(module: string, parameters: JsonValue, onView: (view: View) => void, onRefused: (refusal: Refusal) => void = () => {}): () => void {
    return this.#watches.watch(module, parameters, onView, onRefused);
  }

  onEvent(listener: (module: string, event: JsonValue) => void): () => void {
    return this.#watches.onEvent(listener);
  }

  onState(listener: (state: WorkerState) => void): () => void {
    return this.#state.onChange(listener);
  }

  wake(): void {
    if (this.#state.ended) return;
    for (const link of this.#links.all()) link.wake();
    this.#heartbeat.wake();
  }

  close(): Promise<void> {
    return this.#end(null);
  }

  helloFor(link: ManagerLink): Hello | null {
    const { agent, joinToken, name, resumeSecret, session, sessionOpened } = this.#identity;
    if (this.#isRenewingSession || this.#state.ended) return null;
    if (agent === null && this.#joiningOn !== null && this.#joiningOn !== link) return null;
    if (agent === null) this.#joiningOn = link;
    this.#hellos += 1;
    return {
      type: 'hello', protocolVersion, agentKind: this.#options.agentKind, session: { id: session, opened: sessionOpened }, link: { life: this.#life, number: this.#hellos },
      credential: agent === null ? { kind: 'join', token: joinToken ?? '', name, resumeSecret } : { kind: 'resume', agent, resumeSecret },
    };
  }

  onWelcome(link: ManagerLink, welcome: Welcome): void {
    const before = this.#identity;
    if (welcome.session !== before.session || (before.agent !== null && welcome.agent !== before.agent)) return link.drop();
    this.#joiningOn = null;
    this.#movedAway = null;
    this.#refusedBy.clear();
    this.#links.welcomedWithLeader(welcome.leader);
    this.#logTime.told(welcome.logTimeMs);
    this.#heartbeat.welcomed(link, welcome.heartbeatIntervalMs);
    this.#identity = { ...before, agent: welcome.agent, name: welcome.name, joinToken: null, sessionOpened: true };
    this.#setManagers(welcome.managers);
    if (this.#sessionIsOpened) return this.#linkIsReady();
    // Commands wait until the store knows: a worker that forgot could open a forgotten session again and have them applied twice.
    const opened = this.#identity;
    this.#save(() => {
      if (this.#identity.session !== opened.session) return;
      this.#sessionIsOpened = true;
      this.#linkIsReady();
    });
  }

  onMessage(link: ManagerLink, message: WireMessage): void {
    switch (message.type) {
      case 'commandOutcome': return this.#commands.onOutcome(message);
      case 'commandRetry': return this.#commands.onRetry(link, message);
      case 'queryAnswer': return this.#queries.onAnswer(link, message);
      case 'viewWhole':
      case 'viewPatch':
      case 'viewCurrent':
      case 'watchRefused': return this.#watches.onMessage(link, message);
      case 'event': return this.#watches.onEventMessage(link, message);
      case 'heartbeatAck':
        this.#logTime.told(message.logTimeMs);
        return this.#heardOfLeader(link, message.leader, message.term);
      case 'leaderChanged': return this.#heardOfLeader(link, message.leader, message.term);
      case 'managersChanged': return this.#setManagers(message.managers);
      // The rest is what workers say, or managers to each other: it means nothing here.
      default:
    }
  }

  onDown(link: ManagerLink): void {
    if (this.#joiningOn === link) this.#joiningOn = null;
    if (this.#state.ended) return;
    this.#links.dialAll();
    this.#links.forgetLeaderUnlessKnown();
    this.#commands.linkIsDown(link);
    this.#queries.linkIsDown(link);
    this.#watches.linksChanged();
    this.#updateState();
    for (const other of this.#links.all()) other.sayHello();
  }

  onProtocolError(link: ManagerLink, error: ProtocolError): void {
    const { agent, incarnation } = this.#identity;
    // A manager that was left behind in an earlier life of the mesh has no say.
    if (error.incarnation !== undefined && error.incarnation <= incarnation) return;
    // A higher one only a restore can have made. Who was never welcomed has nothing but a token of the old life.
    if (error.incarnation !== undefined && agent !== null) {
      this.#moveToIncarnation(error.incarnation);
    } else if (error.code === 'sessionExpired') {
      // One manager's word is enough, whoever else still serves the session: it has asked the leader, and the other may be cut off from all news.
      this.#renewSession('sessionExpired', {});
    } else if (error.code === 'movedAway') {
      this.#refused(error);
    } else if (isFinal(error.code)) {
      this.#endBecause(this.#movedAway !== null && isAboutToken(error.code) ? this.#movedAway : error);
    } else if (isFinalByMajority(error.code) && !link.welcomed) {
      this.#refusedBy.add(link.manager);
      if (!this.#links.anyWelcomed && this.#refusedBy.size > this.#identity.managers.length / 2) this.#refused(error);
    }
  }

  #linkIsReady(): void {
    this.#updateState();
    this.#settleWelcomed.resolve();
    this.#commands.linkIsUp();
    this.#queries.linksChanged();
    this.#watches.linksChanged();
    for (const link of this.#links.all()) link.sayHello();
  }

  #heardOfLeader(link: ManagerLink, leader: ManagerId | null, term: number): void {
    const isNews = this.#links.heardOfLeader(link, leader, term);
    this.#updateState();
    this.#watches.linksChanged();
    if (!isNews) return;
    this.#commands.leaderChanged();
    this.#queries.linksChanged();
  }

  #setManagers(managers: readonly ManagerAddress[]): void {
    if (managers.length === 0 || isSameList(managers, this.#identity.managers)) return;
    this.#identity = { ...this.#identity, managers };
    this.#save(() => {});
    for (const link of this.#links.setManagers(managers)) this.onDown(link);
  }

  #updateState(): void {
    this.#state.linksAre(this.#sessionIsOpened && this.#links.anyWelcomed, this.#links.leader, this.#options.clock.nowMs());
  }

  /** Begins a new session in place of one that the managers have forgotten; nothing of the old one is ever sent under it. */
  #renewSession(reason: 'sessionExpired' | 'meshRestored', changes: Partial<WorkerIdentity>): void {
    if (this.#isRenewingSession || this.#state.ended) return;
    this.#isRenewingSession = true;
    this.#sessionIsOpened = false;
    void this.#commands.buryOpen(reason).then(() => {
      const session = this.#options.random.identifier() as WorkerIdentity['session'];
      this.#identity = { ...this.#identity, ...changes, session, sessionOpened: false };
      return this.#options.store.saveIdentity(this.#identity);
    }).then(() => {
      if (this.#state.ended) return;
      this.#commands.beginSession(this.#identity.session);
      if (changes.incarnation !== undefined) {
        this.#refusedBy.clear();
        this.#watches.moveToIncarnation(changes.incarnation);
        this.#links.moveToIncarnation(this.#identity);
      }
      this.#isRenewingSession = false;
      // A link speaks for one session: the new one is introduced on new links.
      for (const link of this.#links.all()) if (link.phase === 'open') link.sayHello(); else if (link.phase !== 'dialing') link.drop();
    }).catch((error: unknown) => { this.#storeFailed(error); });
  }

  /** The mesh was restored from a snapshot and lives on in this incarnation, with this agent in it: nothing of the old session is sent there. */
  #moveToIncarnation(incarnation: number): void {
    this.#renewSession('meshRestored', { incarnation });
  }

  /** Most managers would not have this worker, or it goes on elsewhere: with a join token in hand it joins anew, else that is the end. */
  #refused(error: ProtocolError): void {
    if ((error.code !== 'resumeRefused' && error.code !== 'movedAway') || this.#identity.agent === null || this.#identity.joinToken === null) return this.#endBecause(error);
    if (error.code === 'movedAway') this.#movedAway = error;
    this.#refusedBy.clear();
    this.#renewSession('sessionExpired', { agent: null, name: this.#options.join?.name ?? this.#identity.name, resumeSecret: newResumeSecret(this.#options.random) });
  }

  #save(andThen: () => void): void {
    this.#options.store.saveIdentity(this.#identity).then(andThen).catch((error: unknown) => { this.#storeFailed(error); });
  }

  #storeFailed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#endBecause({ code: 'internal', message: `The worker's store failed: ${reason}.`, next: 'Check the disk or the browser storage, then connect again.' });
  }

  #endBecause(reason: ProtocolError): void {
    // A store that cannot even close has shown its fault before; nobody waits for it here.
    this.#end(reason).catch(() => {});
  }

  #end(error: ProtocolError | null): Promise<void> {
    if (this.#closing !== null) return this.#closing;
    this.#state.end(error);
    this.#cancelDialAll();
    this.#heartbeat.stop();
    this.#commands.close();
    this.#queries.close();
    this.#watches.close();
    for (const link of this.#links.all()) link.close();
    this.#settleWelcomed.reject(new ConnectError(error ?? { code: 'stopping', message: 'The worker was closed before a manager welcomed it.', next: 'Connect again.' }));
    this.#closing = this.#closeStore();
    return this.#closing;
  }

  async #closeStore(): Promise<void> {
    const { store, observer } = this.#options;
    await store.close();
    await observer?.closed();
  }
}

function isSameList(a: readonly ManagerAddress[], b: readonly ManagerAddress[]): boolean {
  return a.length === b.length && a.every(({ id, url }, at) => b[at]?.id === id && b[at]?.url === url);
}
