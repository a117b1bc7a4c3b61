import type { StoredCommand, StoredOutcome, WorkerIdentity, WorkerRecord, WorkerStore } from '@raft-mesh/mesh';
import { FlushQueue, type FlushMode } from './flush-queue.ts';

/** A worker's durable memory in memory. `flushes` decides when a change is durable; `crash` loses what is not. */
export class MemoryWorkerStore implements WorkerStore {
  readonly flushes: FlushQueue;
  /** Everything durable, in the order it was written. */
  readonly identities: WorkerIdentity[];
  readonly commands: StoredCommand[];
  readonly outcomes: StoredOutcome[];
  #closed = false;

  constructor(mode: FlushMode = { kind: 'immediate' }, from?: MemoryWorkerStore) {
    this.flushes = new FlushQueue(mode);
    this.identities = [...(from?.identities ?? [])];
    this.commands = [...(from?.commands ?? [])];
    this.outcomes = [...(from?.outcomes ?? [])];
  }

  get identity(): WorkerIdentity | null {
    return this.identities.at(-1) ?? null;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Kills the process: this store does nothing more, and its open promises never settle. Returns the store of the next life.
   * `unacknowledgedKept` of the changes that still waited reached the disk all the same, without anyone having been told.
   */
  crash(unacknowledgedKept: number = 0): MemoryWorkerStore {
    this.flushes.crash(unacknowledgedKept);
    return new MemoryWorkerStore(this.flushes.mode, this);
  }

  load(): Promise<WorkerRecord | null> {
    const { identity } = this;
    if (identity === null) return Promise.resolve(null);
    const settled = new Set(this.outcomes.filter((outcome) => outcome.session === identity.session).map((outcome) => outcome.sequence));
    const ofSession = this.commands.filter((command) => command.session === identity.session);
    return Promise.resolve({
      identity,
      open: ofSession.filter((command) => !settled.has(command.sequence)),
      nextSequence: (ofSession.at(-1)?.sequence ?? 0) + 1,
    });
  }

  saveIdentity(identity: WorkerIdentity): Promise<void> {
    return this.flushes.enqueue(() => { this.identities.push(identity); });
  }

  saveCommand(command: StoredCommand): Promise<void> {
    return this.flushes.enqueue(() => { this.commands.push(command); });
  }

  saveOutcome(outcome: StoredOutcome): Promise<void> {
    return this.flushes.enqueue(() => { this.outcomes.push(outcome); });
  }

  async close(): Promise<void> {
    await this.flushes.enqueue(() => { this.#closed = true; });
  }
}
