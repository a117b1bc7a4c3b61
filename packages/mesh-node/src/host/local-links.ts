import type { Clock, Dialer, Link, LinkAcceptor, LinkEnd, LinkHandlers } from '@raft-mesh/mesh';
import { decodeFrames, encodeFrames, limits, protocolErrorFrom, tooLargeToSend } from '@raft-mesh/protocol';
import type { MeshId, MeshIdentity, ProtocolError, WireMessage } from '@raft-mesh/protocol';

export interface LocalDialerOptions {
  readonly clock: Clock;
  /** Who takes in links at this address, or why nobody does; `null` for an address that is not in this process. */
  readonly resolve: (address: string, mesh: MeshId, incarnation: number) => LinkAcceptor | ProtocolError | null;
  /** For all other addresses. */
  readonly elsewhere: Dialer;
}

/**
 * Links between two managers of one process, without a socket. Each message goes through the codec as it does over the wire, so that neither side
 * can tell the difference, and neither ever holds what the other may still change. Such a link cannot die unnoticed: nobody pings on it.
 */
export function createLocalDialer({ clock, resolve, elsewhere }: LocalDialerOptions): Dialer {
  return {
    dial(address, { mesh, incarnation }, handlers) {
      const identity: MeshIdentity = { mesh: mesh as MeshId, incarnation };
      const found = resolve(address, identity.mesh, incarnation);
      if (found === null) return elsewhere.dial(address, identity, handlers);
      const dialled = new LocalLink(clock, identity, address);
      dialled.handlers = handlers;
      clock.defer(() => connect(dialled, found));
      return dialled;
    },
  };

  function connect(dialled: LocalLink, found: LinkAcceptor | ProtocolError): void {
    if (!('accept' in found)) return dialled.end({ cause: 'closedThere', error: found });
    if (dialled.isOver) return;
    const accepted = new LocalLink(clock, dialled.mesh, 'this process');
    dialled.peer = accepted;
    accepted.peer = dialled;
    accepted.handlers = found.accept(accepted);
    dialled.handlers?.onOpen();
  }
}

class LocalLink implements Link {
  readonly kind = 'memory';
  readonly mesh: MeshIdentity;
  readonly remote: string;
  readonly #clock: Clock;
  handlers: LinkHandlers | null = null;
  peer: LocalLink | null = null;
  isOver = false;
  /** Encoded, in order; delivered in the next turn. */
  #outgoing: Uint8Array[] = [];
  bufferedBytes = 0;

  constructor(clock: Clock, mesh: MeshIdentity, remote: string) {
    this.#clock = clock;
    this.mesh = mesh;
    this.remote = remote;
  }

  noticeEnd(): boolean {
    return true;
  }

  send(message: WireMessage): void {
    if (this.isOver) return;
    let frame = this.#encoded(message);
    if (frame.length > limits.frameBytesMax) frame = this.#encoded(tooLargeToSend(message, frame.length));
    if (this.#outgoing.push(frame) === 1) this.#clock.defer(() => this.#flush());
    this.bufferedBytes += frame.length;
  }

  close(error?: ProtocolError): void {
    if (this.isOver) return;
    if (error !== undefined) this.send({ type: 'error', ...error, fatal: true });
    this.isOver = true;
    const { handlers } = this;
    this.handlers = null;
    this.#clock.defer(() => {
      this.#flush();
      this.peer?.end({ cause: 'closedThere', error: error ?? null });
      handlers?.onEnd({ cause: 'closedHere' });
    });
  }

  end(end: LinkEnd): void {
    if (this.isOver) return;
    const { handlers } = this;
    this.isOver = true;
    this.handlers = null;
    handlers?.onEnd(end);
  }

  #encoded(message: WireMessage): Uint8Array {
    return encodeFrames([{ mesh: this.mesh.mesh, incarnation: this.mesh.incarnation, message }]);
  }

  #flush(): void {
    const frames = this.#outgoing;
    this.#outgoing = [];
    this.bufferedBytes = 0;
    if (frames.length > 0) this.peer?.receive(frames);
  }

  /** What arrived together is handed over together; a fatal error ends the link, as over a socket. */
  receive(frames: readonly Uint8Array[]): void {
    if (this.isOver) return;
    const messages: WireMessage[] = [];
    for (const frame of frames) {
      const decoded = decodeFrames(frame);
      if (!decoded.ok) throw new Error(`a message that was just encoded cannot be decoded: ${decoded.error.message}`);
      messages.push(...decoded.value.map(({ message }) => message));
    }
    const at = messages.findIndex((message) => message.type === 'error' && message.fatal);
    const ending = messages[at];
    this.handlers?.onMessages(at === -1 ? messages : messages.slice(0, at + 1));
    if (ending?.type === 'error') this.end({ cause: 'closedThere', error: protocolErrorFrom(ending) });
  }
}
