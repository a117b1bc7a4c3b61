import type { AgentId, SessionId, Viewer } from './agent.ts';
import { applyCommand, applyRuntime, membersState, sessionsState } from './apply-record.ts';
import { assert } from './assert.ts';
import { canonicalJson } from './canonical-json.ts';
import { chainDigest, digestOfAll, digestOfText, emptyDigest, type TextDigest } from './digest.ts';
import type { EmittedEvent, ModuleFailure } from './entry-step.ts';
import { EntryStep } from './entry-step.ts';
import type { Firing } from './fire-deadlines.ts';
import { fireDeadlines } from './fire-deadlines.ts';
import type { JsonValue } from './json.ts';
import type { LogRecord } from './log-record.ts';
import type { App, Refusal } from './module.ts';
import { ModuleTable } from './module-table.ts';
import { moveOf } from './modules/members/moves.ts';
import { memberOf } from './modules/members/state.ts';
import type { Member, Move } from './modules/members/state.ts';
import { sessionLifetimeMs, sessionOf } from './modules/sessions/state.ts';
import type { Outcome } from './outcome.ts';
import type { RandomPool } from './random-source.ts';
import { emptyRandomPool, mixIntoPool } from './random-source.ts';
import type { Reading } from './read-module.ts';
import { queryModule, viewModule } from './read-module.ts';
import { checkAgentCommand } from './run-command.ts';
import type { MachineState } from './snapshot-parts.ts';
import { decodeMachine, encodeMachine } from './snapshot-parts.ts';

export type { EmittedEvent, ModuleFailure } from './entry-step.ts';

/** One committed entry; `record` is null for Raft's own entries, which still bring the time. */
export interface AppliedEntry {
  readonly index: number;
  readonly term: number;
  readonly logTimeMs: number;
  readonly record: LogRecord | null;
}

export interface ApplyResult {
  /** `null` for entries that carry no command. */
  readonly outcome: Outcome | null;
  /** Modules whose state is another reference than before. */
  readonly touchedModules: ReadonlySet<string>;
  readonly events: readonly EmittedEvent[];
  /** What modules threw; it changed nothing. For logs and metrics of this manager. */
  readonly failures: readonly ModuleFailure[];
}

/** A reference to the whole state at one index; holding it costs nothing while commands go on. */
export interface StateSnapshot {
  readonly index: number;
  readonly logTimeMs: number;
  /** The state in parts, each small, in a fixed order. */
  parts(): Iterable<JsonValue>;
}

/** What a manager needs to know of an agent, secret hash included: not for views. */
export type MemberInfo = Member;

/** What a manager needs to know of a session. */
export interface SessionInfo {
  readonly nextSequence: number;
  readonly acknowledgedThrough: number;
  /** Log time in ms at which it ends if it is not used before. */
  readonly expiresAtMs: number;
}

/**
 * The replicated state machine: the built-in modules and an app's, applied one entry at a time, alike on every replica.
 * Throws `StateMachineFault`, `RangeError` or `InternalError` when it can no longer vouch for that; after such a throw every
 * later `apply` throws too, and its manager must stop.
 */
export class StateMachine {
  readonly #app: App;
  readonly #digest: TextDigest;
  readonly #table: ModuleTable;
  #index = 0;
  #logTimeMs = 0;
  #runningDigest = emptyDigest;
  #randomPool: RandomPool = emptyRandomPool;
  #faulty = false;

  /** A machine that has applied nothing; `restored` is for `StateMachine.restore` alone. */
  constructor(app: App, digest: TextDigest = digestOfText, restored: { readonly state: MachineState; readonly table: ModuleTable } | null = null) {
    this.#app = app;
    this.#digest = digest;
    this.#table = restored?.table ?? new ModuleTable(app, null);
    if (restored === null) return;
    this.#index = restored.state.index;
    this.#logTimeMs = restored.state.logTimeMs;
    this.#runningDigest = restored.state.runningDigest;
    this.#randomPool = restored.state.randomPool;
  }

