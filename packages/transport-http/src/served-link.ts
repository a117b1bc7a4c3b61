import type { Clock, Link, LinkEnd, LinkHandlers } from '@raft-mesh/mesh';
import type { MeshIdentity, ProtocolError, WireMessage } from '@raft-mesh/protocol';
import { endingOf, frameText } from './frame-text.ts';

/** How long an ended link waits for its reader to take what is left, in ms. */
const lingerMs = 2_000;
/** More than this unread, and the worker is as good as gone. */
const unreadBytesMax = 16 * 1024 * 1024;

export interface ServedLinkOptions {
  readonly id: string;
  readonly secret: string;
  readonly mesh: MeshIdentity;
  readonly remote: string;
  readonly clock: Pick<Clock, 'setTimer'>;
  /** The link dies when no stream is open and nothing was posted for so long, in ms. */
  readonly idleTimeoutMs: number;
  /** Nothing more can come in, and nothing is left to read. */
  readonly onGone: () => void;
}

/** The listening end of a link over HTTP: posts come in, one stream of server-sent events goes out. */
export class ServedLink implements Link {
  readonly kind = 'http';
  readonly id: string;
  readonly secret: string;
  readonly mesh: MeshIdentity;
  readonly remote: string;
  readonly #options: ServedLinkOptions;
  #handlers: LinkHandlers | null = null;
  #unread: string[] = [];
  #unreadBytes = 0;
  #isOver = false;
  #isGone = false;
  #error: ProtocolError | null = null;
  #stream: 'none' | 'open' | 'closed' = 'none';
  #wakeReader: (() => void) | null = null;
  #cancelIdle: () => void = () => {};
  /** Breaks off the answer that the stream goes out with. */
  #cutStream: () => void = () => {};

  constructor(options: ServedLinkOptions) {
    this.#options = options;
    this.id = options.id;
    this.secret = options.secret;
    this.mesh = options.mesh;
    this.remote = options.remote;
    this.#restartIdleTimer();
  }

  get bufferedBytes(): number {
    return this.#unreadBytes;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** What the link was closed with here, if anything. */
  get error(): ProtocolError | null {
    return this.#error;
  }

  setHandlers(handlers: LinkHandlers): void {
    if (!this.#isOver) this.#handlers = handlers;
    else queueMicrotask(() => handlers.onEnd({ cause: 'closedHere' }));
  }

  send(message: WireMessage): void {
    if (this.#isOver) return;
    this.#queue(message);
    // Later, because nobody expects a link to end while sending on it.
    if (this.#unreadBytes > unreadBytesMax) queueMicrotask(() => this.#lose());
  }

  close(error?: ProtocolError): void {
    if (this.#isOver) return;
    this.#error = error ?? null;
    this.#queue(error === undefined ? { type: 'goodbye' } : { type: 'error', ...error, fatal: true });
    const handlers = this.#finish();
    queueMicrotask(() => handlers?.onEnd({ cause: 'closedHere' }));
    // A reader that takes nothing must not keep what it does not take.
    if (this.#stream === 'open') this.#cancelIdle = this.#options.clock.setTimer(lingerMs, () => this.#cut());
  }

  /** Messages of one post, and what was wrong after them. */
  receive(messages: readonly WireMessage[], error: ProtocolError | null): void {
    this.#restartIdleTimer();
    const ending = endingOf(messages);
    const taken = ending?.upTo ?? messages;
    if (taken.length > 0) this.#handlers?.onMessages(taken);
    if (ending !== null) return this.end({ cause: 'closedThere', error: ending.error });
    if (error !== null) this.#handlers?.onInvalid(error);
  }

  /** The worker has ended the link, or is gone: nobody will read what is left. */
  end(end: LinkEnd): void {
    if (!this.#isOver) this.#finish()?.onEnd(end);
    if (end.cause === 'lost') this.#cut();
    else this.#disappear();
  }

  /** Frames that are waiting, as JSON texts; they count as sent. */
  takeUnread(): readonly string[] {
    const frames = this.#unread;
    this.#unread = [];
    this.#unreadBytes = 0;
    return frames;
  }

  /** Resolves when there is something to read, or nothing will ever be. */
  readable(): Promise<void> {
    if (this.#unread.length > 0 || this.#isOver) return Promise.resolve();
    return new Promise((resolve) => { this.#wakeReader = resolve; });
  }

  /** `null` when the one stream was opened before: frames that it lost would be missing from another. `cut` breaks off whatever carries it. */
  openStream(cut: () => void): ReadableStream<Uint8Array> | null {
    if (this.#stream !== 'none') return null;
    this.#stream = 'open';
    this.#cutStream = cut;
    this.#cancelIdle();
    const encoder = new TextEncoder();
    return new ReadableStream<Uint8Array>({
      // The comment makes the response's head leave at once.
      start: (controller) => controller.enqueue(encoder.encode(': open\n\n')),
      pull: async (controller) => {
        await this.readable();
        const frames = this.takeUnread();
        if (frames.length > 0) controller.enqueue(encoder.encode(frames.map((frame) => `data: ${frame}\n\n`).join('')));
        if (!this.#isOver || this.#unread.length > 0) return;
        this.#disappear();
        controller.close();
      },
      cancel: () => this.#lose(),
    }, { highWaterMark: 0 });
  }

  #cut(): void {
    if (this.#isGone) return;
    this.#disappear();
    this.#cutStream();
  }

  #queue(message: WireMessage): void {
    const { text, sizeBytes } = frameText(this.mesh, message);
    this.#unread.push(text);
    this.#unreadBytes += sizeBytes;
    this.#wake();
  }

  #wake(): void {
    const wake = this.#wakeReader;
    this.#wakeReader = null;
    wake?.();
  }

  #lose(): void {
    this.end({ cause: 'lost' });
  }

  #finish(): LinkHandlers | null {
    const handlers = this.#handlers;
    this.#isOver = true;
    this.#handlers = null;
    this.#wake();
    return handlers;
  }

  #disappear(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#stream = 'closed';
    this.#cancelIdle();
    this.takeUnread();
    this.#options.onGone();
  }

  #restartIdleTimer(): void {
    if (this.#stream !== 'none') return;
    this.#cancelIdle();
    this.#cancelIdle = this.#options.clock.setTimer(this.#options.idleTimeoutMs, () => this.#lose());
  }
}
