import type { WireMessage } from '@raft-mesh/protocol';
import type { Clock } from '../ports/clock.ts';
import type { Link, LinkHandlers } from '../ports/link.ts';
import type { PeerLinks } from './peer-links.ts';
import { notAuthenticated, stopping, tooManyLinks } from './protocol-errors.ts';
import type { WorkerLinks } from './worker-links.ts';

export interface FrontDoorOptions {
  readonly clock: Clock;
  readonly peers: PeerLinks;
  readonly workers: WorkerLinks;
}

const unprovenLifetimeMs = 5_000;
const unprovenMax = 4_096;
const linksMax = 32_768;

/** Takes in links that others opened: the first message decides whether a worker or a manager is there, and nothing else is heard before it. */
export class FrontDoor {
  readonly #options: FrontDoorOptions;
  /** The one that has waited longest comes first. */
  readonly #unproven = new Set<Link>();
  readonly #links = new Set<Link>();
  #closed = false;

  constructor(options: FrontDoorOptions) {
    this.#options = options;
  }

  accept(link: Link): LinkHandlers {
    const { clock } = this.#options;
    if (this.#closed || this.#links.size >= linksMax) {
      const error = this.#closed ? stopping : tooManyLinks;
      clock.defer(() => link.close(error));
      return deaf;
    }
    this.#makeRoom();
    this.#links.add(link);
    this.#unproven.add(link);
    let isProven = false;
    let inner: LinkHandlers | null = null;
    const cancelTimer = clock.setTimer(unprovenLifetimeMs, () => link.close(notAuthenticated));
    const proven = () => {
      if (isProven) return;
      isProven = true;
      this.#unproven.delete(link);
      cancelTimer();
    };
    return {
      onOpen: () => {},
      onMessages: (messages) => {
        if (inner !== null) { inner.onMessages(messages); return; }
        const [first, ...rest] = messages;
        if (first === undefined) return;
        inner = rest.length === 0 ? this.#recognise(link, first, proven) : null;
        if (inner === null) link.close(notAuthenticated);
      },
      onInvalid: (error) => {
        if (inner !== null) inner.onInvalid(error);
        else link.close(error);
      },
      onEnd: (end) => {
        proven();
        this.#links.delete(link);
        inner?.onEnd(end);
      },
    };
  }

  /** Closes every link that was taken in and takes in no more. */
  close(): void {
    this.#closed = true;
    for (const link of this.#links) link.close(stopping);
    this.#links.clear();
  }

  /** Strangers who say nothing must not keep managers and workers out, who prove themselves in a moment: the longest wait ends. */
  #makeRoom(): void {
    if (this.#unproven.size < unprovenMax) return;
    for (const longest of this.#unproven) {
      this.#unproven.delete(longest);
      longest.close(tooManyLinks);
      return;
    }
  }

  #recognise(link: Link, first: WireMessage, proven: () => void): LinkHandlers | null {
    switch (first.type) {
      case 'hello': return this.#options.workers.greet(link, first, proven);
      case 'managerHello': return this.#options.peers.listen(link, first, proven);
      default: return null;
    }
  }
}

const deaf: LinkHandlers = { onOpen: () => {}, onMessages: () => {}, onInvalid: () => {}, onEnd: () => {} };