  /**
   * Applies the next committed entry: the time first, with every deadline that has come, then the record. What is refused
   * changes nothing but its session. Entries come in order of index, none left out.
   */
  apply(entry: AppliedEntry): ApplyResult {
    assert(!this.#faulty, () => 'this state machine has failed before; rebuild it from a snapshot and the log');
    assert(entry.index === this.#index + 1, () => `entry ${entry.index} cannot be applied after ${this.#index}`);
    assert(entry.logTimeMs >= this.#logTimeMs, () => `entry ${entry.index} has log time ${entry.logTimeMs}, before ${this.#logTimeMs}`);
    this.#faulty = true;
    const { record } = entry;
    const random = record === null || record.kind === 'runtime' ? null : record.random;
    const pool = random === null ? this.#randomPool : mixIntoPool(this.#randomPool, random);

    const step = new EntryStep(entry.index, entry.logTimeMs, pool);
    const firings = fireDeadlines(this.#table, step);
    const outcome = this.#applyRecord(step, record);

    this.#index = entry.index;
    this.#logTimeMs = entry.logTimeMs;
    this.#randomPool = pool;
    const touchedModules = this.#table.takeTouched();
    this.#runningDigest = chainDigest(this.#runningDigest, changeText(entry, outcome, firings, touchedModules), this.#digest);
    this.#faulty = false;
    return { outcome, touchedModules, events: step.events, failures: step.failures };
  }

  #applyRecord(step: EntryStep, record: LogRecord | null): Outcome | null {
    if (record === null) return null;
    switch (record.kind) {
      case 'command': return applyCommand(this.#table, step, record);
      case 'runtime': return applyRuntime(this.#table, step, record);
      case 'time': return null;
      default: return record satisfies never;
    }
  }

  get appliedIndex(): number {
    return this.#index;
  }

  /** Log time in ms of the last entry applied. */
  get logTimeMs(): number {
    return this.#logTimeMs;
  }

  /** The earliest deadline of any module, in ms of log time. */
  get nextDeadlineMs(): number | null {
    return this.#table.earliestDeadlineMs;
  }

  get moduleNames(): readonly string[] {
    return this.#table.names;
  }

  /** The state of one module, by reference: equal references mean equal states. `undefined` for a module that is not there. */
  stateOf(module: string): unknown {
    return this.#table.stateOf(module);
  }

  /** What `viewer` may see of a module. Refused: `unknownModule`, `noView`, `invalidArguments`, `moduleFailed`. */
  view(module: string, viewer: Viewer, parameters: JsonValue): Reading {
    return viewModule(this.#table, module, viewer, parameters);
  }

  /** Answers a query from the present state. Refused: `unknownModule`, `unknownQuery`, `invalidArguments`, `moduleFailed`, and the query's own codes. */
  query(module: string, query: string, args: JsonValue, viewer: Viewer): Reading {
    return queryModule(this.#table, module, query, args, viewer, this.#logTimeMs);
  }

  /**
   * A courtesy check at the gate: membership, session, permission and schema, as `apply` would judge them now; `null` when nothing
   * speaks against it. It uses up no sequence number, so a worker must not take it for an outcome.
   */
  precheck(agent: AgentId, session: SessionId, module: string, command: string, args: JsonValue): Refusal | null {
    const member = memberOf(membersState(this.#table), agent);
    if (member === null) return { code: 'notAMember', message: `There is no agent ${agent} in this mesh. Join with a new token.` };
    if (sessionOf(sessionsState(this.#table), agent, session) === null) return { code: 'sessionExpired', message: 'This session does not exist or has expired. Open a new one.' };
    const checked = checkAgentCommand(this.#table, member, module, command, args, () => {});
    return checked.ok ? null : checked.refusal;
  }

  /** True when the command draws random numbers, so that the leader adds 32 random bytes. */
  drawsRandom(module: string, command: string): boolean {
    const commands = this.#table.module(module)?.commands;
    return commands !== undefined && Object.hasOwn(commands, command) && commands[command]?.drawsRandom === true;
  }

  /** `null` for an agent that was never admitted, or was removed. A revoked one is still there. */
  member(agent: AgentId): MemberInfo | null {
    return memberOf(membersState(this.#table), agent);
  }

  /** Whether the agent offers to move to another device, and how it moved last. */
  move(agent: AgentId): Move {
    return moveOf(membersState(this.#table), agent);
  }

  /** All agents in order of id, revoked ones included. */
  members(): readonly MemberInfo[] {
    return [...membersState(this.#table).members.entries()].map(([, member]) => member);
  }

  /** `null` for a session that was never opened or has expired. */
  session(agent: AgentId, session: SessionId): SessionInfo | null {
    const found = sessionOf(sessionsState(this.#table), agent, session);
    if (found === null) return null;
    return { nextSequence: found.nextSequence, acknowledgedThrough: found.acknowledgedThrough, expiresAtMs: Math.floor(found.lastUsedMs) + (this.#app.sessionLifetimeMs ?? sessionLifetimeMs) };
  }

  /** The sequence number from which to send again after `sequenceGap`; `null` when there is no such session. */
  nextSequence(agent: AgentId, session: SessionId): number | null {
    return this.session(agent, session)?.nextSequence ?? null;
  }

  /** How a command ended, while its answer is kept; `null` when it has not run, or was acknowledged. */
  recordedOutcome(agent: AgentId, session: SessionId, sequence: number): Outcome | null {
    const found = sessionOf(sessionsState(this.#table), agent, session);
    return found?.answers.at(sequence - found.acknowledgedThrough - 1)?.outcome ?? null;
  }

  snapshot(): StateSnapshot {
    const state: MachineState = { index: this.#index, logTimeMs: this.#logTimeMs, runningDigest: this.#runningDigest, randomPool: this.#randomPool, table: this.#table.capture() };
    const app = this.#app;
    const { modules } = this.#table;
    return { index: state.index, logTimeMs: state.logTimeMs, parts: () => encodeMachine(app, modules, state) };
  }

  /** A machine exactly like the one whose snapshot parts these are. Throws `StateMachineFault` when they are not from this app, or cut short. */
  static restore(app: App, parts: Iterable<JsonValue>, digest: TextDigest = digestOfText): StateMachine {
    return new StateMachine(app, digest, decodeMachine(app, parts));
  }

  /** Running hash over everything applied; equal at equal indexes on all replicas. Hex, 64 digits. Not for workers: it is not keyed. */
  get runningDigest(): string {
    return this.#runningDigest;
  }

  /** Hash of the whole state, computed now. Hex, 64 digits. Not for workers: it is not keyed. */
  stateDigest(): string {
    return digestOfAll(this.snapshot().parts());
  }
}

// One line for what an entry did. No two different doings share a line: a module's name holds no comma, and JSON no raw line break.
function changeText(entry: AppliedEntry, outcome: Outcome | null, firings: readonly Firing[], touched: ReadonlySet<string>): string {
  const fired = firings.map(({ module, deadlineMs, result }) => `${module} ${deadlineMs} ${result}`).join(',');
  return `${entry.index} ${entry.term} ${entry.logTimeMs}\n${fired}\n${[...touched].join(',')}\n${outcome === null ? '' : outcomeText(outcome)}`;
}

function outcomeText(outcome: Outcome): string {
  switch (outcome.status) {
    case 'committed': return `committed ${outcome.index} ${canonicalJson(outcome.answer)}`;
    case 'refused': return `refused ${outcome.index} ${canonicalJson([outcome.refusal.code, outcome.refusal.message])}`;
    default: return outcome satisfies never;
  }
}
