import type WebSocket from 'isomorphic-ws';

export interface ConnectionWatchOptions {
  /** Bytes that have come in so far. */
  readonly bytesReceived: () => number;
  readonly ping: () => void;
  /** The other end has been silent for too long. */
  readonly onSilent: () => void;
}

const pingIntervalMs = 1_000;
/** One answer may be late, two are not. Counted and not timed, so that a process that stood still itself does not take the other for gone. */
const silentTicksMax = 2;

/** Asks the other end of a connection once a second whether it is there, for all the links on it: one that vanished without a trace shows by silence alone. */
export class ConnectionWatch {
  readonly #options: ConnectionWatchOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  #bytesKnown: number;
  #silentTicks = 0;

  constructor(options: ConnectionWatchOptions) {
    this.#options = options;
    this.#bytesKnown = options.bytesReceived();
    options.ping();
    this.#timer = setInterval(() => this.#look(), pingIntervalMs);
    if (typeof this.#timer === 'object') this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const bytes = this.#options.bytesReceived();
    this.#silentTicks = bytes === this.#bytesKnown ? this.#silentTicks + 1 : 0;
    this.#bytesKnown = bytes;
    if (this.#silentTicks > silentTicksMax) this.#options.onSilent();
    else this.#options.ping();
  }
}

/** For sockets of processes: browsers cannot ping. `stream`: what the socket reads from. */
export function watchSocket(socket: WebSocket, stream: { readonly bytesRead: number }, onSilent: () => void): ConnectionWatch {
  return new ConnectionWatch({ bytesReceived: () => stream.bytesRead, ping: () => { if (socket.readyState === socket.OPEN) socket.ping(); }, onSilent });
}
