import type { CommandResult, QueryResult, RecoveredCommand, View, Worker, WorkerState } from '@raft-mesh/mesh';
import type { AgentId, JsonValue, Refusal } from '@raft-mesh/state-machine';
import type { Channel } from '../src/channel.ts';
import type { TabMessage } from '../src/messages.ts';
import type { Locks } from '../src/tab.ts';

/** Two ends of a channel that clone what they carry and deliver it in a later microtask, as a MessagePort does. */
export function channelPair<A, B>(): readonly [Channel<A, B>, Channel<B, A>] {
  const here = new Set<(message: B) => void>();
  const there = new Set<(message: A) => void>();
  const deliver = <Message>(listeners: Set<(message: Message) => void>, message: Message) => {
    const copy = structuredClone(message);
    void Promise.resolve().then(() => { for (const listener of listeners) listener(copy); });
  };
  return [
    { post: (message) => deliver(there, message), onMessage: (listener) => { here.add(listener); }, close: () => here.clear() },
    { post: (message) => deliver(here, message), onMessage: (listener) => { there.add(listener); }, close: () => there.clear() },
  ];
}

/** What the tabs of one browser share: Web Locks and a broadcast channel. */
export class FakeBrowser {
  readonly #queues = new Map<string, (() => void)[]>();
  readonly #channels = new Map<(message: TabMessage) => void, FakeTabContext>();

  /** For one tab; `kill` frees all it holds and silences it, as closing the tab does. */
  context(): FakeTabContext {
    return new FakeTabContext(this.#queues, this.#channels);
  }
}

export class FakeTabContext {
  readonly #queues: Map<string, (() => void)[]>;
  readonly #channels: Map<(message: TabMessage) => void, FakeTabContext>;
  readonly #releases = new Set<() => void>();
  isDead = false;

  constructor(queues: Map<string, (() => void)[]>, channels: Map<(message: TabMessage) => void, FakeTabContext>) {
    this.#queues = queues;
    this.#channels = channels;
  }

  readonly locks: Locks = {
    acquire: (name, wait, whenHeld) => new Promise((resolve) => {
      const queue = this.#queues.get(name) ?? [];
      this.#queues.set(name, queue);
      if (queue.length > 0 && !wait) return resolve(false);
      const turn = () => {
        const release = () => {
          if (!this.#releases.delete(release)) return;
          queue.shift();
          void Promise.resolve().then(() => queue[0]?.());
        };
        this.#releases.add(release);
        if (this.isDead) return release();
        resolve(true);
        whenHeld(release);
      };
      queue.push(turn);
      if (queue.length === 1) turn();
    }),
  };

  openTabs(): Channel<TabMessage, TabMessage> {
    const own = new Set<(message: TabMessage) => void>();
    return {
      post: (message) => {
        if (this.isDead) return;
        const copy = structuredClone(message);
        for (const [listener, context] of this.#channels) {
          if (context !== this) void Promise.resolve().then(() => { if (!context.isDead) listener(copy); });
        }
      },
      onMessage: (listener) => { own.add(listener); this.#channels.set(listener, this); },
      close: () => { for (const listener of own) this.#channels.delete(listener); },
    };
  }

  kill(): void {
    this.isDead = true;
    for (const release of this.#releases) release();
  }
}

/** A worker whose answers the test gives. */
export class FakeWorker implements Worker {
  readonly agent = 'agent-1' as AgentId;
  readonly name = 'Ada';
  readonly managers = [];
  readonly recovered: Promise<readonly RecoveredCommand[]> = Promise.resolve([]);
  logTimeMs = 1000;
  state: WorkerState = { phase: 'connected', leader: 'm1' };
  closed = false;
  woken = 0;
  readonly sent: { readonly arguments: JsonValue; readonly settle: (result: CommandResult) => void }[] = [];
  readonly asked: { readonly query: string; readonly settle: (result: QueryResult) => void }[] = [];
  readonly watches = new Set<{ readonly module: string; readonly onView: (view: View) => void; readonly onRefused: (refusal: Refusal) => void }>();
  readonly #states = new Set<(state: WorkerState) => void>();
  readonly #events = new Set<(module: string, event: JsonValue) => void>();

  send(_module: string, _command: string, args: JsonValue): Promise<CommandResult> {
    if (args === 'not JSON') return Promise.reject(new TypeError('The arguments are not plain JSON.'));
    return new Promise((settle) => { this.sent.push({ arguments: args, settle }); });
  }
  query(_module: string, query: string): Promise<QueryResult> {
    return new Promise((settle) => { this.asked.push({ query, settle }); });
  }
  watch(module: string, _parameters: JsonValue, onView: (view: View) => void, onRefused: (refusal: Refusal) => void = () => {}): () => void {
    const watch = { module, onView, onRefused };
    this.watches.add(watch);
    return () => { this.watches.delete(watch); };
  }
  onEvent(listener: (module: string, event: JsonValue) => void): () => void {
    this.#events.add(listener);
    return () => { this.#events.delete(listener); };
  }
  onState(listener: (state: WorkerState) => void): () => void {
    this.#states.add(listener);
    return () => { this.#states.delete(listener); };
  }
  wake(): void { this.woken += 1; }
  close(): Promise<void> {
    this.closed = true;
    this.moveTo({ phase: 'ended', error: null });
    for (const { settle } of this.sent) settle({ status: 'unknown', sequence: 1, reason: 'closed' });
    for (const { settle } of this.asked) settle({ status: 'refused', refusal: { code: 'closed', message: 'Closed.' } });
    return Promise.resolve();
  }

  show(view: View): void { for (const { onView } of this.watches) onView(view); }
  tell(event: JsonValue): void { for (const listener of this.#events) listener('game', event); }
  moveTo(state: WorkerState): void { this.state = state; for (const listener of this.#states) listener(state); }
}
