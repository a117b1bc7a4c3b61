import type { Effect, SnapshotMeta } from '@raft-mesh/raft';
import type { LogWrite, ManagerStore } from '../ports/manager-store.ts';

/** An effect that ends with something durable; they complete in the order of their ids. */
export type DurableEffect = Extract<Effect, { type: 'write' | 'writeSnapshotChunk' | 'installSnapshot' }>;

export interface WriteQueueOptions {
  readonly store: ManagerStore;
  /** Installs on the store and in the state machine; resolves when both are done. */
  readonly install: (snapshot: SnapshotMeta) => Promise<void>;
  /** The effect with this id, and every one before it, is durable. */
  readonly onWritten: (writeId: number) => void;
  readonly onFailed: (writeId: number, reason: string) => void;
}

/** Two writes as one: the same bytes on disk as the first followed by the second. */
export function mergeWrites(first: LogWrite, second: LogWrite): LogWrite {
  const hardState = second.hardState ?? first.hardState;
  if (second.truncateFrom === null) return { hardState, truncateFrom: first.truncateFrom, entries: [...first.entries, ...second.entries] };
  const truncateFrom = second.truncateFrom;
  const kept = first.entries.filter((entry) => entry.index < truncateFrom);
  // What the second write cuts off was never flushed when it lies inside the first; then nothing on disk has to go for it.
  const cutsOnlyUnflushed = kept.length > 0;
  const earliest = first.truncateFrom === null ? truncateFrom : Math.min(first.truncateFrom, truncateFrom);
  return { hardState, truncateFrom: cutsOnlyUnflushed ? first.truncateFrom : earliest, entries: [...kept, ...second.entries] };
}

/** Group commit: one flush at a time, and all that was asked for meanwhile goes into the next. */
export class WriteQueue {
  readonly #options: WriteQueueOptions;
  #waiting: DurableEffect[] = [];
  #running: Promise<void> | null = null;
  #failed = false;

  constructor(options: WriteQueueOptions) {
    this.#options = options;
  }

  push(effect: DurableEffect): void {
    this.#waiting.push(effect);
  }

  /** Starts a flush unless one is in progress. Called once per turn, so that a turn's writes go together. */
  flush(): void {
    if (this.#running !== null || this.#failed || this.#waiting.length === 0) return;
    this.#running = this.#drain().finally(() => { this.#running = null; });
  }

  /** Resolves when no flush is in progress. Later ones are not started after `close`. */
  async close(): Promise<void> {
    this.#failed = true;
    await this.#running;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#failed) {
      const batch = this.#takeBatch();
      const last = batch.at(-1);
      if (last === undefined) return;
      try {
        await this.#perform(batch);
      } catch (error) {
        this.#failed = true;
        this.#options.onFailed(last.writeId, error instanceof Error ? error.message : String(error));
        return;
      }
      this.#options.onWritten(last.writeId);
    }
  }

  /** The first effect, with all directly following log writes when it is one. */
  #takeBatch(): DurableEffect[] {
    let count = 1;
    if (this.#waiting[0]?.type === 'write') while (this.#waiting[count]?.type === 'write') count += 1;
    return this.#waiting.splice(0, count);
  }

  async #perform(batch: readonly DurableEffect[]): Promise<void> {
    const first = batch[0];
    if (first === undefined) return;
    switch (first.type) {
      case 'write': {
        const writes = batch.filter((effect) => effect.type === 'write');
        const write = writes.length === 1 ? first : joinWrites(writes);
        return this.#options.store.write({ hardState: write.hardState, truncateFrom: write.truncateFrom, entries: write.entries });
      }
      case 'writeSnapshotChunk': return this.#options.store.receiveSnapshotChunk(first.snapshot, first.offsetBytes, first.data);
      case 'installSnapshot': return this.#options.install(first.snapshot);
      default: return first satisfies never;
    }
  }
}

/** Merges many writes; runs without truncation, which are nearly all, are joined in one pass. */
function joinWrites(writes: readonly LogWrite[]): LogWrite {
  if (writes.every((write) => write.truncateFrom === null)) {
    return {
      hardState: writes.findLast((write) => write.hardState !== null)?.hardState ?? null,
      truncateFrom: null,
      entries: writes.flatMap((write) => write.entries),
    };
  }
  return writes.reduce(mergeWrites);
}
