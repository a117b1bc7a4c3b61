import type { AgentId, JsonValue, Outcome, SessionId } from '@raft-mesh/state-machine';
import type { ManagerAddress, MeshIdentity } from '@raft-mesh/protocol';

/** What a worker is, apart from its commands. */
export interface WorkerIdentity extends MeshIdentity {
  /** `null` until a manager has welcomed it. */
  readonly agent: AgentId | null;
  readonly name: string;
  /** 32 random bytes, base64url. Made before the first hello, so that a lost welcome loses nothing. */
  readonly resumeSecret: string;
  /** The join token, kept until the first welcome. */
  readonly joinToken: string | null;
  readonly session: SessionId;
  readonly sessionOpened: boolean;
  readonly managers: readonly ManagerAddress[];
}

/** A command that was given a sequence number. */
export interface StoredCommand {
  readonly session: SessionId;
  readonly sequence: number;
  readonly module: string;
  readonly command: string;
  readonly arguments: JsonValue;
}

export interface WorkerRecord {
  readonly identity: WorkerIdentity;
  /** Commands of the current session with no outcome yet, in order of sequence. */
  readonly open: readonly StoredCommand[];
  /** The next sequence number of the current session. */
  readonly nextSequence: number;
}

/** An answer that came back, with what it answers: what `mesh` verifies against the managers' logs. */
export interface StoredOutcome {
  readonly session: SessionId;
  readonly sequence: number;
  readonly outcome: Outcome | { readonly status: 'unknown'; readonly reason: string };
}

/**
 * A worker's durable memory; one owner at a time. Each promise resolves when its change (and all earlier ones) survives a crash.
 */
export interface WorkerStore {
  /** `null` for a store never written to. */
  load(): Promise<WorkerRecord | null>;
  saveIdentity(identity: WorkerIdentity): Promise<void>;
  saveCommand(command: StoredCommand): Promise<void>;
  saveOutcome(outcome: StoredOutcome): Promise<void>;
  /** Frees the ownership. */
  close(): Promise<void>;
}
