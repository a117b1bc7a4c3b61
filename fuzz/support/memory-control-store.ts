import type { Collection, ControlStore, ListedRecord, Page, RecordContent, StoredRecord } from '../../packages/control-plane/src/state-manager/control-store.ts';

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

  list(collection: Collection, page: Page): Promise<readonly ListedRecord[]> {
    return Promise.resolve(this.#ids(collection, page).flatMap((id): readonly ListedRecord[] => {
      const record = this.#records.get(`${collection}/${id}`);
      return record === undefined ? [] : [{ id, record, damage: null }];
    }));
  }

  listIds(collection: Collection, page: Page): Promise<readonly string[]> {
    return Promise.resolve(this.#ids(collection, page));
  }

  count(collection: Collection): Promise<number> {
    return Promise.resolve([...this.#records.keys()].filter((key) => key.startsWith(`${collection}/`)).length);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #ids(collection: Collection, { limit, after }: Page): readonly string[] {
    const ids = [...this.#records.keys()].filter((key) => key.startsWith(`${collection}/`)).map((key) => key.slice(collection.length + 1)).toSorted((one, other) => (one < other ? -1 : 1));
    return (after === null ? ids : ids.filter((id) => id > after)).slice(0, limit);
  }

  #put(collection: Collection, id: string, content: RecordContent): true {
    this.#version += 1;
    // As a disk would give it back.
    this.#records.set(`${collection}/${id}`, { value: JSON.parse(JSON.stringify(content.value)) as StoredRecord['value'], bytes: content.bytes, version: String(this.#version) });
    return true;
  }
}
