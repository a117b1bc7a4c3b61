import * as z from 'zod/mini';
import type { Collection, ControlStore, ListedRecord, Page } from './control-store.ts';

/** Walks through a collection, a few records at a time, over and over: whoever adds to it looks at the next ones too, so that what is past its time goes without a timer. */
export class Sweep {
  readonly #store: ControlStore;
  readonly #collection: Collection;
  readonly #limit: number;
  #after: string | null = null;

  constructor(store: ControlStore, collection: Collection, limit: number) {
    this.#store = store;
    this.#collection = collection;
    this.#limit = limit;
  }

  async next(): Promise<readonly ListedRecord[]> {
    const listed = await this.#store.list(this.#collection, this.#page());
    this.#goOn(listed.map(({ id }) => id));
    return listed;
  }

  async nextIds(): Promise<readonly string[]> {
    const ids = await this.#store.listIds(this.#collection, this.#page());
    this.#goOn(ids);
    return ids;
  }

  #page(): Page {
    return { limit: this.#limit, after: this.#after };
  }

  #goOn(ids: readonly string[]): void {
    this.#after = ids.length < this.#limit ? null : (ids.at(-1) ?? null);
  }
}

/** When a stored value of whatever version says that it ends; what does not say so stays for people to look at. */
export function expiresAtMsOf(stored: unknown): number {
  const parsed = z.object({ expiresAtMs: z.number() }).safeParse(stored);
  return parsed.success ? parsed.data.expiresAtMs : Infinity;
}
