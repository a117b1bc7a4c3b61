import type { WireMessage } from '@raft-mesh/protocol';

interface Heard {
  session: string;
  readonly sequences: Set<number>;
}

/** Counts commands that reached a manager when the same one had reached a manager before. */
export class RetryCounter {
  readonly #onRetry: () => void;
  readonly #heard = new Map<string, Heard>();

  constructor(onRetry: () => void) {
    this.#onRetry = onRetry;
  }

  delivered(from: string, message: WireMessage): void {
    if (message.type === 'hello') {
      const heard = this.#heard.get(from);
      if (heard?.session !== message.session.id) this.#heard.set(from, { session: message.session.id, sequences: new Set() });
    } else if (message.type === 'command') {
      const sequences = this.#heard.get(from)?.sequences;
      if (sequences?.has(message.sequence) === true) this.#onRetry();
      else sequences?.add(message.sequence);
    }
  }
}
