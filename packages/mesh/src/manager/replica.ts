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
  #isConfigurationKnown: boolean;
  #digest: { readonly index: number; readonly text: string } | null = null;

  constructor(machine: StateMachine, snapshot: SnapshotMeta) {
    this.#machine = machine;
    this.#term = snapshot.lastTerm;
    this.#configuration = snapshot.configuration;
    // Who founds a mesh founds it with voters alone; a learner that nobody has appended is one that joins, by its own word.
    this.#isConfigurationKnown = snapshot.lastIndex > 0 || snapshot.configuration.learners.length === 0;
  }

  get machine(): StateMachine {
    return this.#machine;
  }

  /** Term of the last applied entry. */
  get term(): number {
    return this.#term;
  }

  /** False for one that joins, until it has applied a configuration: what it starts from is only where it looks for the others, and no part of the log. */
  get isConfigurationKnown(): boolean {
    return this.#isConfigurationKnown;
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
    if (entry.kind === 'configuration') {
      this.#configuration = entry.configuration;
      this.#isConfigurationKnown = true;
    }
    return { index, term, record, result };
  }

  /** Goes on from a snapshot that the leader sent. */
  restore(machine: StateMachine, snapshot: SnapshotMeta): void {
    this.#machine = machine;
    this.#term = snapshot.lastTerm;
    this.#configuration = snapshot.configuration;
    this.#isConfigurationKnown = true;
    this.#digest = null;
  }
}
