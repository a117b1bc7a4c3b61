import type { Collection, ControlStore, RecordContent, StoredRecord } from '@raft-mesh/control-plane';

/** The control plane's store without a disk. */
export class MemoryControlStore implements ControlStore {
  readonly #records = new Map<string, StoredRecord>();
  #version = 0;

  create(collection: Collection, id: string, content: RecordContent): Promise<boolean> {
    return Promise.resolve(!this.#records.has(`${collection}/${id}`) && this.#put(collection, id, content));
  }

  read(collection: Collection, id: string): Promise<StoredRecord | null> {
    return Promise.resolve(this.#records.get(`${collection}/${id}`) ?? null);
  }

  replace(collection: Collection, id: string, content: RecordContent, version: string): Promise<boolean> {
    return Promise.resolve(this.#records.get(`${collection}/${id}`)?.version === version && this.#put(collection, id, content));
  }

  remove(collection: Collection, id: string): Promise<void> {
    this.#records.delete(`${collection}/${id}`);
    return Promise.resolve();
  }

  list(collection: Collection, limit: number): Promise<readonly { readonly id: string; readonly record: StoredRecord }[]> {
    const found = [...this.#records].filter(([key]) => key.startsWith(`${collection}/`)).slice(0, limit);
    return Promise.resolve(found.map(([key, record]) => ({ id: key.slice(collection.length + 1), record })));
  }

  count(collection: Collection): Promise<number> {
    return Promise.resolve([...this.#records.keys()].filter((key) => key.startsWith(`${collection}/`)).length);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #put(collection: Collection, id: string, content: RecordContent): true {
    this.#version += 1;
    // As a disk would give it back.
    this.#records.set(`${collection}/${id}`, { value: JSON.parse(JSON.stringify(content.value)) as StoredRecord['value'], bytes: content.bytes, version: String(this.#version) });
    return true;
  }
}
