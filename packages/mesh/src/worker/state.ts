import type { WorkerState } from './worker.ts';
import { Listeners } from './listeners.ts';

function isSame(a: WorkerState, b: WorkerState): boolean {
  if (a.phase === 'connected' && b.phase === 'connected') return a.leader === b.leader;
  return a.phase === b.phase;
}

/**
 * Where a worker is in its life: connecting → connected ⇄ reconnecting → ended. Nothing follows `ended`, and once connected it never
 * says `connecting` again.
 */
export class StateKeeper {
  readonly #listeners = new Listeners<[WorkerState]>();
  #state: WorkerState = { phase: 'connecting' };

  get current(): WorkerState {
    return this.#state;
  }

  get ended(): boolean {
    return this.#state.phase === 'ended';
  }

  onChange(listener: (state: WorkerState) => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Draws the state from the links: whether any is up, and who leads. */
  linksAre(up: boolean, leader: string | null, nowMs: number): void {
    if (up) this.#move({ phase: 'connected', leader });
    else if (this.#state.phase === 'connected') this.#move({ phase: 'reconnecting', sinceMs: nowMs });
  }

  end(error: Extract<WorkerState, { phase: 'ended' }>['error']): void {
    this.#move({ phase: 'ended', error });
  }

  #move(next: WorkerState): void {
    if (this.ended || isSame(this.#state, next)) return;
    this.#state = next;
    this.#listeners.call(next);
  }
}
