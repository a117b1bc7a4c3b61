import { connect } from 'node:net';

/** How often it is looked for a manager that is gone, in ms. */
const lookIntervalMs = 10;

/** Whether a manager's port is open: relayed links to it are to be refused while it is not. */
export class RelayedTarget {
  readonly port: number;
  readonly #onChange: () => void;
  #isUp = false;
  #checking: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(port: number, onChange: () => void) {
    this.port = port;
    this.#onChange = onChange;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Looks; those who ask meanwhile share the answer. */
  check(): Promise<void> {
    this.#checking ??= this.#look().then((isUp) => {
      this.#checking = null;
      if (this.#stopped) return;
      if (this.#timer !== null) clearTimeout(this.#timer);
      this.#timer = isUp ? null : setTimeout(() => { void this.check(); }, lookIntervalMs);
      if (isUp === this.#isUp) return;
      this.#isUp = isUp;
      this.#onChange();
    });
    return this.#checking;
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #look(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect({ port: this.port, host: '127.0.0.1' });
      socket.once('connect', () => { socket.destroy(); resolve(true); });
      socket.once('error', () => resolve(false));
    });
  }
}
