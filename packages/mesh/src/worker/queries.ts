import { isJsonValue, limits, type ManagerToWorker } from '@raft-mesh/protocol';
import type { JsonValue } from '@raft-mesh/state-machine';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import { backoffMs } from './backoff.ts';
import type { Links } from './links.ts';
import type { ManagerLink } from './manager-link.ts';
import { isPassing } from './refusals.ts';
import { timings } from './timings.ts';
import type { QueryResult } from './worker.ts';

type QueryAnswer = Extract<ManagerToWorker, { type: 'queryAnswer' }>;

interface PendingQuery {
  readonly request: number;
  readonly module: string;
  readonly query: string;
  readonly arguments: JsonValue;
  readonly stale: boolean;
  readonly settle: (result: QueryResult) => void;
  askedOn: ManagerLink | null;
  retries: number;
  cancelRetry: () => void;
}

const refused = (code: string, message: string): QueryResult => ({ status: 'refused', refusal: { code, message } });

/** Queries until they are answered: the leader is asked, else any manager, and another one when no answer comes. */
export class Queries {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #links: Links;
  readonly #pending = new Map<number, PendingQuery>();
  #lastRequest = 0;
  #closed = false;

  constructor(ports: { readonly clock: Clock; readonly random: Random; readonly links: Links }) {
    this.#clock = ports.clock;
    this.#random = ports.random;
    this.#links = ports.links;
  }

  ask(module: string, query: string, args: JsonValue, options: { readonly stale: boolean; readonly timeoutMs: number }): Promise<QueryResult> {
    if (!isJsonValue(args)) return Promise.reject(new TypeError(`The arguments of the query ${module}.${query} are not plain JSON: pass objects, arrays, strings, finite numbers, booleans and null only.`));
    if (this.#closed) return Promise.resolve(closed);
    if (this.#pending.size >= limits.openCommandsMax) return Promise.resolve(refused('tooManyOpen', `At most ${limits.openCommandsMax} queries may wait at once. Wait for some of them.`));
    this.#lastRequest += 1;
    const request = this.#lastRequest;
    return new Promise((resolve) => {
      const cancelTimeout = this.#clock.setTimer(options.timeoutMs, () => {
        pending.settle(refused('timedOut', `No manager answered within ${options.timeoutMs} ms. Ask again, or ask with stale: true.`));
      });
      const pending: PendingQuery = {
        request, module, query, arguments: args, stale: options.stale, askedOn: null, retries: 0, cancelRetry: () => {},
        settle: (result) => {
          this.#pending.delete(request);
          cancelTimeout();
          pending.cancelRetry();
          resolve(result);
        },
      };
      this.#pending.set(request, pending);
      this.#send(pending, null);
    });
  }

  onAnswer(link: ManagerLink, { request, result }: QueryAnswer): void {
    const pending = this.#pending.get(request);
    if (pending === undefined) return;
    if (result.status === 'answered' || !isPassing(result.refusal)) return pending.settle(result);
    if (pending.askedOn !== link) return;
    pending.askedOn = null;
    const avoided = link === this.#links.leaderLink ? null : link;
    this.#sendAfter(backoffMs(pending.retries, timings.retryMinMs, timings.retryMaxMs, this.#random), pending, avoided);
    pending.retries += 1;
  }

  /** A link came up, or a leader is known: whoever waits is sent. */
  linksChanged(): void {
    for (const pending of this.#pending.values()) if (pending.askedOn === null) this.#send(pending, null);
  }

  linkIsDown(link: ManagerLink): void {
    for (const pending of this.#pending.values()) if (pending.askedOn === link) this.#send(pending, link);
  }

  close(): void {
    this.#closed = true;
    for (const pending of this.#pending.values()) pending.settle(closed);
  }

  #send(pending: PendingQuery, avoided: ManagerLink | null): void {
    pending.cancelRetry();
    const link = this.#links.best(avoided);
    pending.askedOn = link;
    if (link === null) return;
    const { request, module, query, arguments: args, stale } = pending;
    link.send({ type: 'query', request, module, query, arguments: args, stale });
    this.#sendAfter(timings.queryAnswerMs, pending, link);
  }

  #sendAfter(delayMs: number, pending: PendingQuery, avoided: ManagerLink | null): void {
    pending.cancelRetry();
    pending.cancelRetry = this.#clock.setTimer(delayMs, () => this.#send(pending, avoided));
  }
}

const closed = refused('closed', 'This worker is closed. Connect again.');
