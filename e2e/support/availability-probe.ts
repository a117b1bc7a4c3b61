import type { Worker } from '@raft-mesh/mesh-node';

interface Offer { readonly sentAtMs: number; acknowledgedAtMs: number | null }

const offerIntervalMs = 5;

/**
 * Offers a small write every 5 ms and notes when each was acknowledged. An outage is measured from a moment (the kill) to
 * the first acknowledgement of a command sent after it.
 */
export class AvailabilityProbe {
  readonly #worker: Worker;
  readonly #offers: Offer[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #waiters: { readonly afterMs: number; readonly resolve: (offer: Offer) => void }[] = [];
  #number = 0;

  constructor(worker: Worker) {
    this.#worker = worker;
    this.#timer = setInterval(() => this.#offer(), offerIntervalMs);
  }

  /** Ms from `momentMs` (of `performance.now()`) to the first acknowledgement of a command sent after it. */
  async outageFrom(momentMs: number): Promise<number> {
    const first = await new Promise<Offer>((resolve) => this.#waiters.push({ afterMs: momentMs, resolve }));
    return (first.acknowledgedAtMs ?? Number.NaN) - momentMs;
  }

  get offered(): number {
    return this.#number;
  }

  get acknowledged(): number {
    return this.#offers.filter((offer) => offer.acknowledgedAtMs !== null).length;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #offer(): void {
    this.#number += 1;
    const offer: Offer = { sentAtMs: performance.now(), acknowledgedAtMs: null };
    this.#offers.push(offer);
    void this.#worker.send('documents', 'put', { key: 'probe', value: this.#number }).then((result) => {
      if (result.status !== 'committed') return;
      offer.acknowledgedAtMs = performance.now();
      for (const waiter of this.#waiters.filter(({ afterMs }) => offer.sentAtMs >= afterMs)) {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        waiter.resolve(offer);
      }
    });
  }
}
