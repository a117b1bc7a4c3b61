import type { Hello, ManagerAddress, ManagerId, ManagerToWorker, ProtocolError, Welcome } from '@raft-mesh/protocol';
import { limits, protocolVersion } from '@raft-mesh/protocol';
import type { AgentId, EmittedEvent, Outcome, SessionId, StateMachine } from '@raft-mesh/state-machine';
import type { Clock } from '../ports/clock.ts';
import type { Link, LinkHandlers } from '../ports/link.ts';
import type { Log } from '../ports/log.ts';
import type { Observer } from '../ports/observer.ts';
import type { Random } from '../ports/random.ts';
import type { AdmissionDesk } from './admission.ts';
import { movedAway } from './admission.ts';
import type { Proposals } from './proposals.ts';
import { notAuthenticated, protocolError } from './protocol-errors.ts';
import type { ReadGateway } from './read-gateway.ts';
import { SlowReaders } from './slow-readers.ts';
import { fitsInto } from './view-diff.ts';
import type { Views } from './views.ts';
import { WorkerSession } from './worker-session.ts';

export interface WorkerLinksOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly observer?: Observer | null;
  readonly machine: () => StateMachine;
  readonly desk: AdmissionDesk;
  readonly proposals: Proposals;
  readonly gateway: ReadGateway;
  readonly views: Views;
  readonly pulse: () => { readonly leader: ManagerId | null; readonly term: number; readonly logTimeMs: number };
  readonly managers: () => readonly ManagerAddress[];
  readonly heartbeatIntervalMs: number;
  readonly manager: ManagerId;
  readonly bootId: string;
  readonly onHeard: (agent: AgentId) => void;
}

const revoked = protocolError('credentialRevoked', 'this agent was shut out of the mesh', 'ask for a join token for another agent');
const replaced = protocolError('replaced', 'a newer link of this agent is here', 'use that one; two workers must not share one store');

/** A worker beats many times in this; one that sleeps finds its seat again when it wakes and connects. */
const silentLinkMs = 60_000;
const silenceLookMs = 10_000;
/** What may wait for all workers together that do not keep up with what is sent to them. */
const slowReadersBytesMax = 64 * 1024 * 1024;

/** The links of all workers welcomed at this manager: one an agent. */
export class WorkerLinks {
  readonly #options: WorkerLinksOptions;
  readonly #byAgent = new Map<AgentId, WorkerSession>();
  readonly #slowReaders: SlowReaders;
  #checkSet = false;
  #cancelLook: (() => void) | null = null;
  #closed = false;

  constructor(options: WorkerLinksOptions) {
    this.#options = options;
    this.#slowReaders = new SlowReaders(options.clock, slowReadersBytesMax);
  }

  get size(): number {
    return this.#byAgent.size;
  }

  /** Takes over a link whose first message was `hello`. `onWelcomed` is called when the worker has proved who it is. */
  greet(link: Link, hello: Hello, onWelcomed: () => void): LinkHandlers {
    const { desk, log, observer } = this.#options;
    let session: WorkerSession | null = null;
    let phase: 'checking' | 'awaitingHello' | 'welcomed' | 'over' = 'checking';
    /** Once known, another hello on this link must be the same agent's. */
    let agent: AgentId | null = null;
    const isOver = () => phase === 'over';

    const check = (offered: Hello): void => {
      phase = 'checking';
      if (offered.protocolVersion !== protocolVersion) {
        link.close(protocolError('versionUnsupported', `this manager speaks protocol version ${protocolVersion}, the worker ${offered.protocolVersion}`, 'use a worker of the same release'));
        return;
      }
      desk.admit(offered).then((admission) => {
        if (isOver()) return;
        if (!admission.admitted) {
          const { error } = admission;
          log.info({ remote: link.remote, code: error.code }, 'a worker was not let in');
          observer?.refused('link', error.code);
          if (error.code !== 'sessionExpired') { link.close(error); return; }
          phase = 'awaitingHello';
          link.send({ type: 'error', ...error, fatal: false });
          return;
        }
        if (agent !== null && agent !== admission.agent) { link.close(protocolError('notAllowed', 'this link belongs to another agent', 'open another link')); return; }
        agent = admission.agent;
        phase = 'welcomed';
        if (this.#isOutOfDate(link, admission.agent, offered)) { link.close(replaced); return; }
        session = this.#welcome(link, offered, admission, (again) => {
          session = null;
          check(again);
        });
        onWelcomed();
      }, (error: unknown) => {
        log.error({ remote: link.remote, error: String(error) }, 'checking a worker failed');
        link.close(protocolError('internal', 'this manager failed to check the credential', 'try another manager'));
      });
    };
    check(hello);

