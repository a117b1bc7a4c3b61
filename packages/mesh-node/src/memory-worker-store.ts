import type { StoredCommand, StoredOutcome, WorkerIdentity, WorkerRecord, WorkerStore } from '@raft-mesh/mesh';

/** A worker's memory that ends with its process: for tools that do one thing and are done. */
export class MemoryWorkerStore implements WorkerStore {
  #identity: WorkerIdentity | null = null;
  #open: readonly StoredCommand[] = [];
  #nextSequence = 1;

  load(): Promise<WorkerRecord | null> {
    return Promise.resolve(this.#identity === null ? null : { identity: this.#identity, open: this.#open, nextSequence: this.#nextSequence });
  }

  saveIdentity(identity: WorkerIdentity): Promise<void> {
    if (this.#identity !== null && this.#identity.session !== identity.session) {
      this.#open = [];
      this.#nextSequence = 1;
    }
    this.#identity = identity;
    return Promise.resolve();
  }

  saveCommand(command: StoredCommand): Promise<void> {
    this.#open = [...this.#open, command];
    this.#nextSequence = command.sequence + 1;
    return Promise.resolve();
  }

  saveOutcome(outcome: StoredOutcome): Promise<void> {
    this.#open = this.#open.filter(({ session, sequence }) => session !== outcome.session || sequence !== outcome.sequence);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
