import type { Caller, Permission, Viewer, AgentId } from './agent.ts';
import type { JsonValue } from './json.ts';

/** A refusal is an expected outcome: a stable code for programs, a sentence for people. It changes nothing. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** What `apply` gives back: the next state and an answer for the caller, or a refusal. The state given in is never changed. */
export type Applied<State> =
  | { readonly applied: true; readonly state: State; readonly answer: JsonValue }
  | { readonly applied: false; readonly refusal: Refusal };

/** Deterministic randomness: the same on every replica, not to be foretold from any view. */
export interface RandomSource {
  /** A whole number from 0 to `limit` - 1, evenly drawn. */
  integerBelow(limit: number): number;
  /** A new array with the same items in a random order. */
  shuffle<Item>(items: readonly Item[]): Item[];
}

/** Who an event is for: everyone who may watch the module, or these agents only. */
export type Audience = 'everyone' | readonly AgentId[];

/** What every step of a module may know besides its state. */
export interface StepContext {
  /** Log time of the entry being applied, in ms; also for what expires, so that a phase begun now has its full length. Passes only while there is a leader. */
  readonly logTimeMs: number;
  /** The index of the entry being applied. */
  readonly index: number;
  readonly random: RandomSource;
  /** Tells agents of something that happened, once, with no promise of arrival. Dropped if the step is refused. */
  emit(event: JsonValue, audience: Audience): void;
}

export interface CommandContext extends StepContext {
  /** `null` when the runtime itself is the caller (only for commands whose permission is `runtime`). */
  readonly caller: Caller | null;
}

/** Anything that can check a value; every zod schema is one. */
export interface Schema<Value> {
  safeParse(value: unknown): { readonly success: true; readonly data: Value } | { readonly success: false; readonly error: { readonly issues: readonly { readonly message: string; readonly path: readonly PropertyKey[] }[] } };
}

export interface Command<State, Arguments> {
  readonly schema: Schema<Arguments>;
  /** Defaults to `<module>.<command>`. `runtime`: only the runtime may call it, no agent ever. */
  readonly permission?: Permission;
  /** Access roles that may call it without holding the permission by name. Default: admin, manager, worker. */
  readonly accessRoles?: readonly ('admin' | 'manager' | 'worker' | 'spectator')[];
  /** True when `apply` draws from `ctx.random`; the leader then puts 32 fresh random bytes into the entry. */
  readonly drawsRandom?: boolean;
  /**
   * Decides by the arguments who may call it, when given; `granted` is what permission and access role alone say.
   * Runs after the schema, before `apply`; pure, and alike on all replicas.
   */
  readonly authorize?: (args: Arguments, caller: Caller, granted: boolean) => boolean;
  readonly apply: (state: State, args: Arguments, ctx: CommandContext) => Applied<State>;
}

export interface Query<State, Arguments> {
  readonly schema: Schema<Arguments>;
  readonly answer: (state: State, args: Arguments, viewer: Viewer, logTimeMs: number) => { readonly found: true; readonly value: JsonValue } | { readonly found: false; readonly refusal: Refusal };
}

/**
 * A piece of replicated state with everything that may happen to it. Mafia is one; so are members, sessions, documents.
 * All functions are pure and total: no clock, no randomness but `ctx.random`, no I/O, no mutation.
 */
export interface Module<State = unknown> {
  /** Lower-case letters, digits and dashes. */
  readonly name: string;
  readonly version: number;
  readonly initial: () => State;
  // The argument types of commands and queries differ from each other; each is checked against its own schema.
  readonly commands: { readonly [name: string]: Command<State, never> };
  readonly queries?: { readonly [name: string]: Query<State, never> };
  /** Log time at which `expire` must run next, `null` for never. */
  readonly deadlineMs?: (state: State) => number | null;
  /**
   * Runs when the deadline has come, before any entry of that log time. Must move the deadline on or clear it. When it throws,
   * leaves the deadline where it was, or runs more than 1,000 times for one entry, the deadline is dropped until the state changes.
   */
  readonly expire?: (state: State, ctx: StepContext) => State;
  /** What one agent may see. `parameters` narrow a view (a prefix of document keys); `null` for the whole. */
  readonly view?: (state: State, viewer: Viewer, parameters: JsonValue) => JsonValue;
  /** The state as JSON, in parts small enough to encode one per event-loop slice. Default: the state itself, which must then be JSON. */
  readonly encode?: (state: State) => Iterable<JsonValue>;
  readonly decode?: (parts: Iterable<JsonValue>) => State;
}

/** An application: the modules that a mesh runs besides the built-in ones. */
export interface App {
  readonly name: string;
  readonly version: number;
  readonly modules: readonly Module[];
  /** A session that nobody used for this long, in ms of log time, is forgotten; a day by default. Every replica must go by the same. */
  readonly sessionLifetimeMs?: number;
}
