import { control } from '@raft-mesh/protocol';
import type { ControlStore } from '../state-manager/control-store.ts';
import { storedDocument } from '../state-manager/stored-document.ts';

type NewOrder = Omit<control.HostOrder, 'number'>;

const orderDocument = storedDocument<control.HostOrder>({ name: 'order', schema: control.hostOrder, upgrades: [] });
const batchMax = 100;
const attemptsMax = 10_000;
const numberDigits = 12;

/**
 * What each host has still to do: a queue a host, one record an order. Who adds one takes the next number that is free, and making its record is what decides
 * who has it: so the numbers have no gaps, and a host that has done all up to one has missed none. An order that comes twice is done once.
 */
export class Orders {
  readonly #store: ControlStore;
  /** Where to begin to look for a free number; wrong ones cost a look. */
  readonly #lastKnown = new Map<string, number>();

  constructor(store: ControlStore) {
    this.#store = store;
  }

  /** `acknowledged`: how far the host says it is, read anew each time. */
  async add(host: string, order: NewOrder, acknowledged: () => Promise<number>): Promise<void> {
    let number = Math.max(this.#lastKnown.get(host) ?? 0, await acknowledged()) + 1;
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const content = { value: orderDocument.write({ ...order, number }), bytes: null };
      if (await this.#store.create('orders', idOf(host, number), content)) {
        this.#lastKnown.set(host, number);
        // The number may have been another's, done and cleared away long ago: then the host looks behind it, and never sees this one.
        const done = await acknowledged();
        if (done < number) return;
        number = done + 1;
      } else number = await this.#lastNumber(host, number) + 1;
    }
    throw new Error(`an order for ${host} found no number in ${attemptsMax} attempts`);
  }

  /** At most 100 behind `acknowledged`, in order. */
  async after(host: string, acknowledged: number): Promise<readonly control.HostOrder[]> {
    const listed = await this.#store.list('orders', { limit: batchMax, after: idOf(host, acknowledged) });
    return listed.flatMap(({ id, record }) => (isOf(host, id) && record !== null ? [orderDocument.read(id, record.value)] : []));
  }

  /** Clears away what is done. */
  async removeThrough(host: string, acknowledged: number): Promise<void> {
    for (let after: string | null = idOf(host, 0); after !== null;) {
      const ids: readonly string[] = await this.#store.listIds('orders', { limit: batchMax, after });
      const done = ids.filter((id) => isOf(host, id) && numberOf(id) <= acknowledged);
      for (const id of done) await this.#store.remove('orders', id);
      after = done.length < batchMax ? null : (done.at(-1) ?? null);
    }
  }

  async #lastNumber(host: string, from: number): Promise<number> {
    let last = from;
    for (;;) {
      const ids = (await this.#store.listIds('orders', { limit: 1_000, after: idOf(host, last) })).filter((id) => isOf(host, id));
      last = Math.max(last, ...ids.map(numberOf));
      if (ids.length < 1_000) return last;
    }
  }
}

function idOf(host: string, number: number): string {
  return `${host}.${String(number).padStart(numberDigits, '0')}`;
}

function isOf(host: string, id: string): boolean {
  return id.startsWith(`${host}.`);
}

function numberOf(id: string): number {
  return Number(id.slice(-numberDigits));
}
