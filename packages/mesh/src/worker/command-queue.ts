import { isJsonValue, limits, type ManagerToWorker } from '@raft-mesh/protocol';
import type { JsonValue, SessionId } from '@raft-mesh/state-machine';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import type { WorkerObserver } from '../ports/worker-observer.ts';
import type { StoredCommand, StoredOutcome, WorkerStore } from '../ports/worker-store.ts';
import { backoffMs } from './backoff.ts';
import { CommandRoute } from './command-route.ts';
import { isTooLarge } from './command-size.ts';
import type { Links } from './links.ts';
import type { ManagerLink } from './manager-link.ts';
import { timings } from './timings.ts';
import type { CommandResult } from './worker.ts';

type CommandRetry = Extract<ManagerToWorker, { type: 'commandRetry' }>;
type CommandOutcome = Extract<ManagerToWorker, { type: 'commandOutcome' }>;

/** Asked for, and without a sequence number yet. */
interface WaitingCommand {
  readonly module: string;
  readonly command: string;
  readonly arguments: JsonValue;
  /** May only be sent while this has not come; it then takes no sequence number before a link is up. */
  readonly validUntilMs: number | null;
  readonly cancelExpiry: () => void;
  readonly settle: (result: CommandResult) => void;
}

/** Has a sequence number, and no durable outcome. */
interface OpenCommand {
  readonly stored: StoredCommand;
  readonly settle: (result: CommandResult) => void;
  /** Saving: may not be sent, for it is not durable yet. Settling: its outcome is known, and not durable yet. */
  phase: 'saving' | 'open' | 'settling';
  sentOn: ManagerLink | null;
  sentInTerm: number;
  /** When to send it (again). */
  dueAtMs: number;
  retries: number;
}

export interface CommandQueuePorts {
  readonly store: WorkerStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly links: Links;
  readonly mesh: string;
  readonly observer?: WorkerObserver;
  /** The managers have forgotten the session: what is open can never be known. */
  readonly onSessionExpired: () => void;
  readonly onStoreFailed: (error: unknown) => void;
}

/**
 * The commands of a worker from `send` to their outcome. Each gets its sequence number in the order of the calls, is durable before
 * it is first sent, and is sent again with the same number until a manager answers; its outcome is durable before anyone is told.
 */
export class CommandQueue {
  readonly #ports: CommandQueuePorts;
  readonly #route: CommandRoute;
  readonly #waiting: WaitingCommand[] = [];
  /** By sequence number, lowest first. */
  readonly #open = new Map<number, OpenCommand>();
  #session: SessionId;
  #nextSequence: number;
  /** A manager has welcomed the session, and that is durable. Until then nothing is sent. */
  #sessionOpened = false;
  /** Set while one session is buried and the next not begun. */
  #betweenSessions = false;
  #closed = false;
  #gap: { readonly fromSequence: number; readonly atMs: number } | null = null;
  #sweepAtMs = Number.POSITIVE_INFINITY;
  #cancelSweep: () => void = () => {};

  constructor(ports: CommandQueuePorts, session: SessionId, nextSequence: number) {
    this.#ports = ports;
    this.#route = new CommandRoute(ports.links);
    this.#session = session;
    this.#nextSequence = nextSequence;
  }

  /** Takes over a command that an earlier life of this worker left open. Call in order of sequence, before anything is sent. */
  resume(stored: StoredCommand, settle: (result: CommandResult) => void): void {
    this.#open.set(stored.sequence, newOpenCommand(stored, 'open', settle));
  }

