import { mafia } from '@raft-mesh/mafia';
import type { MafiaView } from '@raft-mesh/mafia';
import type { Worker } from '@raft-mesh/mesh-node';
import type { AgentId, JsonObject, JsonValue } from '@raft-mesh/state-machine';
import type { Table } from './table.ts';

type Result = Awaited<ReturnType<Worker['send']>>;
type Watch = Parameters<Worker['watch']>[2];
type State = Worker['state'];

const watchesByTable = new WeakMap<Table, Set<() => void>>();

/** A worker whose mesh is one `Table`, shared with other fake workers. Log time passes only by `hurry`. */
export class FakeWorker implements Worker {
  readonly agent: AgentId;
  readonly name: string;
  readonly managers = [];
  readonly recovered = Promise.resolve([]);
  state: State = { phase: 'connected', leader: 'm1' };
  /** Codes of every refusal so far. */
  readonly refusals: string[] = [];
  readonly #table: Table;
  readonly #watches: Set<() => void>;
  readonly #stateListeners = new Set<(state: State) => void>();
  /** Members of the mesh who have no seat. */
  static readonly unseated = new WeakMap<Table, Map<string, 'alive' | 'dead'>>();
  /** Of those who are not there, as the registry says it. */
  readonly absences = new Map<string, 'suspect' | 'dead'>();
  #sequence = 0;

  readonly #accessRole: 'worker' | 'admin';

  constructor(table: Table, id: AgentId, accessRole: 'worker' | 'admin' = 'worker') {
    this.#accessRole = accessRole;
    this.agent = id;
    this.name = id;
    this.#table = table;
    this.#watches = watchesByTable.get(table) ?? new Set();
    watchesByTable.set(table, this.#watches);
  }

  get logTimeMs(): number { return this.#table.logTimeMs; }

  async send(module: string, command: string, args: JsonValue): Promise<Result> {
    await Promise.resolve();
    this.#sequence += 1;
    // A table has no registry that could refuse.
    if (module !== 'mafia') return { status: 'committed', index: 1, answer: null, sequence: this.#sequence };
    const refusal = this.#table.send(this.agent, command, { ...(args as JsonObject) }, this.#accessRole);
    this.tell();
    if (refusal === null) return { status: 'committed', index: 1, answer: null, sequence: this.#sequence };
    this.refusals.push(refusal);
    return { status: 'refused', index: 1, refusal: { code: refusal, message: refusal }, sequence: this.#sequence };
  }

  query(_module: string, query: string, args: JsonValue): ReturnType<Worker['query']> {
    const answer = mafia.queries?.[query]?.answer(this.#table.state, args as never, { agent: this.agent, accessRole: 'worker' }, this.#table.logTimeMs);
    if (answer === undefined) return Promise.resolve({ status: 'refused', refusal: { code: 'unknownQuery', message: 'there is no such query' } });
    return Promise.resolve(answer.found ? { status: 'answered', index: 1, answer: answer.value } : { status: 'refused', refusal: answer.refusal });
  }

  watch(module: string, _parameters: JsonValue, onView: Watch): () => void {
    const members = (): JsonValue => this.#table.viewOf(this.agent).players.map(({ id, name }) => ({ id, name, status: this.absences.get(id) ?? 'alive' })).concat([...FakeWorker.unseated.get(this.#table) ?? []].map(([id, status]) => ({ id: id as AgentId, name: id, status })));
    const look = (): void => { onView({ incarnation: 1, version: 1, value: module === 'members' ? members() : this.#table.viewOf(this.agent) as unknown as JsonValue, stale: false }); };
    this.#watches.add(look);
    queueMicrotask(look);
    return () => { this.#watches.delete(look); };
  }

  wake(): void { /* There is nothing to dial. */ }

  onEvent(): () => void { return () => undefined; }
  onState(listener: (state: State) => void): () => void {
    this.#stateListeners.add(listener);
    return () => { this.#stateListeners.delete(listener); };
  }

  close(): Promise<void> {
    this.state = { phase: 'ended', error: null };
    for (const listener of this.#stateListeners) listener(this.state);
    return Promise.resolve();
  }

  /** Loses its managers, as in a failover. */
  lose(): void {
    this.state = { phase: 'reconnecting', sinceMs: 0 };
    for (const listener of this.#stateListeners) listener(this.state);
  }

  /** Resolves with the first view, now or later, that looks as asked. */
  seen(holds: (view: MafiaView) => boolean): Promise<MafiaView> {
    return new Promise((resolve) => {
      const stop = this.watch('mafia', null, (next) => {
        const view = next.value as unknown as MafiaView;
        if (holds(view)) { stop(); resolve(view); }
      });
    });
  }

  /** Lets the time pass that everyone has nothing to do in. */
  hurry(): void {
    const { state } = this.#table;
    if (state.phase !== 'night' && state.phase !== 'day') return;
    const isComplete = this.#isShortened();
    if (isComplete) setTimeout(() => { this.#table.pass(Math.max(0, this.#isShortened() ? this.#deadline() - this.#table.logTimeMs : 0)); this.tell(); }, 0);
  }

  #deadline(): number { const { state } = this.#table; return state.phase === 'night' || state.phase === 'day' ? state.deadlineMs : this.#table.logTimeMs; }
  #isShortened(): boolean {
    const { state } = this.#table;
    if (state.phase === 'night') return state.deadlineMs < state.startedAtMs + state.options.nightMs;
    return state.phase === 'day' && state.deadlineMs < state.startedAtMs + state.options.dayMs;
  }
  /** Shows every watcher of this table what it is now. */
  tell(): void { for (const look of this.#watches) look(); }
}
