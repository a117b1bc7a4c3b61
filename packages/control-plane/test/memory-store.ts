import type { Collection, ControlStore, ListedRecord, Page, RecordContent, StoredRecord } from '@raft-mesh/control-plane';
import { assertStorable } from '../src/state-manager/control-store.ts';

/** The store in memory: for tests that stop it between any two of its operations. */
export class MemoryStore implements ControlStore {
  readonly #collections = new Map<Collection, Map<string, StoredRecord>>();
  /** Called before and after each operation that changes something; what it throws is thrown. */
  onChange: (when: 'before' | 'after') => void = () => {};
  #version = 0;

  /** Every value and all bytes that are kept, as one text. */
  contents(): string {
    return [...this.#collections.values()].flatMap((records) => [...records].map(([id, { value, bytes }]) => `${id} ${JSON.stringify(value)} ${Buffer.from(bytes ?? []).toString('latin1')}`)).join('\n');
  }

  async create(collection: Collection, id: string, content: RecordContent): Promise<boolean> {
    assertStorable(id, content);
    return this.#changing(() => {
      if (this.#of(collection).has(id)) return false;
      this.#put(collection, id, content);
      return true;
    });
  }

  async read(collection: Collection, id: string): Promise<StoredRecord | null> {
    assertStorable(id, null);
    await Promise.resolve();
    return this.#of(collection).get(id) ?? null;
  }

  async replace(collection: Collection, id: string, content: RecordContent, version: string): Promise<boolean> {
    assertStorable(id, content);
    return this.#changing(() => {
      if (this.#of(collection).get(id)?.version !== version) return false;
      this.#put(collection, id, content);
      return true;
    });
  }

  async remove(collection: Collection, id: string): Promise<void> {
    await this.#changing(() => this.#of(collection).delete(id));
  }

  async list(collection: Collection, page: Page): Promise<readonly ListedRecord[]> {
    return (await this.listIds(collection, page)).map((id) => ({ id, record: this.#of(collection).get(id)!, damage: null }));
  }

  async listIds(collection: Collection, { limit, after }: Page): Promise<readonly string[]> {
    await Promise.resolve();
    return [...this.#of(collection).keys()].filter((id) => after === null || id > after).toSorted((a, b) => (a < b ? -1 : 1)).slice(0, limit);
  }

  async count(collection: Collection): Promise<number> {
    await Promise.resolve();
    return this.#of(collection).size;
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }

  async #changing<Value>(change: () => Value): Promise<Value> {
    await Promise.resolve();
    this.onChange('before');
    const value = change();
    this.onChange('after');
    return value;
  }

  #put(collection: Collection, id: string, { value, bytes }: RecordContent): void {
    this.#version += 1;
    this.#of(collection).set(id, { value: structuredClone(value), bytes: bytes === null ? null : bytes.slice(), version: String(this.#version) });
  }

  #of(collection: Collection): Map<string, StoredRecord> {
    const records = this.#collections.get(collection) ?? new Map<string, StoredRecord>();
    this.#collections.set(collection, records);
    return records;
  }
}
