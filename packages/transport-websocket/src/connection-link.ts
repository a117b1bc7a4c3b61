import type { Link, LinkEnd, LinkHandlers } from '@raft-mesh/mesh';
import { encodeFrames, limits, protocolErrorFrom, tooLargeToSend } from '@raft-mesh/protocol';
import type { Frame, MeshIdentity, ProtocolError, WireMessage } from '@raft-mesh/protocol';

/** What a link needs of the connection that carries it. */
export interface Carrier {
  readonly remote: string;
  readonly bufferedBytes: number;
  transmit(frame: Uint8Array): void;
  /** See `Link.noticeEnd`. */
  noticeEnd(): boolean;
  /** The link is over on this side. `saidWhy`: the other side has been sent a fatal error, or has ended it itself. */
  detach(link: ConnectionLink, saidWhy: boolean): void;
}

/** The messages of one mesh on a connection that may carry others too. */
export class ConnectionLink implements Link {
  readonly kind = 'websocket';
  readonly mesh: MeshIdentity;
  readonly #carrier: Carrier;
  #handlers: LinkHandlers | null = null;
  #isOver = false;

  constructor(mesh: MeshIdentity, carrier: Carrier) {
    this.mesh = mesh;
    this.#carrier = carrier;
  }

  get remote(): string {
    return this.#carrier.remote;
  }

  get bufferedBytes(): number {
    return this.#isOver ? 0 : this.#carrier.bufferedBytes;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  setHandlers(handlers: LinkHandlers): void {
    if (!this.#isOver) this.#handlers = handlers;
    else queueMicrotask(() => handlers.onEnd({ cause: 'closedHere' }));
  }

  send(message: WireMessage): void {
    if (this.#isOver) return;
    this.#carrier.transmit(encoded(this.mesh, message));
  }

  close(error?: ProtocolError): void {
    if (this.#isOver) return;
    if (error !== undefined) this.send({ type: 'error', ...error, fatal: true });
    const handlers = this.#handlers;
    this.#finish(error !== undefined);
    queueMicrotask(() => handlers?.onEnd({ cause: 'closedHere' }));
  }

  noticeEnd(): boolean {
    return !this.#isOver && this.#carrier.noticeEnd();
  }

  opened(): void {
    this.#handlers?.onOpen();
  }

  /** Hands over what arrived together, and ends the link where the other side says that it is over. A goodbye says no more than that, and is not handed over. */
  receive(messages: readonly WireMessage[]): void {
    const at = messages.findIndex((message) => message.type === 'goodbye' || (message.type === 'error' && message.fatal));
    const ending = messages[at];
    if (ending === undefined) return this.#handlers?.onMessages(messages);
    const upTo = messages.slice(0, ending.type === 'goodbye' ? at : at + 1);
    if (upTo.length > 0) this.#handlers?.onMessages(upTo);
    this.end({ cause: 'closedThere', error: ending.type === 'error' ? protocolErrorFrom(ending) : null });
  }

  receiveInvalid(error: ProtocolError): void {
    this.#handlers?.onInvalid(error);
  }

  /** Ends the link because of something that happened there or in between. */
  end(end: LinkEnd): void {
    if (this.#isOver) return;
    const handlers = this.#handlers;
    this.#finish(true);
    handlers?.onEnd(end);
  }

  #finish(saidWhy: boolean): void {
    this.#isOver = true;
    this.#handlers = null;
    this.#carrier.detach(this, saidWhy);
  }
}

/** What was encoded last: a leader sends the very same message to several peers in a row. */
let last: { readonly mesh: MeshIdentity; readonly message: WireMessage; readonly frame: Uint8Array } | null = null;

function encoded(mesh: MeshIdentity, message: WireMessage): Uint8Array {
  if (last?.message === message && last.mesh.mesh === mesh.mesh && last.mesh.incarnation === mesh.incarnation) return last.frame;
  let frame = encodeFrames([frameOf(mesh, message)]);
  if (frame.length > limits.frameBytesMax) frame = encodeFrames([frameOf(mesh, tooLargeToSend(message, frame.length))]);
  last = { mesh, message, frame };
  return frame;
}

function frameOf({ mesh, incarnation }: MeshIdentity, message: WireMessage): Frame {
  return { mesh, incarnation, message };
}
