import type { ProtocolError, WireMessage } from '@raft-mesh/protocol';

/** Why a link ended. `refused`: nothing answered at that address (the process is not there). */
export type LinkEnd =
  | { readonly cause: 'refused' }
  | { readonly cause: 'lost' }
  | { readonly cause: 'closedHere' }
  | { readonly cause: 'closedThere'; readonly error: ProtocolError | null };

export interface LinkHandlers {
  /** The link can carry messages now (called once, never after `onEnd`; accepted links are open from the start). */
  onOpen(): void;
  /** Messages that arrived together, in order, already checked for size and shape. */
  onMessages(messages: readonly WireMessage[]): void;
  /** Something arrived that is no valid frame of this mesh. The receiver answers and decides; the link stays until closed. */
  onInvalid(error: ProtocolError): void;
  /** The last call; after it `send` does nothing. */
  onEnd(end: LinkEnd): void;
}

/**
 * A two-way, ordered, lossy-at-the-end path for the messages of one mesh between two agents. Several links may share one
 * connection. Messages are encoded by the time `send` returns or at the end of the event-loop turn, so they must not be changed.
 */
export interface Link {
  /** For logs and limits: address of the other end. */
  readonly remote: string;
  readonly kind: 'websocket' | 'http' | 'memory';
  send(message: WireMessage): void;
  /** Bytes accepted by `send` and not yet handed to the network: the sender's measure of a slow reader. */
  readonly bufferedBytes: number;
  /**
   * Asks the transport to end this link by itself soon after the other end is gone, also when nothing is sent. True: it will, and nobody has to ping on it;
   * links that share a connection share what that takes. To be asked once the link is open; asking again is free.
   */
  noticeEnd?(): boolean;
  /** Sends `error` first, when given, then closes. */
  close(error?: ProtocolError): void;
}

/** Opens links. Handlers are called only after `dial` has returned. */
export interface Dialer {
  dial(address: string, mesh: { readonly mesh: string; readonly incarnation: number }, handlers: LinkHandlers): Link;
}

/** What takes in links that others opened; a `Manager` is one. */
export interface LinkAcceptor {
  accept(link: Link): LinkHandlers;
}
