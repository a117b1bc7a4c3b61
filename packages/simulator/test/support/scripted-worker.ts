import type { CommandResult, QueryResult, RecoveredCommand, View, Worker, WorkerState } from '@raft-mesh/mesh';
import type { AgentId, JsonValue } from '@raft-mesh/state-machine';

export interface Sent {
  readonly kind: 'command' | 'query';
  readonly name: string;
  readonly arguments: { readonly key: string; readonly value?: string; readonly expectedVersion?: number };
  readonly stale: boolean;
  readonly answer: (result: CommandResult | QueryResult) => void;
}

/** A worker that answers as the test says. */
export class ScriptedWorker implements Worker {
  readonly agent = 'worker-1' as AgentId;
  readonly name = 'worker-1';
  readonly state: WorkerState = { phase: 'connected', leader: 'm1' };
  readonly managers = [];
  readonly logTimeMs = 0;
  readonly recovered: Promise<readonly RecoveredCommand[]>;
  /** In order, answered or not. */
  readonly sent: Sent[] = [];
  /** Does nothing while nobody watches. */
  showView: (view: View) => void = () => {};
  isWatched = false;

  constructor(recovered: Promise<readonly RecoveredCommand[]> = Promise.resolve([])) {
    this.recovered = recovered;
  }

  send(_module: string, command: string, args: JsonValue): Promise<CommandResult> {
    return new Promise((resolve) => { this.sent.push({ kind: 'command', name: command, arguments: args as Sent['arguments'], stale: false, answer: resolve as Sent['answer'] }); });
  }

  query(_module: string, query: string, args: JsonValue, options: { readonly stale?: boolean } = {}): Promise<QueryResult> {
    return new Promise((resolve) => { this.sent.push({ kind: 'query', name: query, arguments: args as Sent['arguments'], stale: options.stale === true, answer: resolve as Sent['answer'] }); });
  }

  watch(_module: string, _parameters: JsonValue, onView: (view: View) => void): () => void {
    this.showView = onView;
    this.isWatched = true;
    return () => { this.showView = () => {}; this.isWatched = false; };
  }

  onEvent(): () => void { return () => {}; }
  onState(): () => void { return () => {}; }
  wake(): void { /* It never sleeps. */ }
  close(): Promise<void> { return Promise.resolve(); }
}
