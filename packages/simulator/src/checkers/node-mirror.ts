import type { LogWrite, RaftStep } from '@raft-mesh/mesh';
import type { Configuration, Effect, HardState, LogIndex, NodeId, PersistedState, RaftStatus, SnapshotMeta, Term } from '@raft-mesh/raft';
import { LogMirror } from './log-mirror.ts';

/** Something that the core has asked its disk for and was not told to be done. */
export interface OutstandingWrite {
  readonly writeId: number;
  readonly hardState: HardState | null;
  readonly truncateFrom: LogIndex | null;
  /** 0 and -1 when it brings no entries. */
  readonly firstIndex: LogIndex;
  readonly lastIndex: LogIndex;
  readonly installs: SnapshotMeta | null;
}

/** One node as it can be followed from outside: its log in memory and on disk, what it asked its disk for, and what it said of itself. */
export class NodeMirror {
  readonly id: NodeId;
  /** In memory. */
  readonly log = new LogMirror();
  /** Flushed. Keeps what a retired node held at the end. */
  readonly disk = new LogMirror();
  /** In the order of their ids. */
  readonly outstanding: OutstandingWrite[] = [];
  retired = false;
  /** The node after its last step, `null` before the first of a life and when it is down or has stopped. */
  status: RaftStatus | null = null;
  /** The node before its last step, `null` at the first of a life. */
  before: RaftStatus | null = null;
  commitIndex: LogIndex = 0;
  commitIndexBefore: LogIndex = 0;
  configurationBefore: Configuration | null = null;
  /** The end of the newest snapshot that this life knows to be durable. */
  snapshotIndex: LogIndex = 0;
  /** What the state machine has taken, which the core learns a little later. */
  appliedIndex: LogIndex = 0;
  /** What the last step dropped from the log in memory. */
  truncated: { readonly fromIndex: LogIndex; readonly term: Term } | null = null;

  constructor(id: NodeId) {
    this.id = id;
  }

  /** As what it led in the last step, also when it stepped down in it (its own removal was committed); `null` when it did not. */
  get led(): RaftStatus | null {
    if (this.status?.role === 'leader') return this.status;
    return this.before?.role === 'leader' && this.before.term === this.status?.term ? this.before : null;
  }

  start(persisted: PersistedState): void {
    const { lastIndex } = persisted.snapshot;
    this.log.load(persisted);
    this.disk.load(persisted);
    this.stop();
    this.commitIndex = lastIndex;
    this.commitIndexBefore = lastIndex;
    this.configurationBefore = this.log.configuration;
    this.snapshotIndex = lastIndex;
    this.appliedIndex = lastIndex;
  }

  /** It crashed, or stopped by itself. */
  stop(): void {
    this.status = null;
    this.before = null;
    this.truncated = null;
    this.outstanding.length = 0;
  }

  step({ input, effects, status: read }: RaftStep): void {
    const status = read();
    if (status.stopped) {
      // What the step had begun does not happen.
      this.stop();
      return;
    }
    this.before = this.status;
    this.configurationBefore = this.before?.configuration ?? this.log.configuration;
    this.truncated = null;
    if (input.type === 'written') this.#complete(input.writeId);
    else if (input.type === 'snapshotTaken') this.snapshotIndex = Math.max(this.snapshotIndex, input.snapshot.lastIndex);
    for (const effect of effects) {
      if (effect.type === 'write') this.#issue(effect);
      else if (effect.type === 'installSnapshot') this.outstanding.push({ writeId: effect.writeId, hardState: null, truncateFrom: null, firstIndex: 0, lastIndex: -1, installs: effect.snapshot });
    }
    this.status = status;
    this.commitIndexBefore = this.commitIndex;
    this.commitIndex = status.commitIndex;
  }

  /** A write has reached the disk. */
  flush({ truncateFrom, entries }: LogWrite): void {
    if (truncateFrom !== null) this.disk.truncateFrom(truncateFrom);
    this.disk.append(entries);
  }

  #issue({ writeId, hardState, truncateFrom, entries }: Extract<Effect, { type: 'write' }>): void {
    this.outstanding.push({ writeId, hardState, truncateFrom, firstIndex: entries[0]?.index ?? 0, lastIndex: entries.at(-1)?.index ?? -1, installs: null });
    if (truncateFrom !== null) {
      const dropped = this.log.entryAt(truncateFrom);
      if (dropped !== null) this.truncated = { fromIndex: truncateFrom, term: dropped.term };
      this.log.truncateFrom(truncateFrom);
    }
    this.log.append(entries);
  }

  #complete(writeId: number): void {
    while ((this.outstanding[0]?.writeId ?? Infinity) <= writeId) {
      const write = this.outstanding.shift();
      if (write === undefined || write.installs === null) continue;
      this.log.reset(write.installs);
      this.snapshotIndex = write.installs.lastIndex;
    }
  }
}
