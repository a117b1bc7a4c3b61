import { connect, type Socket } from 'node:net';
import { Pipe, type Trouble } from './pipe.ts';

export interface RelayedConnectionOptions {
  readonly dialler: Socket;
  readonly port: number;
  /** From whoever dialled to the manager, and back. */
  readonly there: Trouble;
  readonly back: Trouble;
  /** The manager's end is gone: resolves when it is known whether the manager's port is, too. */
  readonly checkTarget: () => Promise<void>;
  readonly onOver: () => void;
}

/** How long the last bytes may take to leave. */
const lingerMs = 1_000;

/** One connection that somebody dialled through the relay. */
export class RelayedConnection {
  readonly #options: RelayedConnectionOptions;
  readonly #dialler: Socket;
  #there: Trouble;
  #back: Trouble;
  #target: Socket | null = null;
  #pipes: { readonly there: Pipe; readonly back: Pipe } | null = null;
  #isOver = false;

  constructor(options: RelayedConnectionOptions) {
    this.#options = options;
    this.#dialler = options.dialler;
    this.#there = options.there;
    this.#back = options.back;
    this.#dialler.setNoDelay(true);
    // What is wrong with a socket also closes it, which is where it is handled.
    this.#dialler.on('error', () => {});
    this.#dialler.once('close', () => { if (this.#pipes === null) this.end(); });
    this.#dialler.pause();
    this.#dial();
  }

  set(there: Trouble, back: Trouble): void {
    this.#there = there;
    this.#back = back;
    this.#pipes?.there.set(there);
    this.#pipes?.back.set(back);
    this.#dial();
  }

  /** Both sides see a broken connection. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#pipes?.there.stop();
    this.#pipes?.back.stop();
    // What was passed on is delivered before the end is.
    for (const socket of [this.#dialler, this.#target]) {
      if (socket === null || socket.destroyed) continue;
      socket.destroySoon();
      setTimeout(() => socket.destroy(), lingerMs).unref();
    }
    this.#options.onOver();
  }

  /** A connection takes both ways to open. */
  #dial(): void {
    if (this.#target !== null || this.#isOver || this.#there.cut || this.#back.cut) return;
    const target = connect({ port: this.#options.port, host: '127.0.0.1', noDelay: true });
    this.#target = target;
    target.on('error', () => {});
    const refused = (): void => { this.#targetIsGone(); };
    target.once('close', refused);
    target.once('connect', () => {
      target.off('close', refused);
      if (this.#isOver) { target.destroy(); return; }
      this.#pipes = {
        there: new Pipe(this.#dialler, target, this.#there, () => this.end()),
        back: new Pipe(target, this.#dialler, this.#back, () => this.#targetIsGone()),
      };
    });
  }

  #targetIsGone(): void {
    // First the listener is closed when nobody is there any more, so that whoever dials again at once finds out.
    void this.#options.checkTarget().then(() => this.end());
  }
}
