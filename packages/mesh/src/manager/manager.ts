import type { BootId, ManagerAddress, ManagerId, ManagerStatus, ProtocolError } from '@raft-mesh/protocol';
import { encodeRecord, managerOf, nodeIdOf } from '@raft-mesh/protocol';
import type { Configuration, Entry, NodeId, RaftStatus, SnapshotMeta } from '@raft-mesh/raft';
import { defaultRaftOptions } from '@raft-mesh/raft';
import type { StateSnapshot } from '@raft-mesh/state-machine';
import { setStatusRecord } from '@raft-mesh/state-machine';
import type { Link, LinkAcceptor, LinkHandlers } from '../ports/link.ts';
import { AdmissionDesk } from './admission.ts';
import { Departure } from './departure.ts';
import { FollowedLogTime } from './followed-log-time.ts';
import { ForwardNumbers } from './forward-numbers.ts';
import { FrontDoor } from './front-door.ts';
import { Heartbeats } from './heartbeats.ts';
import type { HeardAgent, StatusChange } from './heartbeats.ts';
import { LogTimeKeeper } from './log-time-keeper.ts';
import { countAgents } from './manager-measures.ts';
import type { ManagerMeasures } from './manager-measures.ts';
import type { ManagerOptions } from './manager-options.ts';
import { managerStatusOf } from './manager-status.ts';
import { isHeard, isMade, membersOf, quorumAfter, supersededBy, wantedMembers } from './membership.ts';
import type { MembershipChange, MembershipResult, Quorum } from './membership.ts';
import type { PeerMessage } from './peer-dialer.ts';
import { PeerLinks } from './peer-links.ts';
import { Proposals } from './proposals.ts';
import type { SubmissionEnd } from './proposals.ts';
import { leaving, protocolError, stopping } from './protocol-errors.ts';
import { RaftDriver } from './raft-driver.ts';
import type { TransferResult } from './raft-driver.ts';
import { ReadGateway } from './read-gateway.ts';
import { Reads } from './reads.ts';
import { Replica } from './replica.ts';
import { Snapshots } from './snapshots.ts';
import { Views } from './views.ts';
import { WorkerLinks } from './worker-links.ts';

/** The parts of a manager that exist once its store is loaded. */
interface Parts {
  readonly replica: Replica;
  readonly driver: RaftDriver;
  readonly snapshots: Snapshots;
  readonly peers: PeerLinks;
  readonly proposals: Proposals;
  readonly reads: Reads;
  readonly gateway: ReadGateway;
  readonly desk: AdmissionDesk;
  readonly views: Views;
  readonly workers: WorkerLinks;
  readonly heartbeats: Heartbeats;
  readonly keeper: LogTimeKeeper;
  readonly door: FrontDoor;
  readonly departure: Departure;
}

const entryOverheadBytes = 32;
/** Screens at followers show a change this much later, when nothing else is going on. */
const commitAnnounceDelayMs = 2;
/** Links ping once a second; one missed ping may be late, two are not. */
const restSilenceMs = 2_500;
const answerWaitMs = 1_000;
const answerLookMs = 10;

/** One manager of one mesh: drives a Raft group, serves workers, watches their heartbeats. Owns no port, signal handler or exit. */
export class Manager implements LinkAcceptor {
  readonly #options: ManagerOptions;
  readonly #self: NodeId;
  readonly #bootId: BootId;
  #parts: Parts | null = null;
  #state: 'new' | 'running' | 'stopped' = 'new';
  /** What workers were told last, so that they are told changes only. */
  #toldLeader: string | null = null;
  #toldTerm = 0;
  #toldManagers = '';
  #hasRoom = true;
  readonly #followedLogTime = new FollowedLogTime();

  constructor(options: ManagerOptions) {
    this.#options = options;
    this.#self = nodeIdOf(options.identity.manager, options.identity.managerIncarnation);
    this.#bootId = options.random.identifier() as BootId;
  }

