import type { AgentId, SessionId } from './agent.ts';
import type { JsonValue } from './json.ts';

/** A command of an agent, as the manager that holds its link wrote it down. */
export interface CommandRecord {
  readonly kind: 'command';
  readonly agent: AgentId;
  readonly session: SessionId;
  /** From 1, without gaps, in each session. */
  readonly sequence: number;
  /** The agent has durably recorded every answer up to this sequence number; they may be forgotten. */
  readonly acknowledgedThrough: number;
  readonly module: string;
  readonly command: string;
  readonly arguments: JsonValue;
  /** 32 fresh random bytes, when the command draws random numbers. */
  readonly random: Uint8Array | null;
}

/** A command of the runtime itself: admission of an agent, a session, a change of status. */
export interface RuntimeRecord {
  readonly kind: 'runtime';
  readonly module: string;
  readonly command: string;
  readonly arguments: JsonValue;
}

/** Only brings the time (and fresh randomness for what expires). */
export interface TimeRecord {
  readonly kind: 'time';
  readonly random: Uint8Array;
}

/** What the bytes of a Raft command entry decode to. */
export type LogRecord = CommandRecord | RuntimeRecord | TimeRecord;