    return {
      onOpen: () => {},
      onMessages: (messages) => {
        if (session !== null) { session.receive(messages); return; }
        const [first, ...rest] = messages;
        if (first === undefined) return;
        if (phase === 'awaitingHello' && first.type === 'hello' && rest.length === 0) check(first);
        else link.close(notAuthenticated);
      },
      onInvalid: (error) => {
        if (session !== null) session.invalid(error);
        else link.close(error);
      },
      onEnd: () => {
        phase = 'over';
        if (session !== null) this.#forget(session);
      },
    };
  }

  /** A command was applied: if its worker is linked here and waits for it, it gets its answer. */
  applied(agent: AgentId, session: SessionId, sequence: number, outcome: Outcome): void {
    const linked = this.#byAgent.get(agent);
    if (linked?.session === session) linked.applied(sequence, outcome);
  }

  /** Tells the agents an event is for: those named, or all who watch its module. */
  event({ module, event, audience }: EmittedEvent, index: number): void {
    if (!fitsInto(event, limits.frameBytesMax - 4_096)) return;
    const message: ManagerToWorker = { type: 'event', module, index, event };
    if (audience === 'everyone') {
      for (const session of this.#byAgent.values()) if (this.#options.views.watches(session, module)) session.send(message);
    } else {
      for (const agent of new Set(audience)) {
        const session = this.#byAgent.get(agent);
        if (session !== undefined && session.viewer() !== null) session.send(message);
      }
    }
  }

  /** The registry has changed: who is out, goes on elsewhere, or has another role, is found at the end of this turn. */
  registryChanged(): void {
    if (this.#checkSet) return;
    this.#checkSet = true;
    this.#options.clock.defer(() => {
      this.#checkSet = false;
      for (const session of this.#byAgent.values()) {
        const error = session.viewer() === null ? revoked : session.hasMovedAway ? movedAway : null;
        if (error !== null) { session.close(error); this.#forget(session); }
        else session.noticeAccessRole();
      }
    });
  }

  leaderChanged(): void {
    const { leader, term } = this.#options.pulse();
    this.#tellAll({ type: 'leaderChanged', leader, term });
  }

  managersChanged(): void {
    this.#tellAll({ type: 'managersChanged', managers: [...this.#options.managers()] });
  }

  close(error: ProtocolError): void {
    this.#closed = true;
    this.#cancelLook?.();
    this.#slowReaders.close();
    for (const session of this.#byAgent.values()) session.close(error);
    this.#byAgent.clear();
  }

  #tellAll(message: ManagerToWorker): void {
    for (const session of this.#byAgent.values()) session.send(message);
  }

  /** A link that the worker has given up for a newer one, which arrived first. */
  #isOutOfDate(link: Link, agent: AgentId, { link: offered }: Hello): boolean {
    const known = this.#byAgent.get(agent);
    const newest = known?.hello.link;
    return known !== undefined && known.link !== link && offered !== undefined && newest !== undefined && newest.life === offered.life && newest.number > offered.number;
  }

  #welcome(link: Link, hello: Hello, { agent, name, session, secretHash }: { readonly agent: AgentId; readonly name: string; readonly session: SessionId; readonly secretHash: string }, onHelloAgain: (hello: Hello) => void): WorkerSession {
    const { clock, random, observer = null, machine, proposals, gateway, views, pulse, managers, heartbeatIntervalMs, manager, bootId, onHeard } = this.#options;
    const older = this.#byAgent.get(agent);
    if (older !== undefined && older.link === link) older.end();
    else older?.close(older.hasMovedAway ? movedAway : replaced);
    const linked = new WorkerSession({ link, hello, agent, session, secretHash, clock, random, observer, machine, proposals, gateway, views, pulse, onHeard, onHelloAgain, slowReaders: this.#slowReaders });
    this.#byAgent.set(agent, linked);
    this.#lookForSilence();
    onHeard(agent);
    const { leader, logTimeMs } = pulse();
    const welcome: Welcome = { type: 'welcome', agent, name, session, manager, bootId, managers: [...managers()], leader, logTimeMs, heartbeatIntervalMs };
    linked.send(welcome);
    return linked;
  }

  /** Closes links whose other end has vanished without a trace, so that they do not fill this manager up. */
  #lookForSilence(): void {
    if (this.#cancelLook !== null || this.#closed || this.#byAgent.size === 0) return;
    const { clock } = this.#options;
    this.#cancelLook = clock.setTimer(silenceLookMs, () => {
      this.#cancelLook = null;
      const silentSinceMs = clock.nowMs() - silentLinkMs;
      for (const session of this.#byAgent.values()) {
        if (session.heardAtMs >= silentSinceMs) continue;
        session.link.close();
        this.#forget(session);
      }
      this.#lookForSilence();
    });
  }

  #forget(session: WorkerSession): void {
    session.end();
    if (this.#byAgent.get(session.agent) === session) this.#byAgent.delete(session.agent);
  }
}
