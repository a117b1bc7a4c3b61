import type { Worker } from '@raft-mesh/mesh-node';

/** A client that behaves: one put after the other, each of which must be committed. Its times are by phase. */
export class Steady {
  readonly #worker: Worker;
  #phase: number[] = [];
  #count = 0;
  #running = true;
  #failure: Error | null = null;
  readonly #done: Promise<void>;

  constructor(worker: Worker) {
    this.#worker = worker;
    this.#done = this.#run().catch((error: unknown) => { this.#failure = error instanceof Error ? error : new Error(String(error)); });
  }

  /** The times of what ended since the last call, in ms. */
  takePhase(): number[] {
    const phase = this.#phase;
    this.#phase = [];
    return phase;
  }

  /** Resolves when this many more have been committed. */
  async next(count: number): Promise<void> {
    const until = this.#count + count;
    const endsAtMs = performance.now() + 90_000;
    while (this.#count < until) {
      if (this.#failure !== null) throw this.#failure;
      if (performance.now() > endsAtMs) throw new Error(`a steady client was served ${count - (until - this.#count)} of ${count} in 90 s`);
      await new Promise((resolve) => { setTimeout(resolve, 2); });
    }
  }

  get count(): number {
    return this.#count;
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#done;
  }

  async #run(): Promise<void> {
    while (this.#running) {
      const startedAtMs = performance.now();
      const result = await this.#worker.send('documents', 'put', { key: 'steady', value: this.#count });
      if (result.status !== 'committed') throw new Error(`a steady client was answered ${JSON.stringify(result)}`);
      this.#phase.push(performance.now() - startedAtMs);
      this.#count += 1;
    }
  }
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** 0 when there is nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
