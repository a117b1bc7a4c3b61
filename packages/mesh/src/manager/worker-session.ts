import type { ManagerId, ManagerToWorker, ProtocolError, WireMessage, WorkerToManager } from '@raft-mesh/protocol';
import { encodeRecord, limits } from '@raft-mesh/protocol';
import type { AccessRole, AgentId, Outcome, SessionId, StateMachine, Viewer } from '@raft-mesh/state-machine';
import { unrecordedRefusalCodes } from '@raft-mesh/state-machine';
import type { Clock } from '../ports/clock.ts';
import type { Link } from '../ports/link.ts';
import type { Observer } from '../ports/observer.ts';
import type { Random } from '../ports/random.ts';
import { messageNotAllowed, protocolError } from './protocol-errors.ts';
import type { Proposals, SubmissionEnd } from './proposals.ts';
import type { QueryResult, ReadGateway } from './read-gateway.ts';
import { fitsInto } from './view-diff.ts';
import { slowBytes } from './slow-readers.ts';
import type { SlowReader, SlowReaders } from './slow-readers.ts';
import type { ViewTarget, Views } from './views.ts';

type CommandMessage = Extract<WorkerToManager, { type: 'command' }>;
type QueryMessage = Extract<WorkerToManager, { type: 'query' }>;
type HelloMessage = Extract<WorkerToManager, { type: 'hello' }>;

export interface WorkerSessionOptions {
  readonly link: Link;
  /** What the worker introduced itself with. */
  readonly hello: HelloMessage;
  readonly agent: AgentId;
  readonly session: SessionId;
  /** Of the secret that it proved. */
  readonly secretHash: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer?: Observer | null;
  readonly machine: () => StateMachine;
  readonly proposals: Proposals;
  readonly gateway: ReadGateway;
  readonly views: Views;
  /** What a heartbeat is answered with. */
  readonly pulse: () => { readonly leader: ManagerId | null; readonly term: number; readonly logTimeMs: number };
  readonly onHeard: (agent: AgentId) => void;
  /** Where it counts when it does not keep up. */
  readonly slowReaders: SlowReaders;
  /** The worker says hello again, with a new session, after its old one has expired. */
  readonly onHelloAgain: (hello: HelloMessage) => void;
}

/** Past this a link that does not read is closed; it costs its own worker a reconnect, and nobody else anything. */
const bufferedBytesMax = 8 * 1024 * 1024;
const pendingBytesMax = 8 * 1024 * 1024;
const queriesMax = 256;
const invalidMessagesMax = 32;

interface PendingCommand { readonly sizeBytes: number; cancel: () => void }

/** One welcomed worker on one link: its commands, queries and watches. */
export class WorkerSession implements ViewTarget, SlowReader {
  readonly #options: WorkerSessionOptions;
  /** Commands sent into the log and not answered yet. */
  readonly #pending = new Map<number, PendingCommand>();
  #pendingBytes = 0;
  /** The highest number of those, 0 when there are none. */
  #pendingLast = 0;
  #queries = 0;
  #invalid = 0;
  /** That its views were made for. */
  #accessRole: AccessRole | null = null;
  #heardAtMs: number;
  #expired = false;
  #closed = false;

  constructor(options: WorkerSessionOptions) {
    this.#options = options;
    this.#heardAtMs = options.clock.nowMs();
    this.#accessRole = this.viewer()?.accessRole ?? null;
  }

