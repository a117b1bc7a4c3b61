/**
 * Changes of one record that come while one is on its way wait for it, and are then done together, in one write. So a crowd that wants the same record does not
 * make each other's comparisons fail, and waits for two writes instead of one each.
 */
export class Together<Item, Outcome> {
  readonly #atOnceMax: number;
  readonly #change: (id: string, items: readonly Item[]) => Promise<readonly Outcome[]>;
  readonly #waiting = new Map<string, Waiting<Item, Outcome>[]>();
  readonly #waitingMax: number;
  #count = 0;

  /** `waitingMax`: of all ids together, those under way included. `change` is never called twice at a time for one id, and gives an outcome for each item, in their order. */
  constructor({ atOnceMax, waitingMax }: { readonly atOnceMax: number; readonly waitingMax: number }, change: (id: string, items: readonly Item[]) => Promise<readonly Outcome[]>) {
    this.#atOnceMax = atOnceMax;
    this.#waitingMax = waitingMax;
    this.#change = change;
  }

  /** `null`, at once: as many wait as may. */
  add(id: string, item: Item): Promise<Outcome> | null {
    if (this.#count >= this.#waitingMax) return null;
    this.#count += 1;
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(id);
      const mine = { item, resolve, reject };
      if (waiting !== undefined) {
        waiting.push(mine);
        return;
      }
      const queue = [mine];
      this.#waiting.set(id, queue);
      void this.#work(id, queue);
    });
  }

  async #work(id: string, queue: Waiting<Item, Outcome>[]): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, this.#atOnceMax);
      try {
        const outcomes = await this.#change(id, batch.map(({ item }) => item));
        for (const [place, { resolve, reject }] of batch.entries()) {
          const outcome = outcomes[place];
          if (outcome === undefined) reject(new Error('a change has an outcome for each item'));
          else resolve(outcome);
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
      this.#count -= batch.length;
    }
    this.#waiting.delete(id);
  }
}

interface Waiting<Item, Outcome> {
  readonly item: Item;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}
