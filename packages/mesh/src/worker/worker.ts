import type { AgentId, JsonValue, Outcome, Refusal } from '@raft-mesh/state-machine';
import type { ManagerAddress, ProtocolError } from '@raft-mesh/protocol';

/** How a command ended. `unknown` is said only when it can never be known: the session expired with the command open, the mesh was restored from a snapshot, or this worker was closed. */
export type CommandResult =
  | (Outcome & { readonly sequence: number })
  | { readonly status: 'unknown'; readonly sequence: number; readonly reason: 'sessionExpired' | 'meshRestored' | 'closed' }
  | { readonly status: 'notSent'; readonly reason: 'expired' | 'tooManyOpen' | 'tooLarge' | 'closed' };

export type QueryResult =
  | { readonly status: 'answered'; readonly index: number; readonly answer: JsonValue }
  | { readonly status: 'refused'; readonly refusal: Refusal };

/** A module's state as this agent may see it. `stale`: the managers have lost their leader, or this worker its managers. */
export interface View {
  /** Which life of the mesh it is from; raised when the mesh is restored from a snapshot. Versions compare within one. */
  readonly incarnation: number;
  readonly version: number;
  readonly value: JsonValue;
  readonly stale: boolean;
}

export type WorkerState =
  | { readonly phase: 'connecting' }
  | { readonly phase: 'connected'; readonly leader: string | null }
  /** No manager answers; retried until closed. `sinceMs` in the clock of this worker. */
  | { readonly phase: 'reconnecting'; readonly sinceMs: number }
  /** Ended for good: credentials refused, or closed. */
  | { readonly phase: 'ended'; readonly error: ProtocolError | null };

/** How a command ended that an earlier life of this worker had left open. */
export interface RecoveredCommand {
  readonly module: string;
  readonly command: string;
  readonly arguments: JsonValue;
  readonly result: CommandResult;
}

/** A worker's handle on its mesh. It finds the leader, retries with the same sequence number, and resumes from its store. */
export interface Worker {
  readonly agent: AgentId;
  readonly name: string;
  readonly state: WorkerState;
  readonly managers: readonly ManagerAddress[];
  /** Log time as the managers last told, moved on by this worker's own clock; for showing how long is left. */
  readonly logTimeMs: number;
  /** Sends a command, exactly once. Resolves when its outcome is known, however many leaders that takes. */
  send(module: string, command: string, args: JsonValue, options?: { readonly validForMs?: number }): Promise<CommandResult>;
  /** Reads, linearizably unless `stale` is asked for. */
  query(module: string, query: string, args: JsonValue, options?: { readonly stale?: boolean; readonly timeoutMs?: number }): Promise<QueryResult>;
  /** Calls back with the view now and after every change; versions never go back within an incarnation, nor incarnations. Returns what ends it. */
  watch(module: string, parameters: JsonValue, onView: (view: View) => void, onRefused?: (refusal: Refusal) => void): () => void;
  onEvent(listener: (module: string, event: JsonValue) => void): () => void;
  onState(listener: (state: WorkerState) => void): () => void;
  /** What became of the commands that the store still held open at the start, in order of sequence; settles when all of them have ended. */
  readonly recovered: Promise<readonly RecoveredCommand[]>;
  /** Call when the machine woke or the network came back: dials what is down without waiting, and checks what seems up. */
  wake(): void;
  /** Leaves the links; what is open stays in the store and goes on at the next start. */
  close(): Promise<void>;
}