  get link(): Link { return this.#options.link; }
  get hello(): HelloMessage { return this.#options.hello; }
  /** Clock reading of the last message. */
  get heardAtMs(): number { return this.#heardAtMs; }
  get agent(): AgentId { return this.#options.agent; }
  get session(): SessionId { return this.#options.session; }
  get bufferedBytes(): number { return this.#options.link.bufferedBytes; }

  /** As the registry knows the agent now; `null` when it was removed or shut out. */
  viewer(): Viewer | null {
    const { machine, agent } = this.#options;
    const known = machine().member(agent);
    return known === null || known.revoked ? null : { agent, accessRole: known.accessRole };
  }

  /** Another device has taken the agent over: this link speaks for it no more. */
  get hasMovedAway(): boolean {
    const { machine, agent, secretHash } = this.#options;
    return machine().member(agent)?.resumeSecretHash !== secretHash;
  }

  /** Has the views made anew when the agent has another access role now. */
  noticeAccessRole(): void {
    const accessRole = this.viewer()?.accessRole ?? null;
    if (accessRole === this.#accessRole) return;
    this.#accessRole = accessRole;
    this.#options.views.viewerChanged(this);
  }

  send(message: ManagerToWorker): void {
    if (this.#closed) return;
    const { link, slowReaders } = this.#options;
    link.send(message);
    const { bufferedBytes } = link;
    if (bufferedBytes > bufferedBytesMax) this.#closeAsSlow(`this link has more than ${bufferedBytesMax} bytes that were not read`);
    else if (bufferedBytes > slowBytes) slowReaders.note(this);
  }

  /** Too much waits for all who do not keep up. */
  shed(): void {
    this.#closeAsSlow('too much waits here for workers that do not read, and this is one of them');
  }

  /** Ends the link with an error; what is open stays open and is asked for again by the worker. */
  close(error: ProtocolError): void {
    this.#options.link.close(error);
    this.end();
  }

  #closeAsSlow(message: string): void {
    this.close(protocolError('slowConsumer', message, 'read faster, or watch less, and connect again'));
  }

  /** The link is gone. */
  end(): void {
    this.#closed = true;
    this.#options.slowReaders.forget(this);
    for (const pending of this.#pending.values()) pending.cancel();
    this.#pending.clear();
    this.#options.views.forget(this);
  }

  receive(messages: readonly WireMessage[]): void {
    this.#heardAtMs = this.#options.clock.nowMs();
    for (const message of messages) {
      if (this.#closed) return;
      switch (message.type) {
        case 'heartbeat':
          this.#options.observer?.heartbeat(message.roundTripMs ?? null);
          this.send({ type: 'heartbeatAck', beat: message.beat, ...this.#options.pulse() });
          break;
        case 'command': this.#command(message); break;
        case 'query': this.#query(message); break;
        case 'watch': this.#options.views.watch(this, message); break;
        case 'unwatch': this.#options.views.unwatch(this, message.watch); break;
        case 'goodbye': this.#options.link.close(); this.end(); return;
        case 'hello':
          if (this.#expired) { this.#options.onHelloAgain(message); return; }
          this.#complain(protocolError('alreadyAuthenticated', 'this link has been welcomed already', 'open another link for another session'));
          break;
        case 'error': break;
        default: this.close(messageNotAllowed); return;
      }
    }
    this.#options.onHeard(this.agent);
  }

  /** Something came in that is no valid message. */
  invalid(error: ProtocolError): void {
    switch (error.code) {
      // After these nothing that follows on the link can be trusted to be what it seems.
      case 'malformedFrame': case 'frameTooLarge': case 'wrongMesh': case 'wrongIncarnation': this.close(error); return;
      default: this.#complain(error);
    }
  }

  /** A command of this session was applied. */
  applied(sequence: number, outcome: Outcome): void {
    const pending = this.#pending.get(sequence);
    // The worker has links to other managers too; whoever took the command answers it.
    if (pending === undefined) return;
    if (outcome.status === 'refused' && unrecordedRefusalCodes.includes(outcome.refusal.code)) { this.#unrecorded(sequence, outcome); return; }
    this.#settle(sequence);
    pending.cancel();
    this.send({ type: 'commandOutcome', sequence, outcome });
    this.#options.observer?.commandAnswered(this.agent, this.session, sequence, null);
  }

  /** The session ran out; the worker must open another. */
  expire(): void {
    if (this.#expired) return;
    this.#expired = true;
    for (const [sequence, pending] of this.#pending) { pending.cancel(); this.#settle(sequence); }
    this.send({ type: 'error', ...protocolError('sessionExpired', 'this session has expired: how the commands that were open in it ended is not known', 'say hello again with a new session'), fatal: false });
  }

  #unrecorded(sequence: number, outcome: Extract<Outcome, { status: 'refused' }>): void {
    const { refusal } = outcome;
    switch (refusal.code) {
      case 'sessionExpired': case 'notAMember': this.expire(); return;
      case 'sequenceGap': case 'tooManyOpen': this.#retry(sequence, refusal.code, refusal.message, 0, refusal.code === 'sequenceGap' ? this.#appliedNext() : null); return;
      default:
        // The number belongs to a command that ended before: this one never will.
        this.#pending.get(sequence)?.cancel();
        this.#settle(sequence);
        this.send({ type: 'commandOutcome', sequence, outcome });
    }
  }

  #command(message: CommandMessage): void {
    const { sequence, acknowledgedThrough } = message;
    if (this.#expired) { this.#retry(sequence, 'sessionExpired', 'this session has expired', 0, null); return; }
    if (this.#pending.has(sequence)) return;
    const { machine, agent, session, proposals, random, observer } = this.#options;
    // What this manager has applied may be old; what the worker has acknowledged is certain.
    const next = Math.max(this.#appliedNext(), acknowledgedThrough + 1, this.#pendingLast + 1);
    if (sequence > next) { this.#retry(sequence, 'sequenceGap', `the next sequence number of this session is ${next}`, 0, next); return; }
    const data = encodeRecord({
      kind: 'command', agent, session, sequence, acknowledgedThrough, module: message.module, command: message.command, arguments: message.arguments,
      random: machine().drawsRandom(message.module, message.command) ? random.bytes(32) : null,
    });
    if (data.length > limits.commandBytesMax) { this.#retry(sequence, 'commandTooLarge', `a command may have ${limits.commandBytesMax} bytes, this one has ${data.length}: it will never be taken`, 0, null); return; }
    if (this.#pending.size >= limits.openCommandsMax || this.#pendingBytes + data.length > pendingBytesMax) {
      this.#retry(sequence, 'overloaded', 'too many commands of this session are open', 50, null);
      return;
    }
    const pending: PendingCommand = { sizeBytes: data.length, cancel: () => {} };
    this.#pending.set(sequence, pending);
    this.#pendingBytes += data.length;
    this.#pendingLast = Math.max(this.#pendingLast, sequence);
    observer?.commandTaken(data);
    pending.cancel = proposals.submit(data, (end) => this.#ended(sequence, pending, end));
  }

  #ended(sequence: number, pending: PendingCommand, end: SubmissionEnd): void {
    if (this.#pending.get(sequence) !== pending) return;
    switch (end.ended) {
      // Told by `applied`, which knows of every command that is applied, wherever it was proposed.
      case 'applied': if (end.outcome !== null) this.applied(sequence, end.outcome); return;
      case 'refused': this.#retry(sequence, end.refusal.code, end.refusal.message, end.retryAfterMs, null); return;
      default: end satisfies never;
    }
  }

  #query(message: QueryMessage): void {
    const { request, module, query, arguments: args } = message;
    const { gateway, observer } = this.#options;
    const tell = (result: QueryResult) => {
      if (result.status === 'refused') observer?.refused('query', result.refusal.code);
      this.send({ type: 'queryAnswer', request, result });
    };
    const refuse = (code: string, text: string) => tell({ status: 'refused', refusal: { code, message: text } });
    if (!fitsInto(args, limits.readArgumentsBytesMax)) { refuse('invalidArguments', `the arguments of a query may have ${limits.readArgumentsBytesMax} bytes`); return; }
    const question = { agent: this.agent, module, query, arguments: args };
    if (message.stale) { tell(gateway.answer(question)); return; }
    if (this.#queries >= queriesMax) { refuse('overloaded', `one link may have ${queriesMax} queries open`); return; }
    this.#queries += 1;
    gateway.ask(question, (result) => {
      this.#queries -= 1;
      if (!this.#closed) tell(result);
    });
  }

  #retry(sequence: number, code: string, message: string, retryAfterMs: number, nextSequence: number | null): void {
    const pending = this.#pending.get(sequence);
    pending?.cancel();
    this.#settle(sequence);
    this.send({ type: 'commandRetry', sequence, refusal: { code, message }, retryAfterMs, nextSequence });
    this.#options.observer?.commandAnswered(this.agent, this.session, sequence, code);
  }

  #settle(sequence: number): void {
    const pending = this.#pending.get(sequence);
    if (pending === undefined) return;
    this.#pending.delete(sequence);
    this.#pendingBytes -= pending.sizeBytes;
    if (this.#pending.size === 0) this.#pendingLast = 0;
  }

  #appliedNext(): number {
    return this.#options.machine().session(this.agent, this.session)?.nextSequence ?? 1;
  }

  /** Says what was wrong; a link that goes on like that is closed. */
  #complain(error: ProtocolError): void {
    this.#invalid += 1;
    if (this.#invalid > invalidMessagesMax) this.close(error);
    else this.send({ type: 'error', ...error, fatal: false });
  }
}
