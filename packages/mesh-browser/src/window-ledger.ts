import type { ServiceRequest, WorkerReport } from './messages.ts';

/** What a page has asked for and not been answered, so that another owner of the worker can take over. */
export class WindowLedger {
  readonly #post: (report: WorkerReport) => void;
  readonly #calls = new Map<number, Extract<ServiceRequest, { type: 'send' | 'query' }>>();
  readonly #watches = new Map<number, Extract<ServiceRequest, { type: 'watch' }>>();

  constructor(post: (report: WorkerReport) => void) {
    this.#post = post;
  }

  note(request: ServiceRequest): void {
    switch (request.type) {
      case 'send': case 'query': this.#calls.set(request.call, request); return;
      case 'watch': this.#watches.set(request.watch, request); return;
      case 'unwatch': this.#watches.delete(request.watch); return;
      case 'wake': return;
      default: request satisfies never;
    }
  }

  settle(report: WorkerReport): void {
    if (report.type === 'sent' || report.type === 'queried' || report.type === 'callFailed') this.#calls.delete(report.call);
    else if (report.type === 'watchRefused') this.#watches.delete(report.watch);
  }

  /**
   * What to ask the new owner: watches and queries. A command that the last owner may have taken is never sent again, for it may have
   * been applied: it ends as `unknown(closed)`, and goes on from the store if it got that far.
   */
  replay(): readonly ServiceRequest[] {
    const queries: ServiceRequest[] = [];
    for (const [call, request] of this.#calls) {
      if (request.type === 'query') {
        queries.push(request);
        continue;
      }
      this.#calls.delete(call);
      this.#post({ type: 'sent', call, result: { status: 'unknown', sequence: 0, reason: 'closed' } });
    }
    return [...this.#watches.values(), ...queries];
  }
}
