import type { Log } from '@raft-mesh/mesh';
import type { control } from '@raft-mesh/protocol';
import type { ControlPlaneClient } from '../control-plane-client.ts';
import { createHostProof } from '../host-proof.ts';
import { readAcknowledged, writeAcknowledged } from './host-directory.ts';
import type { HostSettings } from './host-directory.ts';
import type { HostOrders } from './host-orders.ts';

export interface BeatLoopOptions {
  readonly directory: string;
  readonly settings: HostSettings;
  readonly client: Pick<ControlPlaneClient, 'beatHost'>;
  readonly orders: Pick<HostOrders, 'obey' | 'admitNewcomers' | 'replaceDamaged'>;
  readonly log: Log;
  /** How many managers are here. */
  readonly held: () => number;
}

/** Orders for different managers are done at the same time, up to so many. */
const ordersAtOnce = 8;
const retryMs = { first: 500, max: 10_000 };

/** Tells the control plane again and again that this host lives, and does what it is told in return. Nobody needs it for what runs here already. */
export class BeatLoop {
  readonly #options: BeatLoopOptions;
  #failures = 0;

  constructor(options: BeatLoopOptions) {
    this.#options = options;
  }

  /** Until `signal` says so; resolves when nothing is under way any more. */
  async run(signal: AbortSignal): Promise<void> {
    const { directory, log } = this.#options;
    let acknowledged = await readAcknowledged(directory);
    while (!signal.aborted) {
      const beat = await this.#beat(acknowledged);
      if (signal.aborted) return;
      if (!beat.ok) {
        if (this.#failures === 0) log.warn({ code: beat.problem.code, detail: beat.problem.detail }, 'the control plane does not take this host\'s beats; its managers go on without it');
        this.#failures += 1;
        await pause(Math.min(retryMs.max, retryMs.first * 2 ** Math.min(this.#failures, 6)), signal);
        continue;
      }
      if (this.#failures > 0) log.info({}, 'the control plane answers again');
      this.#failures = 0;
      const { orders, beatAgainAfterMs } = beat.value;
      const done = await this.#obey(orders, signal);
      if (done > acknowledged) {
        acknowledged = done;
        await writeAcknowledged(directory, acknowledged);
      }
      await this.#options.orders.admitNewcomers();
      await this.#options.orders.replaceDamaged();
      // There may be more; and what could not be done now waits as long as a beat.
      if (orders.length === 0 || done < (orders.at(-1)?.number ?? 0)) await pause(beatAgainAfterMs, signal);
    }
  }

  async #beat(acknowledged: number): Promise<Awaited<ReturnType<ControlPlaneClient['beatHost']>>> {
    const { settings, client, held } = this.#options;
    return client.beatHost(settings.host, await createHostProof(settings.host, settings.key), { acknowledged, managers: held() });
  }

  /** Those about one manager one after the other, in order. Gives the last one up to which all are done. */
  async #obey(orders: readonly control.HostOrder[], signal: AbortSignal): Promise<number> {
    const undone = new Set(orders.map(({ number }) => number));
    const queues = new Map<string, control.HostOrder[]>();
    for (const order of orders) {
      const key = `${order.mesh} ${order.manager}`;
      const queue = queues.get(key);
      if (queue === undefined) queues.set(key, [order]);
      else queue.push(order);
    }
    const waiting = [...queues.values()];
    await Promise.all(Array.from({ length: ordersAtOnce }, async () => {
      for (let queue = waiting.shift(); queue !== undefined && !signal.aborted; queue = waiting.shift()) {
        for (const order of queue) {
          if (await this.#options.orders.obey(order) === 'later') break;
          undone.delete(order.number);
        }
      }
    }));
    return undone.size === 0 ? (orders.at(-1)?.number ?? 0) : Math.min(...undone) - 1;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
