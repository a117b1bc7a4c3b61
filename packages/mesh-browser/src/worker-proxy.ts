import { ConnectError, type CommandResult, type QueryResult, type RecoveredCommand, type View, type Worker, type WorkerState } from '@raft-mesh/mesh';
import type { ManagerAddress } from '@raft-mesh/protocol';
import type { AgentId, JsonValue, Refusal } from '@raft-mesh/state-machine';
import type { Channel } from './channel.ts';
import type { BrowserMesh, PageRequest, WorkerReport } from './messages.ts';
import { pulseIntervalMs } from './worker-window.ts';

type Connected = Extract<WorkerReport, { type: 'connected' }>;

interface Watch {
  readonly onView: (view: View) => void;
  readonly onRefused: (refusal: Refusal) => void;
  shown: Pick<View, 'incarnation' | 'version'>;
}

interface Call {
  /** What it ends with when the worker is gone. */
  readonly whenOver: CommandResult | QueryResult;
  readonly settle: (result: CommandResult | QueryResult) => void;
  readonly reject: (reason: Error) => void;
}

export interface ProxyOptions {
  readonly channel: Channel<PageRequest, WorkerReport>;
  /** Monotonic ms of the page. */
  readonly nowMs: () => number;
  readonly onState?: (state: WorkerState) => void;
  /** Called once the worker is gone for good. */
  readonly onOver: () => void;
}

/** The page's side of a worker that runs elsewhere: the same interface, over messages. */
export class WorkerProxy implements Worker {
  readonly recovered: Promise<readonly RecoveredCommand[]>;
  readonly #options: ProxyOptions;
  readonly #calls = new Map<number, Call>();
  readonly #watches = new Map<number, Watch>();
  readonly #stateListeners = new Set<(state: WorkerState) => void>();
  readonly #eventListeners = new Set<(module: string, event: JsonValue) => void>();
  #connected: Connected | null = null;
  #state: WorkerState = { phase: 'connecting' };
  #managers: readonly ManagerAddress[] = [];
  #logTime = { toldMs: 0, atMs: 0 };
  #lastNumber = 0;
  #isOver = false;
  #settleConnected: { readonly resolve: () => void; readonly reject: (reason: Error) => void } = { resolve: () => {}, reject: () => {} };
  #settleRecovered: (commands: readonly RecoveredCommand[]) => void = () => {};
  #settleClosed: () => void = () => {};

