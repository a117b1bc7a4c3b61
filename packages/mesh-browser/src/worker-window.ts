import type { Clock, Worker } from '@raft-mesh/mesh';
import type { ServiceRequest, WorkerReport } from './messages.ts';

/** How often a window hears the log time, in ms; it counts on by itself in between. */
export const pulseIntervalMs = 500;

/** Serves one page, here or in another tab, from a worker that others may use too. */
export class WorkerWindow {
  readonly #worker: Worker;
  readonly #clock: Clock;
  readonly #post: (report: WorkerReport) => void;
  readonly #watches = new Map<number, () => void>();
  readonly #stops: (() => void)[] = [];
  #cancelPulse: () => void = () => {};
  #ended = false;

  constructor(worker: Worker, clock: Clock, post: (report: WorkerReport) => void) {
    this.#worker = worker;
    this.#clock = clock;
    this.#post = (report) => { if (!this.#ended) post(report); };
    const { agent, name, state, managers, logTimeMs } = worker;
    this.#post({ type: 'connected', agent, name, state, managers, logTimeMs });
    // The end of this worker is no end for its windows: another tab takes over.
    this.#stops.push(worker.onState((next) => { if (next.phase !== 'ended') this.#post({ type: 'state', state: next }); }));
    this.#stops.push(worker.onEvent((module, event) => this.#post({ type: 'event', module, event })));
    void worker.recovered.then((commands) => this.#post({ type: 'recovered', commands }));
    this.#pulse();
  }

  receive(request: ServiceRequest): void {
    if (this.#ended) return;
    const worker = this.#worker;
    switch (request.type) {
      case 'send': {
        const { call, module, command, arguments: args, validForMs } = request;
        const sending = worker.send(module, command, args, validForMs === null ? {} : { validForMs });
        return this.#answer(call, sending.then((result) => ({ type: 'sent', call, result })));
      }
      case 'query': {
        const { call, module, query, arguments: args, stale, timeoutMs } = request;
        const asking = worker.query(module, query, args, { stale, ...(timeoutMs === null ? {} : { timeoutMs }) });
        return this.#answer(call, asking.then((result) => ({ type: 'queried', call, result })));
      }
      case 'watch': {
        const { watch, module, parameters } = request;
        this.#watches.get(watch)?.();
        this.#watches.set(watch, worker.watch(module, parameters, (view) => this.#post({ type: 'view', watch, view }), (refusal) => this.#post({ type: 'watchRefused', watch, refusal })));
        return;
      }
      case 'unwatch':
        this.#watches.get(request.watch)?.();
        this.#watches.delete(request.watch);
        return;
      case 'wake':
        return worker.wake();
      default:
        request satisfies never;
    }
  }

  /** The page is gone, or the worker. */
  end(): void {
    this.#ended = true;
    this.#cancelPulse();
    for (const stop of [...this.#stops, ...this.#watches.values()]) stop();
    this.#watches.clear();
  }

  #answer(call: number, answering: Promise<WorkerReport>): void {
    answering.then(this.#post).catch((reason: unknown) => {
      this.#post({ type: 'callFailed', call, message: reason instanceof Error ? reason.message : String(reason) });
    });
  }

  #pulse(): void {
    this.#cancelPulse = this.#clock.setTimer(pulseIntervalMs, () => {
      this.#post({ type: 'pulse', logTimeMs: this.#worker.logTimeMs, managers: this.#worker.managers });
      this.#pulse();
    });
  }
}
