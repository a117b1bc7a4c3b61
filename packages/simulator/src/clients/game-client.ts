import type { Clock, Worker } from '@raft-mesh/mesh';
import type { Client, ClientPorts } from './client.ts';

/**
 * Lets something of an app play through a worker until the signal fires: its bot. It must take time and chance from here alone, and
 * be content with any worker; players that need a game to begin must begin it themselves, and again when it has ended.
 */
export type StartPlayer = (options: {
  readonly worker: Worker;
  readonly seed: number;
  readonly setTimer: Clock['setTimer'];
  readonly signal: AbortSignal;
}) => void;

/** A player of an app's game. After a crash of its process it takes its seat again. */
export class GameClient implements Client {
  readonly #ports: ClientPorts;
  readonly #startPlayer: StartPlayer;
  #life: AbortController | null = null;
  #stopped = false;

  constructor(ports: ClientPorts, options: { readonly startPlayer: StartPlayer }) {
    this.#ports = ports;
    this.#startPlayer = options.startPlayer;
  }

  started(worker: Worker, clock: Clock): void {
    if (this.#stopped) return;
    const life = new AbortController();
    this.#life = life;
    this.#startPlayer({ worker, seed: this.#ports.random.next(), setTimer: (delayMs, callback) => clock.setTimer(delayMs, callback), signal: life.signal });
  }

  died(): void {
    this.#life?.abort();
    this.#life = null;
  }

  stopped(): void {
    this.#stopped = true;
    this.died();
  }
}
