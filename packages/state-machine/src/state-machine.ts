import type { AgentId, SessionId, Viewer } from './agent.ts';
import type { JsonValue } from './json.ts';
import type { LogRecord } from './log-record.ts';
import type { App, Audience, Refusal } from './module.ts';
import type { Outcome } from './outcome.ts';

/** One committed entry; `record` is null for Raft's own entries, which still bring the time. */
export interface AppliedEntry {
  readonly index: number;
  readonly term: number;
  readonly logTimeMs: number;
  readonly record: LogRecord | null;
}

export interface EmittedEvent {
  readonly module: string;
  readonly event: JsonValue;
  readonly audience: Audience;
}

export interface ApplyResult {
  /** `null` for entries that carry no command. */
  readonly outcome: Outcome | null;
  /** Modules whose state is another reference than before. */
  readonly touchedModules: ReadonlySet<string>;
  readonly events: readonly EmittedEvent[];
}

/** A reference to the whole state at one index; holding it costs nothing while commands go on. */
export interface StateSnapshot {
  readonly index: number;
  readonly logTimeMs: number;
  /** The state in parts, each small, in a fixed order. */
  parts(): Iterable<JsonValue>;
}

/** The replicated state machine: the built-in modules and an app's, applied one entry at a time. */
export class StateMachine {
  constructor(_app: App) {}
  apply(_entry: AppliedEntry): ApplyResult { throw new Error('not written yet'); }
  get appliedIndex(): number { throw new Error('not written yet'); }
  get logTimeMs(): number { throw new Error('not written yet'); }
  /** The earliest deadline of any module, in log time. */
  get nextDeadlineMs(): number | null { throw new Error('not written yet'); }
  get moduleNames(): readonly string[] { throw new Error('not written yet'); }
  /** The state of one module, by reference: equal references mean equal states. */
  stateOf(_module: string): unknown { throw new Error('not written yet'); }
  view(_module: string, _viewer: Viewer, _parameters: JsonValue): { readonly found: true; readonly value: JsonValue } | { readonly found: false; readonly refusal: Refusal } { throw new Error('not written yet'); }
  query(_module: string, _query: string, _args: JsonValue, _viewer: Viewer): { readonly found: true; readonly value: JsonValue } | { readonly found: false; readonly refusal: Refusal } { throw new Error('not written yet'); }
  /** A courtesy check at the gate, with the same answer that `apply` would give now; `null` when nothing speaks against it. */
  precheck(_agent: AgentId, _session: SessionId, _module: string, _command: string, _args: JsonValue): Refusal | null { throw new Error('not written yet'); }
  /** True when the command draws random numbers, so that the leader adds 32 random bytes. */
  drawsRandom(_module: string, _command: string): boolean { throw new Error('not written yet'); }
  snapshot(): StateSnapshot { throw new Error('not written yet'); }
  /** A machine exactly like the one whose snapshot parts these are. Throws when they are not from this app. */
  static restore(_app: App, _parts: Iterable<JsonValue>): StateMachine { throw new Error('not written yet'); }
  /** Running hash over everything applied; equal at equal indexes on all replicas. Hex, 64 digits. */
  get runningDigest(): string { throw new Error('not written yet'); }
  /** Hash of the whole state, computed now. Hex, 64 digits. */
  stateDigest(): string { throw new Error('not written yet'); }
}