  private constructor(options: ProxyOptions) {
    this.#options = options;
    this.recovered = new Promise((resolve) => { this.#settleRecovered = resolve; });
    options.channel.onMessage((report) => this.#receive(report));
  }

  /** Resolves when the worker behind the channel is connected; rejects with a `ConnectError` when the managers refuse it. */
  static async connect(mesh: BrowserMesh, options: ProxyOptions): Promise<WorkerProxy> {
    const proxy = new WorkerProxy(options);
    await new Promise<void>((resolve, reject) => {
      proxy.#settleConnected = { resolve, reject };
      options.channel.post({ type: 'connect', mesh });
    });
    return proxy;
  }

  get agent(): AgentId { return this.#known.agent; }
  get name(): string { return this.#known.name; }
  get state(): WorkerState { return this.#state; }
  get managers(): readonly ManagerAddress[] { return this.#managers; }

  get logTimeMs(): number {
    const { toldMs, atMs } = this.#logTime;
    const isMoving = this.#state.phase === 'connected' && this.#state.leader !== null;
    // The next word is due after one interval: what goes on for longer than two is no delay any more.
    return isMoving ? Math.floor(toldMs + Math.min(this.#options.nowMs() - atMs, 2 * pulseIntervalMs)) : toldMs;
  }

  send(module: string, command: string, args: JsonValue, options: { readonly validForMs?: number } = {}): Promise<CommandResult> {
    if (this.#isOver) return Promise.resolve({ status: 'notSent', reason: 'closed' });
    return this.#call<CommandResult>({ status: 'unknown', sequence: 0, reason: 'closed' }, (call) => ({ type: 'send', call, module, command, arguments: args, validForMs: options.validForMs ?? null }));
  }

  query(module: string, query: string, args: JsonValue, options: { readonly stale?: boolean; readonly timeoutMs?: number } = {}): Promise<QueryResult> {
    if (this.#isOver) return Promise.resolve(queryOfClosed);
    return this.#call<QueryResult>(queryOfClosed, (call) => ({ type: 'query', call, module, query, arguments: args, stale: options.stale ?? false, timeoutMs: options.timeoutMs ?? null }));
  }

  watch(module: string, parameters: JsonValue, onView: (view: View) => void, onRefused: (refusal: Refusal) => void = () => {}): () => void {
    this.#lastNumber += 1;
    const watch = this.#lastNumber;
    this.#watches.set(watch, { onView, onRefused, shown: { incarnation: 0, version: 0 } });
    this.#post({ type: 'watch', watch, module, parameters });
    return () => {
      if (this.#watches.delete(watch)) this.#post({ type: 'unwatch', watch });
    };
  }

  onEvent(listener: (module: string, event: JsonValue) => void): () => void {
    this.#eventListeners.add(listener);
    return () => { this.#eventListeners.delete(listener); };
  }

  onState(listener: (state: WorkerState) => void): () => void {
    this.#stateListeners.add(listener);
    return () => { this.#stateListeners.delete(listener); };
  }

  wake(): void {
    this.#post({ type: 'wake' });
  }

  async close(): Promise<void> {
    if (this.#isOver) return;
    const closed = new Promise<void>((resolve) => { this.#settleClosed = resolve; });
    this.#post({ type: 'close' });
    await closed;
  }

  get #known(): Connected {
    if (this.#connected === null) throw new Error('A worker has no agent before it is connected: wait for `connectBrowser`.');
    return this.#connected;
  }

  #call<Result extends CommandResult | QueryResult>(whenOver: Result, request: (call: number) => PageRequest): Promise<Result> {
    this.#lastNumber += 1;
    const call = this.#lastNumber;
    return new Promise((resolve, reject) => {
      // Each call number belongs to one kind of call, so its answer is of that kind.
      this.#calls.set(call, { whenOver, settle: (result) => resolve(result as Result), reject });
      try {
        this.#post(request(call));
      } catch {
        this.#calls.delete(call);
        reject(new TypeError('The arguments are not plain JSON: pass objects, arrays, strings, finite numbers, booleans and null only.'));
      }
    });
  }

  #post(request: PageRequest): void {
    if (!this.#isOver) this.#options.channel.post(request);
  }

  #receive(report: WorkerReport): void {
    switch (report.type) {
      case 'connected':
        // Also when another tab's worker takes over: the agent is the same, where it stands may differ.
        this.#connected = report;
        this.#managers = report.managers;
        this.#tellLogTime(report.logTimeMs);
        this.#moveTo(report.state);
        return this.#settleConnected.resolve();
      case 'failed': {
        this.#settleConnected.reject(report.error === null ? new Error(report.message) : new ConnectError(report.error));
        return this.#over({ phase: 'ended', error: report.error ?? { code: 'internal', message: report.message, next: 'Reload the page.' } });
      }
      case 'state': return this.#moveTo(report.state);
      case 'pulse':
        this.#managers = report.managers;
        return this.#tellLogTime(report.logTimeMs);
      case 'sent': case 'queried': return this.#take(report.call)?.settle(report.result);
      case 'callFailed': return this.#take(report.call)?.reject(new TypeError(report.message));
      case 'view': return this.#show(report.watch, report.view);
      case 'watchRefused': {
        const watch = this.#watches.get(report.watch);
        this.#watches.delete(report.watch);
        return watch?.onRefused(report.refusal);
      }
      case 'event':
        for (const listener of this.#eventListeners) listener(report.module, report.event);
        return;
      case 'recovered': return this.#settleRecovered(report.commands);
      case 'closed': return this.#over({ phase: 'ended', error: null });
      default: report satisfies never;
    }
  }

  #take(call: number): Call | undefined {
    const found = this.#calls.get(call);
    this.#calls.delete(call);
    return found;
  }

  #show(number: number, view: View): void {
    const watch = this.#watches.get(number);
    // A tab that took over may follow a manager that is behind: what was shown never goes back.
    if (watch === undefined || isBefore(view, watch.shown)) return;
    watch.shown = view;
    watch.onView(view);
  }

  #tellLogTime(toldMs: number): void {
    this.#logTime = { toldMs, atMs: this.#options.nowMs() };
  }

  #moveTo(state: WorkerState): void {
    if (this.#isOver) return;
    this.#state = state;
    this.#options.onState?.(state);
    for (const listener of this.#stateListeners) listener(state);
  }

  #over(state: WorkerState): void {
    if (this.#isOver) return;
    // It may have ended by itself before, with the reason.
    if (this.#state.phase !== 'ended') this.#moveTo(state);
    this.#isOver = true;
    // The answers of calls that were under way come before this, or not at all.
    for (const { settle, whenOver } of this.#calls.values()) settle(whenOver);
    this.#calls.clear();
    this.#watches.clear();
    this.#settleRecovered([]);
    this.#settleClosed();
    this.#options.onOver();
  }
}

/** Versions compare within one life of the mesh. */
function isBefore(one: Pick<View, 'incarnation' | 'version'>, other: Pick<View, 'incarnation' | 'version'>): boolean {
  return one.incarnation < other.incarnation || (one.incarnation === other.incarnation && one.version < other.version);
}

const queryOfClosed: QueryResult = { status: 'refused', refusal: { code: 'closed', message: 'This worker is closed. Connect again.' } };
