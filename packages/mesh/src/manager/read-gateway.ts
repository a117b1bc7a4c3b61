import type { ManagerToManager } from '@raft-mesh/protocol';
import { limits } from '@raft-mesh/protocol';
import type { NodeId } from '@raft-mesh/raft';
import type { AgentId, JsonValue, Refusal, StateMachine } from '@raft-mesh/state-machine';
import type { Clock } from '../ports/clock.ts';
import type { ForwardNumbers } from './forward-numbers.ts';
import type { ReadEnd, Reads } from './reads.ts';
import { fitsInto } from './view-diff.ts';

type ForwardQuery = Extract<ManagerToManager, { type: 'forwardQuery' }>;
type ForwardAnswer = Extract<ManagerToManager, { type: 'forwardAnswer' }>;
export type QueryResult = ForwardAnswer['result'];

export interface Question {
  readonly agent: AgentId;
  readonly module: string;
  readonly query: string;
  readonly arguments: JsonValue;
}

interface Asked {
  readonly question: Question;
  readonly askedAtMs: number;
  readonly done: (result: QueryResult) => void;
  /** Who was asked, `null` while nobody can be. */
  sentTo: NodeId | null;
}

export interface ReadGatewayOptions {
  readonly self: NodeId;
  readonly clock: Clock;
  readonly reads: Reads;
  readonly forwards: ForwardNumbers;
  readonly machine: () => StateMachine;
  readonly leader: () => NodeId | null;
  /** Whether the state here lies so far behind the log that whoever asks had better not wait for it. */
  readonly isBehind: () => boolean;
  /** False when there is no link to that manager. */
  readonly send: (to: NodeId, message: ManagerToManager) => boolean;
}

const openMax = 8_192;
/** An election takes less than this. */
const patienceMs = 1_500;
const sweepIntervalMs = 100;
const noLeader: QueryResult = refused('noLeader', 'no leader confirmed this read: a majority of the managers must be up; ask with stale to read what is here');
const overloaded: QueryResult = refused('overloaded', 'this manager has as many open reads as it takes: ask again in a moment, or another manager');

/**
 * Answers queries linearizably: from the state here, or, while that is far behind (a long log after a restart), with the leader's answer.
 * The leader confirms and answers a forwarded query as it does one of its own.
 */
export class ReadGateway {
  readonly #options: ReadGatewayOptions;
  readonly #open = new Map<number, Asked>();
  #cancelSweep: (() => void) | null = null;
  #closed = false;

  constructor(options: ReadGatewayOptions) {
    this.#options = options;
  }

  /** `done` is called once. */
  ask(question: Question, done: (result: QueryResult) => void): void {
    const { reads, isBehind, clock } = this.#options;
    if (!isBehind()) {
      reads.read((end) => done(this.#ended(end, question)));
      return;
    }
    if (this.#closed) { done(noLeader); return; }
    if (this.#open.size >= openMax) { done(overloaded); return; }
    const asked: Asked = { question, askedAtMs: clock.nowMs(), done, sentTo: null };
    const forward = this.#options.forwards.take();
    this.#open.set(forward, asked);
    this.#send(forward, asked);
    this.#armSweep();
  }

  /** What the state here says now. */
  answer({ agent, module, query, arguments: args }: Question): QueryResult {
    const machine = this.#options.machine();
    const member = machine.member(agent);
    if (member === null || member.revoked) return refused('notAMember', 'this agent is no member of the mesh');
    const reading = machine.query(module, query, args, { agent, accessRole: member.accessRole });
    if (!reading.found) return { status: 'refused', refusal: reading.refusal };
    if (!fitsInto(reading.value, limits.frameBytesMax - 4_096)) return refused('answerTooLarge', 'this answer is larger than a frame: ask for a part of it');
    return { status: 'answered', index: machine.appliedIndex, answer: reading.value };
  }

  /** The other side: another manager asks for one of its workers. Its question is never passed on. */
  takeForward(from: NodeId, { forward, ...question }: ForwardQuery): void {
    this.#options.reads.read((end) => { this.#options.send(from, { type: 'forwardAnswer', forward, result: this.#ended(end, question) }); });
  }

  takeAnswer({ forward, result }: ForwardAnswer): void {
    const asked = this.#open.get(forward);
    if (asked === undefined) return;
    // Who has just ceased to lead may not know yet who does now.
    if (result.status === 'refused' && result.refusal.code === 'noLeader') asked.sentTo = null;
    else this.#settle(forward, asked, result);
  }

  /** The leader or a link has changed: what waits may go now. */
  routeChanged(): void {
    for (const [forward, asked] of this.#open) if (asked.sentTo === null) this.#send(forward, asked);
  }

  /** The last link to this manager is gone, with the answers it owed. */
  unreachable(peer: NodeId): void {
    for (const asked of this.#open.values()) if (asked.sentTo === peer) asked.sentTo = null;
    this.routeChanged();
  }

  close(): void {
    this.#closed = true;
    this.#cancelSweep?.();
    for (const [forward, asked] of this.#open) this.#settle(forward, asked, noLeader);
  }

  #send(forward: number, asked: Asked): void {
    const { leader, self, send } = this.#options;
    const to = leader();
    if (to === null) return;
    if (to === self) {
      this.#open.delete(forward);
      this.#options.reads.read((end) => asked.done(this.#ended(end, asked.question)));
    } else if (send(to, { type: 'forwardQuery', forward, ...asked.question })) asked.sentTo = to;
  }

  #ended(end: ReadEnd, question: Question): QueryResult {
    switch (end) {
      case 'ready': return this.answer(question);
      case 'noLeader': return noLeader;
      case 'overloaded': return overloaded;
      default: return end satisfies never;
    }
  }

  #settle(forward: number, asked: Asked, result: QueryResult): void {
    this.#open.delete(forward);
    asked.done(result);
  }

  #armSweep(): void {
    if (this.#cancelSweep !== null || this.#closed) return;
    this.#cancelSweep = this.#options.clock.setTimer(sweepIntervalMs, () => {
      this.#cancelSweep = null;
      const oldMs = this.#options.clock.nowMs() - patienceMs;
      for (const [forward, asked] of this.#open) if (asked.askedAtMs < oldMs) this.#settle(forward, asked, noLeader);
      this.routeChanged();
      if (this.#open.size > 0) this.#armSweep();
    });
  }
}

function refused(code: Refusal['code'], message: string): QueryResult {
  return { status: 'refused', refusal: { code, message } };
}