  send(module: string, command: string, args: JsonValue, validForMs: number | null): Promise<CommandResult> {
    if (!isJsonValue(args)) return Promise.reject(new TypeError(`The arguments of ${module}.${command} are not plain JSON: pass objects, arrays, strings, finite numbers, booleans and null only.`));
    if (this.#closed) return Promise.resolve({ status: 'notSent', reason: 'closed' });
    if (this.#open.size + this.#waiting.length >= limits.openCommandsMax) return Promise.resolve({ status: 'notSent', reason: 'tooManyOpen' });
    if (isTooLarge(module, command, args)) return Promise.resolve({ status: 'notSent', reason: 'tooLarge' });
    const { clock } = this.#ports;
    return new Promise((settle) => {
      const validUntilMs = validForMs === null ? null : clock.nowMs() + validForMs;
      const cancelExpiry = validForMs === null ? () => {} : clock.setTimer(validForMs, () => this.#admit());
      this.#waiting.push({ module, command, arguments: args, validUntilMs, cancelExpiry, settle });
      this.#admit();
    });
  }

  /** A link is up and the session it was welcomed with is durably opened. */
  linkIsUp(): void {
    this.#sessionOpened = true;
    this.#admit();
    this.#sweep();
  }

  /** What was sent on this link may not have arrived. */
  linkIsDown(link: ManagerLink): void {
    this.#route.forget(link);
    this.#sendAgainNow((command) => command.sentOn === link);
  }

  /** What an earlier leader was sent may be lost with it. */
  leaderChanged(): void {
    this.#route.leaderChanged();
    const { term } = this.#ports.links;
    this.#sendAgainNow((command) => command.sentOn === null || command.sentInTerm < term);
  }

  onOutcome({ sequence, outcome }: CommandOutcome): void {
    const command = this.#open.get(sequence);
    // Every retry is answered: all answers but the first are echoes.
    if (command === undefined || command.phase !== 'open') return;
    if (outcome.status === 'refused' && outcome.refusal.code === 'sessionExpired') return this.#ports.onSessionExpired();
    this.#settle(command, outcome, { ...outcome, sequence }).catch(this.#ports.onStoreFailed);
  }

  onRetry(link: ManagerLink, { sequence, refusal, retryAfterMs, nextSequence }: CommandRetry): void {
    const command = this.#open.get(sequence);
    if (command === undefined || command.phase !== 'open' || command.sentOn !== link) return;
    if (refusal.code === 'sessionExpired') return this.#ports.onSessionExpired();
    const { clock, random } = this.#ports;
    const nowMs = clock.nowMs();
    const pauseMs = Math.max(backoffMs(command.retries, timings.retryMinMs, timings.retryMaxMs, random), Math.min(retryAfterMs, timings.retryHintMaxMs));
    command.retries += 1;
    if (nextSequence !== null && nextSequence < sequence && this.#open.has(nextSequence)) {
      // Every command behind the gap reports it; one resend answers them all.
      const isAnswered = this.#gap !== null && this.#gap.fromSequence >= nextSequence && nowMs - this.#gap.atMs < timings.retryMaxMs;
      if (!isAnswered) {
        this.#gap = { fromSequence: nextSequence, atMs: nowMs };
        return this.#sendAgainNow((other) => other.stored.sequence >= nextSequence);
      }
    } else if (nextSequence === null) {
      this.#route.refusedBy(link);
    }
    command.dueAtMs = nowMs + pauseMs;
    this.#sweepBy(command.dueAtMs);
  }

  /** Ends everything open as `unknown` for this reason, durably. What has no number yet waits for `beginSession`. */
  async buryOpen(reason: 'sessionExpired' | 'meshRestored'): Promise<void> {
    this.#betweenSessions = true;
    this.#sessionOpened = false;
    const lost = [...this.#open.values()].filter((command) => command.phase !== 'settling');
    await Promise.all(lost.map((command) => this.#settle(
      command, { status: 'unknown', reason }, { status: 'unknown', sequence: command.stored.sequence, reason })));
  }

  /** The new session is durable; nothing of it was sent. */
  beginSession(session: SessionId): void {
    this.#session = session;
    this.#nextSequence = 1;
    this.#open.clear();
    this.#gap = null;
    this.#betweenSessions = false;
    this.#admit();
  }

  /** What is open stays in the store for the next life. */
  close(): void {
    this.#closed = true;
    this.#cancelSweep();
    for (const { cancelExpiry, settle } of this.#waiting.splice(0)) {
      cancelExpiry();
      settle({ status: 'notSent', reason: 'closed' });
    }
    // What is settling has its outcome, and tells it once that is durable.
    for (const { phase, stored, settle } of this.#open.values()) {
      if (phase !== 'settling') settle({ status: 'unknown', sequence: stored.sequence, reason: 'closed' });
    }
    this.#open.clear();
  }

  /** Gives numbers to the commands that wait, in the order in which they came, and saves them. */
  #admit(): void {
    if (this.#closed || this.#betweenSessions) return;
    const { clock, links, store } = this.#ports;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const { validUntilMs } = next;
      const isExpired = validUntilMs !== null && clock.nowMs() >= validUntilMs;
      if (!isExpired && validUntilMs !== null && !(this.#sessionOpened && links.anyWelcomed)) return;
      this.#waiting.shift();
      next.cancelExpiry();
      if (isExpired) {
        next.settle({ status: 'notSent', reason: 'expired' });
        continue;
      }
      const stored: StoredCommand = { session: this.#session, sequence: this.#nextSequence, module: next.module, command: next.command, arguments: next.arguments };
      this.#nextSequence += 1;
      const command = newOpenCommand(stored, 'saving', next.settle);
      this.#open.set(stored.sequence, command);
      this.#ports.observer?.commandNumbered(this.#ports.mesh, stored.session, stored.sequence, stored.module, stored.command);
      store.saveCommand(stored).then(() => this.#saved(command)).catch(this.#ports.onStoreFailed);
    }
  }

  #saved(command: OpenCommand): void {
    if (command.phase !== 'saving' || this.#closed) return;
    command.phase = 'open';
    command.dueAtMs = this.#ports.clock.nowMs();
    const link = this.#route.next();
    if (this.#sessionOpened && link !== null) this.#transmit(command, link);
  }

  #transmit(command: OpenCommand, link: ManagerLink): void {
    const { clock, links } = this.#ports;
    const { sequence, module, command: name, arguments: args } = command.stored;
    command.sentOn = link;
    command.sentInTerm = links.term;
    command.dueAtMs = clock.nowMs() + timings.commandAnswerMs;
    link.send({ type: 'command', sequence, acknowledgedThrough: this.#acknowledgedThrough, module, command: name, arguments: args });
    this.#ports.observer?.commandSent(this.#ports.mesh, command.stored.session, sequence, link.manager);
    this.#sweepBy(command.dueAtMs);
  }

  /** Every command up to this one has a durable outcome. */
  get #acknowledgedThrough(): number {
    for (const sequence of this.#open.keys()) return sequence - 1;
    return this.#nextSequence - 1;
  }

  #sendAgainNow(which: (command: OpenCommand) => boolean): void {
    const nowMs = this.#ports.clock.nowMs();
    for (const command of this.#open.values()) {
      if (command.phase !== 'open' || !which(command)) continue;
      command.sentOn = null;
      command.dueAtMs = nowMs;
    }
    this.#sweep();
  }

  #sweepBy(atMs: number): void {
    if (this.#closed || atMs >= this.#sweepAtMs) return;
    this.#cancelSweep();
    this.#sweepAtMs = atMs;
    this.#cancelSweep = this.#ports.clock.setTimer(atMs - this.#ports.clock.nowMs(), () => this.#sweep());
  }

  /** Sends what is due, in order of sequence, all to one manager. With no link up it does nothing: the next link to come up sweeps. */
  #sweep(): void {
    this.#cancelSweep();
    this.#sweepAtMs = Number.POSITIVE_INFINITY;
    if (!this.#sessionOpened || this.#closed) return;
    const nowMs = this.#ports.clock.nowMs();
    const open = [...this.#open.values()].filter((command) => command.phase === 'open');
    for (const { sentOn, dueAtMs } of open) if (sentOn !== null && dueAtMs <= nowMs) this.#route.silentOn(sentOn);
    const link = this.#route.next();
    if (link === null) return;
    let nextDueAtMs = Number.POSITIVE_INFINITY;
    for (const command of open) {
      if (command.dueAtMs <= nowMs) this.#transmit(command, link);
      nextDueAtMs = Math.min(nextDueAtMs, command.dueAtMs);
    }
    this.#sweepBy(nextDueAtMs);
  }

  async #settle(command: OpenCommand, outcome: StoredOutcome['outcome'], result: CommandResult): Promise<void> {
    const { session, sequence } = command.stored;
    command.phase = 'settling';
    await this.#ports.store.saveOutcome({ session, sequence, outcome });
    if (this.#open.get(sequence) === command) this.#open.delete(sequence);
    command.settle(result);
    this.#ports.observer?.commandEnded(this.#ports.mesh, session, sequence, outcome.status);
  }
}

function newOpenCommand(stored: StoredCommand, phase: 'saving' | 'open', settle: (result: CommandResult) => void): OpenCommand {
  return { stored, settle, phase, sentOn: null, sentInTerm: 0, dueAtMs: 0, retries: 0 };
}
