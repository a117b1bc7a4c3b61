import type { CommandResult, JsonValue, Worker } from '@raft-mesh/mesh-node';
import type { HistoryWriter } from '../history/history-file.ts';

/** A document as a read found it; version 0: there is none. */
export interface FoundDocument { readonly version: number; readonly value: JsonValue }

/** How a write ended: with its version, or a conflict; `null`: without effect, or nobody knows. */
export type WriteEnd = { readonly version: number } | 'conflict' | null;

const queryTimeoutMs = 5_000;

/** Reads and writes documents through the SDK, and writes down what was asked and answered. */
export class DocumentOperations {
  readonly #worker: Worker;
  readonly #client: string;
  readonly #history: HistoryWriter;

  constructor(worker: Worker, client: string, history: HistoryWriter) {
    this.#worker = worker;
    this.#client = client;
    this.#history = history;
  }

  /** `null` when nobody answered. */
  async get(key: string): Promise<FoundDocument | null> {
    const operation = this.#history.begin({ client: this.#client, op: 'get', key, in: {} });
    const result = await this.#worker.query('documents', 'get', { key }, { timeoutMs: queryTimeoutMs });
    if (result.status === 'refused' && result.refusal.code !== 'notFound') {
      operation.refused();
      return null;
    }
    const { version, value } = result.status === 'refused' ? { version: 0, value: null } : (result.answer as unknown as FoundDocument);
    operation.ok({ version, value });
    return { version, value };
  }

  async put(key: string, value: JsonValue): Promise<WriteEnd> {
    const operation = this.#history.begin({ client: this.#client, op: 'put', key, in: { value } });
    return settle(operation, await this.#worker.send('documents', 'put', { key, value }));
  }

  async compareAndSet(key: string, expectedVersion: number, value: JsonValue): Promise<WriteEnd> {
    const operation = this.#history.begin({ client: this.#client, op: 'compareAndSet', key, in: { expectedVersion, value } });
    return settle(operation, await this.#worker.send('documents', 'compareAndSet', { key, expectedVersion, value }));
  }
}

function settle(operation: ReturnType<HistoryWriter['begin']>, result: CommandResult): WriteEnd {
  switch (result.status) {
    case 'committed': {
      const { version } = result.answer as unknown as { readonly version: number };
      operation.ok({ version });
      return { version };
    }
    case 'refused':
      if (result.refusal.code === 'versionConflict') {
        operation.ok({ conflict: true });
        return 'conflict';
      }
      operation.refused();
      return null;
    case 'notSent':
      operation.refused();
      return null;
    // It stays open, and counts as unknown.
    case 'unknown': return null;
    default: return result satisfies never;
  }
}
