import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';

const againAfterMs = 10 * 60_000;
const knownMax = 256;

/** Says that somebody is refused, and why; of one who comes again and again with the same, no more than a line in ten minutes, with how often it was. */
export class RefusalLog {
  readonly #log: Log;
  readonly #clock: Clock;
  /** The one said longest ago comes first. */
  readonly #known = new Map<string, { readonly saidAtMs: number; times: number }>();

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** `who`: what it calls itself; `why`: a code. */
  refused(who: string, why: string, fields: object, message: string): void {
    const key = `${who} ${why}`;
    const known = this.#known.get(key);
    const nowMs = this.#clock.nowMs();
    if (known !== undefined && nowMs - known.saidAtMs < againAfterMs) {
      known.times += 1;
      return;
    }
    // One that is about to be taken in, or was taken out, is nothing to worry about.
    const level = why === 'credentialRevoked' ? 'info' : 'warn';
    this.#log[level]({ ...fields, ...(known === undefined || known.times === 0 ? {} : { repeated: known.times }) }, message);
    this.#known.delete(key);
    this.#known.set(key, { saidAtMs: nowMs, times: 0 });
    if (this.#known.size <= knownMax) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }

  /** What is refused after this is news. */
  letIn(who: string): void {
    for (const key of this.#known.keys()) if (key.startsWith(`${who} `)) this.#known.delete(key);
  }
}