  /** Loads the store and joins the group. Rejects when the store cannot be read, or holds another app's state; then nothing runs. */
  async start(): Promise<void> {
    if (this.#state !== 'new') throw new Error('a manager is started once; make another one');
    const { store, clock, random, log, identity, observer = null } = this.#options;
    const persisted = await store.load();
    const departure = new Departure(this.#self, persisted);
    const snapshots: Snapshots = new Snapshots({
      app: this.#options.app, ...(this.#options.digest === undefined ? {} : { digest: this.#options.digest }), store, clock, logBytes: this.#options.snapshotLogBytes ?? 16 * 1024 * 1024,
      current: () => (replica.isConfigurationKnown ? { snapshot: replica.machine.snapshot(), term: replica.term, configuration: replica.configuration } : null),
      onTaken: (snapshot) => driver.snapshotTaken(snapshot, this.#options.snapshotKeepEntries ?? 4_096),
      onFailed: (reason) => this.#fail(reason),
      onNoRoom: () => this.#options.log.warn({ event: 'diskFull', manager: this.#self }, 'there was no room for a snapshot: it is tried again later'),
    });
    const replica = new Replica(await snapshots.load(persisted.snapshot), persisted.snapshot);
    const driver: RaftDriver = new RaftDriver({
      raft: {
        ...defaultRaftOptions, commitAnnounceDelayMs, ...this.#options.raft, id: this.#self, persisted, seed: seedFrom(random.bytes(4)),
        quiesceAfterMs: this.#options.quiesceAfterMs === undefined ? 5_000 : this.#options.quiesceAfterMs, electionPriority: this.#options.electionPriority ?? 'normal',
      },
      store, clock, trace: this.#options.trace ?? null, observer,
      send: (to, message) => { peers.send(to, message); },
      apply: (entries) => this.#apply(entries),
      beforeInstall: () => snapshots.idle(),
      restore: (snapshot) => this.#restore(snapshot),
      onLeadership: () => this.#leadershipChanged(),
      onConfiguration: (configuration) => peers.follow(membersOf(configuration)),
      onStopped: (reason) => this.#fail(reason),
    });
    const leads = () => driver.leadership.leader === this.#self;
    const peers: PeerLinks = new PeerLinks({
      self: this.#self, dialer: this.#options.dialer, clock, log,
      handshake: { identity, bootId: this.#bootId, authority: this.#options.authority, random, isMember: (node) => this.#hears(node), appliedIndex: () => replica.machine.appliedIndex },
      onMessages: (from, messages) => this.#peerSaid(from, messages),
      onReachable: (peer) => { departure.acceptedBy(peer); proposals.routeChanged(); gateway.routeChanged(); },
      onUnreachable: (peer) => { proposals.unreachable(peer); gateway.unreachable(peer); if (driver.status().quiescent) driver.wake(); },
      onGone: (peer) => driver.linkLost(peer),
      onRevoked: (peer, asOf) => { if (departure.revokedBy(peer, asOf, driver.leadership.leader, this.configuration)) this.#leave(); },
      onPinged: () => this.#lookForSilence(),
    });
    const forwards = new ForwardNumbers(random);
    const proposals: Proposals = new Proposals({
      self: this.#self, clock, observer, forwards, leadership: () => driver.leadership, hasRoom: () => this.#hasRoom,
      propose: (data, done) => driver.propose(data, done),
      send: (to, message) => peers.send(to, message),
    });
    const reads = new Reads({ clock, read: (done) => driver.read(done) });
    const machine = () => replica.machine;
    const gateway = new ReadGateway({
      self: this.#self, clock, reads, forwards, machine, leader: () => driver.leadership.leader,
      isBehind: () => !leads() && isBehind(driver.status(), this.#options.readsForwardedBehindEntries ?? 4_096),
      send: (to, message) => peers.send(to, message),
    });
    const views = new Views({ clock, machine });
    const submit = (data: Uint8Array) => new Promise<SubmissionEnd>((resolve) => { proposals.submit(data, resolve); });
    const heartbeats: Heartbeats = new Heartbeats({
      clock, isLeader: leads,
      suspectAfterMs: this.#options.agentSuspectAfterMs ?? 2_000, deadAfterMs: this.#options.agentDeadAfterMs ?? 10_000,
      agents: () => replica.machine.members().filter((member) => !member.revoked),
      propose: (changes, done) => { proposals.submit(statusRecord(changes), done); },
      report: (agents) => this.#report(agents),
    });
    const desk = new AdmissionDesk({ identity, authority: this.#options.authority, machine, submit, barrier: () => reads.barrier() });
    const workers = new WorkerLinks({
      clock, random, log, observer, machine, proposals, gateway, views, desk,
      pulse: () => this.#pulse(), managers: () => this.#workersManagers(),
      heartbeatIntervalMs: this.#options.workerHeartbeatIntervalMs ?? 500, manager: identity.manager, bootId: this.#bootId,
      onHeard: (agent) => heartbeats.heard(agent),
    });
    const keeper = new LogTimeKeeper({
      clock, random, isLeader: leads, logTimeMs: () => driver.status().logTimeMs, nextDeadlineMs: () => replica.machine.nextDeadlineMs,
      propose: (data, done) => driver.propose(data, done),
    });
    const door = new FrontDoor({ clock, peers, workers });
    this.#parts = { replica, driver, snapshots, peers, proposals, reads, gateway, desk, views, workers, heartbeats, keeper, door, departure };
    this.#state = 'running';
    this.#toldManagers = JSON.stringify(this.#workersManagers());
    store.onRoom?.((hasRoom) => this.#roomChanged(hasRoom));
    heartbeats.start();
    peers.start();
    peers.follow(membersOf(this.configuration));
    driver.start();
  }

  /** Stops cleanly; every link gets `stopping`. Resolves when nothing of this manager runs any more. */
  async stop(): Promise<void> {
    const wasNew = this.#state === 'new';
    this.#state = 'stopped';
    this.#closeAll(stopping);
    // Only closing ends the wait of a store for room.
    if (!this.#hasRoom) await this.#options.store.close();
    if (this.#parts !== null) {
      await this.#parts.driver.close();
      await this.#parts.snapshots.close();
    }
    if (!wasNew) await this.#options.store.close();
  }

  accept(link: Link): LinkHandlers {
    if (this.#parts !== null && this.#state === 'running') return this.#parts.door.accept(link);
    this.#options.clock.defer(() => link.close(this.#state === 'new' ? protocolError('overloaded', 'this manager is starting', 'try again in a moment') : stopping));
    return { onOpen: () => {}, onMessages: () => {}, onInvalid: () => {}, onEnd: () => {} };
  }

  /** A reading for people and tools. Throws before `start` has resolved. */
  status(): ManagerStatus {
    const { driver, replica, peers, heartbeats } = this.#running();
    const { identity, url, pid, app, clock } = this.#options;
    return managerStatusOf({ identity, url, pid, app, bootId: this.#bootId, self: this.#self, nowMs: clock.nowMs(), raft: driver.status(), replica, peers, heartbeats });
  }

  /** The configuration in force. Throws before `start` has resolved. */
  get configuration(): Configuration {
    return this.#running().driver.status().configuration;
  }

  /** Changes who is in the mesh, when this manager leads. Resolves when the change is committed, or refused. Throws before `start` has resolved. */
  changeMembership(change: MembershipChange): Promise<MembershipResult> {
    const { driver } = this.#running();
    const { role, configuration, configurationIndex, commitIndex } = driver.status();
    const by = supersededBy(configuration, change);
    if (by !== null) return Promise.resolve({ done: false, reason: { code: 'superseded', by } });
    const wanted = wantedMembers(configuration, change);
    if (role === 'leader' && configurationIndex <= commitIndex && isMade(configuration, wanted)) return Promise.resolve({ done: true, index: configurationIndex });
    return new Promise((resolve) => { driver.changeConfiguration({ basedOn: configurationIndex, ...wanted }, resolve); });
  }

  /**
   * Who of the voters that a change would leave answers this leader now: each is asked by a heartbeat, and has a second. What was heard before counts
   * for nothing, as a process may have died since. Throws before `start` has resolved.
   */
  async quorumAfter(change: MembershipChange): Promise<Quorum> {
    const { driver, peers } = this.#running();
    const { clock } = this.#options;
    const askedAtMs = clock.nowMs();
    driver.wake();
    for (;;) {
      const quorum = quorumAfter(this.configuration, change, (node) => node === this.#self || (peers.isLinked(node) && (peers.lastContactAtMs(node) ?? Number.NEGATIVE_INFINITY) > askedAtMs));
      if (quorum.unreachable.length === 0 || this.#state !== 'running' || clock.nowMs() - askedAtMs >= answerWaitMs) return quorum;
      await new Promise<void>((resolve) => { clock.setTimer(answerLookMs, resolve); });
    }
  }

  /** Hands leadership over, when this manager leads; `null`: to whoever is best placed. Throws before `start` has resolved. */
  transferLeadership(to: NodeId | null): Promise<TransferResult> {
    const { driver } = this.#running();
    return new Promise((resolve) => { driver.transferLeadership(to, resolve); });
  }

  /** Raft's own reading of this manager, cheap enough to ask for after every step. Throws before `start` has resolved. */
  raftStatus(): RaftStatus {
    return this.#running().driver.status();
  }

  /** Counts for metrics; `null` before `start` has resolved, and once it has stopped. */
  measures(): ManagerMeasures | null {
    if (this.#parts === null || this.#state !== 'running') return null;
    const { driver, replica, workers, proposals } = this.#parts;
    const { count, sizeBytes } = proposals.open;
    return { raft: driver.status(), agents: countAgents(replica.machine.members()), workerLinks: workers.size, openCommands: count, openCommandsBytes: sizeBytes, hasRoom: this.#hasRoom };
  }

  /** Begins to write a snapshot to this manager's own store, whatever the size of its log. False when one is being written already, or this manager has yet to hear who is in the mesh. */
  takeSnapshot(): boolean {
    return this.#running().snapshots.take();
  }

  /** The whole state now, by reference, with the term of its last entry: what the control plane keeps. */
  snapshot(): { readonly snapshot: StateSnapshot; readonly term: number } {
    const { replica } = this.#running();
    return { snapshot: replica.machine.snapshot(), term: replica.term };
  }

  #running(): Parts {
    if (this.#parts === null) throw new Error('this manager has not been started: await start() first');
    return this.#parts;
  }

  #apply(entries: readonly Entry[]): void {
    const { replica, snapshots, proposals, views, workers, desk, keeper, heartbeats } = this.#running();
    let bytes = 0;
    for (const entry of entries) {
      const { index, term, record, result } = replica.apply(entry);
      this.#options.trace?.applied({ entry, record, result, runningDigest: replica.machine.runningDigest });
      this.#options.observer?.applied(index);
      bytes += entryOverheadBytes + (entry.kind === 'command' ? entry.data.length : 0);
      for (const { module, step } of result.failures) this.#options.log.error({ module, step, index }, 'a module threw; nothing was changed by it');
      if (record?.kind === 'command' && result.outcome !== null) workers.applied(record.agent, record.session, record.sequence, result.outcome);
      proposals.applied(index, term, record?.kind === 'runtime' ? result.outcome : null);
      views.applied(index, result.touchedModules);
      if (result.touchedModules.has('members')) { workers.registryChanged(); heartbeats.registryChanged(); }
      for (const event of result.events) workers.event(event, index);
      if (entry.kind === 'configuration') this.#configurationChanged();
    }
    snapshots.applied(bytes);
    desk.stateChanged();
    keeper.applied(replica.machine.appliedIndex);
    this.#options.onApplied?.();
  }

  async #restore(snapshot: SnapshotMeta): Promise<void> {
    const { replica, snapshots, proposals, views, workers, desk, keeper, heartbeats } = this.#running();
    replica.restore(await snapshots.load(snapshot), snapshot);
    this.#options.trace?.restored(snapshot.lastIndex, replica.machine.runningDigest);
    proposals.restored();
    views.restored(snapshot.lastIndex);
    workers.registryChanged();
    heartbeats.registryChanged();
    desk.stateChanged();
    keeper.applied(snapshot.lastIndex);
    this.#options.onApplied?.();
    this.#configurationChanged();
  }

  /** A committed configuration was applied, or came with a snapshot. */
  #configurationChanged(): void {
    const { peers, workers, replica, departure } = this.#running();
    if (departure.applied(replica.configuration, replica.machine.appliedIndex)) { this.#leave(); return; }
    peers.follow(membersOf(this.configuration));
    const managers = JSON.stringify(this.#workersManagers());
    if (managers === this.#toldManagers) return;
    this.#toldManagers = managers;
    this.#options.log.info({ event: 'managersChanged', managers: this.#workersManagers().map(({ id }) => id), index: replica.machine.appliedIndex }, 'the managers of the mesh have changed');
    workers.managersChanged();
  }

  #hears(node: NodeId): boolean {
    const { driver, replica } = this.#running();
    return isHeard(node, this.#self, { leader: driver.leadership.leader, raft: driver.status(), applied: { index: replica.machine.appliedIndex, configuration: replica.configuration } });
  }

  /** At rest nothing but pings shows that the others live. */
  #lookForSilence(): void {
    const { driver, peers } = this.#running();
    const { quiescent, leader, configuration } = driver.status();
    if (!quiescent) return;
    const nowMs = this.#options.clock.nowMs();
    const watched = leader === this.#self ? configuration.voters.map(({ id }) => id) : leader === null ? [] : [leader];
    const silent = watched.find((node) => node !== this.#self && !peers.isNoticed(node) && nowMs - (peers.lastContactAtMs(node) ?? Number.NEGATIVE_INFINITY) > restSilenceMs);
    if (silent === undefined) return;
    this.#options.log.info({ peer: silent }, 'a manager is silent: the group wakes');
    driver.wake();
  }

  #leadershipChanged(): void {
    const { driver, proposals, gateway, reads, heartbeats, keeper, workers, peers } = this.#running();
    const { role, term, leader } = driver.leadership;
    this.#options.log.info({ role, term, leader }, 'role changed');
    peers.follow(membersOf(this.configuration));
    proposals.routeChanged();
    if (leader !== null) reads.leadershipChanged();
    gateway.routeChanged();
    if (leader === this.#toldLeader && term === this.#toldTerm) return;
    heartbeats.leadershipChanged();
    keeper.leadershipChanged();
    this.#toldLeader = leader;
    this.#toldTerm = term;
    workers.leaderChanged();
  }

  #peerSaid(from: NodeId, messages: readonly PeerMessage[]): void {
    const { driver, proposals, gateway, heartbeats, replica } = this.#running();
    for (const message of messages) {
      switch (message.type) {
        case 'forwardProposal': proposals.takeForward(from, message); break;
        case 'forwardResult': proposals.takeForwardResult(message); break;
        case 'forwardQuery': gateway.takeForward(from, message); break;
        case 'forwardAnswer': gateway.takeAnswer(message); break;
        case 'livenessReport':
          for (const { agent, heardAgoMs } of message.agents) if (replica.machine.member(agent) !== null) heartbeats.heard(agent, heardAgoMs);
          break;
        case 'linkPing': break;
        case 'quiesce':
          if (from === driver.leadership.leader) this.#followedLogTime.resting(message.logTimeMs, this.#options.clock.nowMs());
          driver.receive(from, message);
          break;
        default: driver.receive(from, message);
      }
    }
  }

  /** A leader that can write nothing hands over while others can; when none can, it gives up by itself, and what is asked is refused until there is room. */
  #roomChanged(hasRoom: boolean): void {
    this.#hasRoom = hasRoom;
    if (this.#state !== 'running') return;
    const { driver } = this.#running();
    if (hasRoom) this.#options.log.info({ event: 'diskHasRoom', manager: this.#self }, 'there is room on the disk again: this manager goes on');
    else this.#options.log.warn({ event: 'diskFull', manager: this.#self }, 'the disk is full: this manager writes nothing until there is room');
    if (!hasRoom && driver.leadership.leader === this.#self) driver.transferLeadership(null, () => {});
  }

  #report(agents: readonly HeardAgent[]): void {
    const { driver, peers } = this.#running();
    const { leader } = driver.leadership;
    if (leader !== null && leader !== this.#self) peers.send(leader, { type: 'livenessReport', agents: [...agents] });
  }

  #pulse(): { readonly leader: ManagerId | null; readonly term: number; readonly logTimeMs: number } {
    const { driver, peers } = this.#running();
    const { leader, term } = driver.leadership;
    const raft = driver.status();
    const logTimeMs = raft.quiescent && leader !== null && leader !== this.#self ? this.#followedLogTime.reading(raft.logTimeMs, this.#options.clock.nowMs(), peers.lastSignAtMs(leader)) : raft.logTimeMs;
    return { leader: leader === null ? null : managerOf(leader), term, logTimeMs: Math.floor(logTimeMs) };
  }

  /**
   * Where workers may go: those who vote, by what is committed. One that still learns is behind, and not decided upon. Just after a start it is not
   * known how much of the log is committed, and none of those who voted when the last snapshot was taken may live any more: both are told.
   */
  #workersManagers(): readonly ManagerAddress[] {
    const { driver, replica } = this.#running();
    const { configuration, configurationIndex, commitIndex } = driver.status();
    const voters = configurationIndex <= commitIndex ? configuration.voters : [...replica.configuration.voters, ...configuration.voters];
    return [...new Map(voters.map((member): [ManagerId, ManagerAddress] => [managerOf(member.id), { id: managerOf(member.id), url: member.address }])).values()];
  }

  /** Taken out of the mesh: the others go on without this manager. */
  #leave(): void {
    if (this.#state !== 'running') return;
    this.#state = 'stopped';
    const reason = `${this.#self} has left the mesh`;
    this.#options.log.info({ event: 'managerLeft', manager: this.#self }, reason);
    this.#closeAll(leaving);
    (this.#options.onLeft ?? this.#options.onStopped)(reason);
  }

  #fail(reason: string): void {
    if (this.#state !== 'running') return;
    this.#state = 'stopped';
    this.#options.log.error({ reason }, 'this manager has stopped for good');
    this.#closeAll(stopping);
    this.#options.onStopped(reason);
  }

  #closeAll(error: ProtocolError): void {
    if (this.#parts === null) return;
    const { door, workers, peers, proposals, reads, gateway, heartbeats, keeper, driver } = this.#parts;
    heartbeats.close();
    keeper.close();
    workers.close(error);
    door.close();
    peers.close(error);
    proposals.close();
    reads.close();
    gateway.close();
    driver.halt();
  }
}

/** What is in the log and not in the state here. Just after a start it is not known how much of it is committed: nearly all, as a rule. */
function isBehind({ lastIndex, appliedIndex }: RaftStatus, entriesMax: number): boolean {
  return lastIndex - appliedIndex > entriesMax;
}

function statusRecord(changes: readonly StatusChange[]): Uint8Array {
  return encodeRecord(setStatusRecord([...changes]));
}

function seedFrom(bytes: Uint8Array): number {
  return bytes.reduce((seed, byte) => seed * 256 + byte, 0);
}
