import type { Socket } from 'node:net';

/** What a direction does to bytes now. */
export interface Trouble { readonly cut: boolean; readonly delayMs: number }

interface Held { readonly atMs: number; /** `null`: the end. */ readonly data: Buffer | null }

/** More than this held back, and the sender is read no further: its own buffers fill up, as they do on a slow network. */
const heldBytesMax = 1024 * 1024;

/** One direction of one connection. Bytes wait while it is cut, as they do when a network drops them and TCP sends them again; none is ever lost or changed. */
export class Pipe {
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #onEnded: () => void;
  #trouble: Trouble;
  #held: Held[] = [];
  #heldBytes = 0;
  #lastAtMs = 0;
  #timer: NodeJS.Timeout | null = null;
  #isOver = false;

  /** `onEnded`: the source has ended, and all that came before has been passed on. */
  constructor(source: Socket, sink: Socket, trouble: Trouble, onEnded: () => void) {
    this.#source = source;
    this.#sink = sink;
    this.#trouble = trouble;
    this.#onEnded = onEnded;
    source.on('data', (data: Buffer) => this.#hold(data));
    source.once('close', () => this.#hold(null));
    sink.on('drain', () => this.#pump());
    this.#readOrNot();
  }

  set(trouble: Trouble): void {
    this.#trouble = trouble;
    this.#readOrNot();
    this.#pump();
  }

  stop(): void {
    this.#isOver = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#held = [];
  }

  #hold(data: Buffer | null): void {
    if (this.#isOver) return;
    this.#lastAtMs = Math.max(this.#lastAtMs, performance.now() + this.#trouble.delayMs);
    this.#held.push({ atMs: this.#lastAtMs, data });
    this.#heldBytes += data?.length ?? 0;
    this.#readOrNot();
    this.#pump();
  }

  #pump(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#isOver || this.#trouble.cut) return;
    for (let next = this.#held[0]; next !== undefined; next = this.#held[0]) {
      const waitMs = next.atMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#pump(), waitMs);
        break;
      }
      if (next.data !== null && this.#sink.writableNeedDrain) break;
      this.#held.shift();
      if (next.data === null) {
        this.stop();
        this.#onEnded();
        return;
      }
      this.#heldBytes -= next.data.length;
      this.#sink.write(next.data);
    }
    this.#readOrNot();
  }

  #readOrNot(): void {
    const reads = !this.#trouble.cut && this.#heldBytes < heldBytesMax;
    if (reads) this.#source.resume();
    else this.#source.pause();
  }
}
