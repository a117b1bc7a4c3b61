export type { JsonValue, JsonObject } from './json.ts';
export type { AgentId, SessionId, AccessRole, AgentKind, AgentStatus, Permission, Caller, Viewer } from './agent.ts';
export type { Module, App, Command, Query, Applied, Refusal, RandomSource, Audience, StepContext, CommandContext, Schema } from './module.ts';
export type { LogRecord, CommandRecord, RuntimeRecord, TimeRecord } from './log-record.ts';
export type { Outcome } from './outcome.ts';
export type { AppliedEntry, ApplyResult, EmittedEvent, StateSnapshot } from './state-machine.ts';
export { StateMachine } from './state-machine.ts';
