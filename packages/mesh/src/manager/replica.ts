import { decodeRecord } from '@raft-mesh/protocol';
import type { Configuration, Entry, SnapshotMeta } from '@raft-mesh/raft';
import type { ApplyResult, LogRecord, StateMachine } from '@raft-mesh/state-machine';

export interface AppliedRecord {
  readonly index: number;
  readonly term: number;
  readonly record: LogRecord | null;
  readonly result: ApplyResult;
}

/** The state at the last applied entry, with what a snapshot has to say besides. */
export class Replica {
  #machine: StateMachine;
  #term: number;
  #configuration: Configuration;
  #digest: { readonly index: number; readonly text: string } | null = null;

  constructor(machine: StateMachine, snapshot: SnapshotMeta) {
    this.#machine = machine;
    this.#term = snapshot.lastTerm;
    this.#configuration = snapshot.configuration;
  }

  get machine(): StateMachine {
    return this.#machine;
  }

  /** Term of the last applied entry. */
  get term(): number {
    return this.#term;
  }

  /** The configuration in force at the last applied entry. */
  get configuration(): Configuration {
    return this.#configuration;
  }

  /** Hash of the whole state; worked out at most once for each index. */
  get stateDigest(): string {
    const index = this.#machine.appliedIndex;
    if (this.#digest?.index !== index) this.#digest = { index, text: this.#machine.stateDigest() };
    return this.#digest.text;
  }

  /** Throws on an entry that cannot be applied: a broken log, or a bug; never because of what a worker sent. */
  apply(entry: Entry): AppliedRecord {
    const { index, term, logTimeMs } = entry;
    const record = entry.kind === 'command' ? decodeRecord(entry.data) : null;
    const result = this.#machine.apply({ index, term, logTimeMs, record });
    this.#term = term;
    if (entry.kind === 'configuration') this.#configuration = entry.configuration;
    return { index, term, record, result };
  }

  /** Goes on from a snapshot that the leader sent. */
  restore(machine: StateMachine, snapshot: SnapshotMeta): void {
    this.#machine = machine;
    this.#term = snapshot.lastTerm;
    this.#configuration = snapshot.configuration;
    this.#digest = null;
  }
}
