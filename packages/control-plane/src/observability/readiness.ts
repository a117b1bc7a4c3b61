import { succeeded } from '@raft-mesh/mesh-node';
import type { Result } from '@raft-mesh/mesh-node';
import { problems } from '../mesh-manager/problems.ts';
import type { ControlStore } from '../state-manager/control-store.ts';

/** Anybody may ask, so the store is asked no more often than this. */
const freshMs = 2_000;
const patienceMs = 2_000;

/** Whether this copy can serve: its store answers. */
export class Readiness {
  readonly #store: Pick<ControlStore, 'read'>;
  readonly #nowMs: () => number;
  #asked: { readonly atMs: number; readonly answer: Promise<boolean> } | null = null;

  constructor(store: Pick<ControlStore, 'read'>, nowMs: () => number = () => performance.now()) {
    this.#store = store;
    this.#nowMs = nowMs;
  }

  async look(): Promise<Result<{ readonly status: 'ready' }>> {
    const nowMs = this.#nowMs();
    if (this.#asked === null || nowMs - this.#asked.atMs >= freshMs) this.#asked = { atMs: nowMs, answer: this.#storeAnswers() };
    return await this.#asked.answer ? succeeded({ status: 'ready' as const }) : problems.storeUnreachable();
  }

  async #storeAnswers(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<false>((resolve) => { timer = setTimeout(() => resolve(false), patienceMs); });
    // A record that is not there is an answer too.
    const answered = this.#store.read('meshes', 'readiness-probe').then(() => true, () => false);
    try {
      return await Promise.race([answered, tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }
}
