import { StorageFailedError } from './errors.ts';

export interface GroupCommitOptions<Item> {
  /** Makes all of these durable in one go. Its failure is final. */
  readonly flush: (items: readonly Item[]) => Promise<void>;
  /** Items that must not share a flush with others. */
  readonly alone: (item: Item) => boolean;
  readonly sizeBytes: (item: Item) => number;
  /** A flush takes more items only while it is below this. */
  readonly flushBytesMax: number;
}

interface Waiting<Item> {
  readonly item: Item;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/**
 * One flush at a time; what arrives meanwhile shares the next one, so a slow disk gets fewer and larger writes, never a queue of small ones.
 * Promises settle in the order of `add`. After a failed flush everything waiting, and every later call, rejects: what the disk holds is unknown,
 * and a second flush that succeeds would prove nothing about the first.
 */
export class GroupCommit<Item> {
  readonly #options: GroupCommitOptions<Item>;
  #waiting: Waiting<Item>[] = [];
  #running: Promise<void> | null = null;
  #failure: StorageFailedError | null = null;

  constructor(options: GroupCommitOptions<Item>) {
    this.#options = options;
  }

  get failure(): StorageFailedError | null {
    return this.#failure;
  }

  add(item: Item): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      // Begun in a microtask, so that all of one turn share a flush.
      this.#running ??= Promise.resolve().then(() => this.#run());
    });
  }

  /** Resolves when nothing waits and nothing runs. Never rejects. */
  async drained(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #run(): Promise<void> {
    for (let batch = this.#take(); batch.length > 0; batch = this.#take()) {
      try {
        await this.#options.flush(batch.map(({ item }) => item));
      } catch (error) {
        this.#fail(error, batch);
        break;
      }
      for (const { resolve } of batch) resolve();
    }
    this.#running = null;
  }

  #take(): Waiting<Item>[] {
    const { alone, sizeBytes, flushBytesMax } = this.#options;
    let count = 0;
    let bytes = 0;
    for (const { item } of this.#waiting) {
      if (count > 0 && (alone(item) || bytes >= flushBytesMax)) break;
      count += 1;
      bytes += sizeBytes(item);
      if (alone(item)) break;
    }
    return this.#waiting.splice(0, count);
  }

  #fail(cause: unknown, batch: readonly Waiting<Item>[]): void {
    const failure = cause instanceof StorageFailedError ? cause : new StorageFailedError(cause);
    this.#failure = failure;
    const rejected = [...batch, ...this.#waiting];
    this.#waiting = [];
    for (const { reject } of rejected) reject(failure);
  }
}
