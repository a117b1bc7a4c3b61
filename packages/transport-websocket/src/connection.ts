import type { LinkEnd } from '@raft-mesh/mesh';
import { decodeFrames, encodeFrames, limits } from '@raft-mesh/protocol';
import type { Frame, MeshIdentity, ProtocolError, WireMessage } from '@raft-mesh/protocol';
import type WebSocket from 'isomorphic-ws';
import { ConnectionLink } from './connection-link.ts';
import type { Carrier } from './connection-link.ts';
import { closeCodes } from './endpoint.ts';
import { Outbox } from './outbox.ts';

/** More than this unsent, and the other side is as good as gone. */
const unsentBytesMax = 64 * 1024 * 1024;
/** Meshes that one connection may ever name. */
const meshesMax = 4096;

export interface ConnectionOptions {
  readonly socket: WebSocket;
  readonly remote: string;
  /** Begins to ask the other end whether it is there; `null`: that cannot be done here. */
  readonly watch: (onSilent: () => void) => { stop(): void } | null;
  /** A frame for a mesh that never had a link here: the side that listens makes one, or `null` when the frame is to be dropped. */
  readonly onUnknownMesh: (mesh: MeshIdentity) => ConnectionLink | null;
  /** The last link is over. */
  readonly onIdle: () => void;
}

const keyOf = ({ mesh, incarnation }: MeshIdentity): string => `${mesh} ${incarnation}`;

/** One WebSocket between two processes, carrying a link for each of any number of meshes. Both sides use it. */
export class Connection implements Carrier {
  readonly remote: string;
  readonly #socket: WebSocket;
  readonly #options: ConnectionOptions;
  readonly #links = new Map<string, ConnectionLink>();
  /** A mesh whose link is over gets no second one here: what is still under way for the first must not reach it. */
  readonly #used = new Set<string>();
  readonly #outbox: Outbox;
  #isOver = false;
  #watch: { stop(): void } | null = null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.remote = options.remote;
    this.#socket = options.socket;
    // Node's sockets give Buffers as they are; a browser's give blobs unless told otherwise.
    if ((this.#socket.binaryType as string) === 'blob') this.#socket.binaryType = 'arraybuffer';
    this.#outbox = new Outbox((data) => this.#socket.send(data));
    if (this.isOpen) this.#outbox.open();
    this.#socket.addEventListener('open', () => this.#onOpen());
    this.#socket.addEventListener('message', (event) => this.#onMessage(event.data));
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get linkCount(): number {
    return this.#links.size;
  }

  get bufferedBytes(): number {
    return this.#outbox.bytes + this.#socket.bufferedAmount;
  }

  canCarry(mesh: MeshIdentity): boolean {
    return !this.#isOver && !this.#used.has(keyOf(mesh)) && this.#used.size < meshesMax;
  }

  attach(mesh: MeshIdentity): ConnectionLink {
    const link = new ConnectionLink(mesh, this);
    this.#links.set(keyOf(mesh), link);
    this.#used.add(keyOf(mesh));
    return link;
  }

  transmit(frame: Uint8Array): void {
    if (this.#isOver) return;
    this.#outbox.add(frame);
    // Later, because nobody expects a link to end while sending on it.
    if (this.bufferedBytes > unsentBytesMax) queueMicrotask(() => this.end({ cause: 'lost' }));
  }

  noticeEnd(): boolean {
    if (!this.#isOver) this.#watch ??= this.#options.watch(() => this.end({ cause: 'lost' }));
    return this.#watch !== null;
  }

  detach(link: ConnectionLink, saidWhy: boolean): void {
    this.#links.delete(keyOf(link.mesh));
    if (this.#isOver) return;
    if (!saidWhy) this.transmit(encodeFrames([{ ...link.mesh, message: { type: 'goodbye' } }]));
    if (this.#links.size === 0) this.#options.onIdle();
  }

  /** Answers a frame that no link here takes. */
  refuse(mesh: MeshIdentity, error: ProtocolError): void {
    this.#used.add(keyOf(mesh));
    this.transmit(encodeFrames([{ ...mesh, message: { type: 'error', ...error, fatal: true } }]));
    if (this.#used.size >= meshesMax) this.close(closeCodes.protocolError, 'overloaded');
  }

  /** Sends what is waiting, then closes the socket; links that are left end as `closedHere`. */
  close(code: number, reason: string): void {
    if (this.#isOver) return;
    this.#outbox.flush();
    this.#socket.close(code, reason);
    this.end({ cause: 'closedHere' });
  }

  /** The socket is gone, or is to go at once. */
  end(end: LinkEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#watch?.stop();
    this.#outbox.clear();
    // `terminate` is Node's; a browser's socket can only start the closing handshake.
    if (end.cause === 'lost' && 'terminate' in this.#socket) this.#socket.terminate();
    else if (end.cause === 'lost') this.#socket.close();
    for (const link of this.#links.values()) link.end(end);
  }

  #onOpen(): void {
    if (this.#isOver) return;
    this.#outbox.open();
    for (const link of this.#links.values()) link.opened();
  }

  #onMessage(data: unknown): void {
    if (this.#isOver) return;
    const bytes = data instanceof Uint8Array ? data : data instanceof ArrayBuffer ? new Uint8Array(data) : null;
    if (bytes === null) return this.#onNoFrame({ code: 'malformedFrame', message: 'A text message arrived.', next: 'Send binary messages, as docs/protocol.md describes them.' });
    const decoded = decodeFrames(bytes);
    this.#deliver(decoded.ok ? decoded.value : decoded.before);
    if (decoded.ok || this.#isOver) return;
    if (decoded.about === null) this.#onNoFrame(decoded.error);
    else this.#linkFor(decoded.about)?.receiveInvalid(decoded.error);
  }

  /** Frames of one mesh that arrived together are handed over together. */
  #deliver(frames: readonly Frame[]): void {
    let at = 0;
    while (at < frames.length && !this.#isOver) {
      const first = frames[at];
      if (first === undefined) return;
      const messages: WireMessage[] = [];
      for (let frame: Frame | undefined = first; frame !== undefined && frame.mesh === first.mesh && frame.incarnation === first.incarnation; frame = frames[at]) {
        messages.push(frame.message);
        at += 1;
      }
      this.#linkFor(first, messages[0])?.receive(messages);
    }
  }

  #linkFor({ mesh, incarnation }: MeshIdentity, message?: WireMessage): ConnectionLink | null {
    const link = this.#links.get(keyOf({ mesh, incarnation }));
    if (link !== undefined) return link;
    // A link that never was, or is over, cannot be ended.
    if (message?.type === 'goodbye' || message?.type === 'error' || !this.canCarry({ mesh, incarnation })) return null;
    return this.#options.onUnknownMesh({ mesh, incarnation });
  }

  /** Nobody knows which mesh this was about: every link hears of it, and without any the connection is useless. */
  #onNoFrame(error: ProtocolError): void {
    if (this.#links.size === 0) return this.close(closeCodes.protocolError, error.code);
    for (const link of this.#links.values()) link.receiveInvalid(error);
  }
}

/** The largest WebSocket message that is read at all. */
export const maxPayload = limits.messageBytesMax;
