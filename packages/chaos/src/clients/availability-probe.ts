import type { Worker } from '@raft-mesh/mesh-node';
import type { HistoryWriter } from '../history/history-file.ts';
import { DocumentOperations } from './document-operations.ts';
import { generation } from './generation.ts';

interface Waiting { readonly afterMs: number; readonly resolve: (acknowledgedAtMs: number) => void }

/** How many documents the probe writes, one after another. */
export const probeKeys = 4;

export const probeKey = (number: number): string => `g${generation()}/probe-${number % probeKeys}`;

/** More than this without an answer, and nothing is offered until one comes. */
const openMax = 512;

/** Offers a small write at a steady pace, whatever became of those before, and says when the first one that was sent after a moment is acknowledged. */
export class AvailabilityProbe {
  readonly #operations: DocumentOperations;
  readonly #timer: NodeJS.Timeout;
  #waiting: Waiting[] = [];
  #open = 0;
  #number = 0;

  constructor(worker: Worker, name: string, history: HistoryWriter, intervalMs: number) {
    this.#operations = new DocumentOperations(worker, name, history);
    this.#timer = setInterval(() => { void this.#offer(); }, intervalMs);
  }

  /** When the first write that was sent after this moment (of `performance.now()`) was acknowledged. Never, if none is. */
  firstAcknowledgedAfter(afterMs: number): Promise<number> {
    return new Promise((resolve) => { this.#waiting.push({ afterMs, resolve }); });
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #offer(): Promise<void> {
    if (this.#open >= openMax) return;
    this.#open += 1;
    this.#number += 1;
    const sentAtMs = performance.now();
    const end = await this.#operations.put(probeKey(this.#number), this.#number);
    this.#open -= 1;
    if (end === null) return;
    const nowMs = performance.now();
    for (const { resolve } of this.#waiting.filter(({ afterMs }) => sentAtMs >= afterMs)) resolve(nowMs);
    this.#waiting = this.#waiting.filter(({ afterMs }) => sentAtMs < afterMs);
  }
}
