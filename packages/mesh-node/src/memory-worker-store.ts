import type { StoredCommand, StoredOutcome, WorkerIdentity, WorkerRecord, WorkerStore } from '@raft-mesh/mesh';

/** A worker's memory that ends with its process: for tools that do one thing and are done. */
export class MemoryWorkerStore implements WorkerStore {
  #identity: WorkerIdentity | null = null;
  /** By sequence number, lowest first. */
  readonly #open = new Map<number, StoredCommand>();
  #nextSequence = 1;

  load(): Promise<WorkerRecord | null> {
    return Promise.resolve(this.#identity === null ? null : { identity: this.#identity, open: [...this.#open.values()], nextSequence: this.#nextSequence });
  }

  saveIdentity(identity: WorkerIdentity): Promise<void> {
    if (this.#identity !== null && this.#identity.session !== identity.session) {
      this.#open.clear();
      this.#nextSequence = 1;
    }
    this.#identity = identity;
    return Promise.resolve();
  }

  saveCommand(command: StoredCommand): Promise<void> {
    this.#open.set(command.sequence, command);
    this.#nextSequence = command.sequence + 1;
    return Promise.resolve();
  }

  saveOutcome(outcome: StoredOutcome): Promise<void> {
    if (this.#open.get(outcome.sequence)?.session === outcome.session) this.#open.delete(outcome.sequence);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
