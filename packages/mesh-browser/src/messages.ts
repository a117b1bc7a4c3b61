import type { CommandResult, JoinOptions, QueryResult, RecoveredCommand, View, WorkerState } from '@raft-mesh/mesh';
import type { ManagerAddress, ProtocolError } from '@raft-mesh/protocol';
import type { AgentId, JsonValue, Refusal } from '@raft-mesh/state-machine';

/** Which mesh, where its managers are, and for a browser that is not in it yet, what lets it in. Crosses into the dedicated Worker. */
export interface BrowserMesh {
  readonly mesh: JoinOptions['mesh'];
  readonly managers: readonly ManagerAddress[];
  readonly join: { readonly token: string; readonly name: string } | null;
  /** Of several agents that this browser is in this mesh: which. `null` for the one that needs no name. */
  readonly identity: string | null;
  /** How long to try for a first welcome, in ms; `null` for ever. */
  readonly timeoutMs: number | null;
}

/** What one agent's store and locks in this browser are called. */
export const identityName = ({ mesh, identity }: Pick<BrowserMesh, 'mesh' | 'identity'>): string => `raft-mesh:${mesh.mesh}${identity === null ? '' : `:${identity}`}`;

/** What a page asks of the worker behind it. `call` and `watch` are numbers of the page's own. */
export type PageRequest =
  | { readonly type: 'connect'; readonly mesh: BrowserMesh }
  | { readonly type: 'send'; readonly call: number; readonly module: string; readonly command: string; readonly arguments: JsonValue; readonly validForMs: number | null }
  | { readonly type: 'query'; readonly call: number; readonly module: string; readonly query: string; readonly arguments: JsonValue; readonly stale: boolean; readonly timeoutMs: number | null }
  | { readonly type: 'watch'; readonly watch: number; readonly module: string; readonly parameters: JsonValue }
  | { readonly type: 'unwatch'; readonly watch: number }
  | { readonly type: 'wake' }
  | { readonly type: 'close' };

/** The requests that a worker in service takes; the others are about having one. */
export type ServiceRequest = Exclude<PageRequest, { readonly type: 'connect' | 'close' }>;

/** What a page is told. */
export type WorkerReport =
  | { readonly type: 'connected'; readonly agent: AgentId; readonly name: string; readonly state: WorkerState; readonly managers: readonly ManagerAddress[]; readonly logTimeMs: number }
  /** There will be no worker. `error` is `null` when it is not the managers who refused. */
  | { readonly type: 'failed'; readonly error: ProtocolError | null; readonly message: string }
  | { readonly type: 'state'; readonly state: WorkerState }
  | { readonly type: 'pulse'; readonly logTimeMs: number; readonly managers: readonly ManagerAddress[] }
  | { readonly type: 'sent'; readonly call: number; readonly result: CommandResult }
  | { readonly type: 'queried'; readonly call: number; readonly result: QueryResult }
  /** The call was no valid one (its arguments are not JSON). */
  | { readonly type: 'callFailed'; readonly call: number; readonly message: string }
  | { readonly type: 'view'; readonly watch: number; readonly view: View }
  | { readonly type: 'watchRefused'; readonly watch: number; readonly refusal: Refusal }
  | { readonly type: 'event'; readonly module: string; readonly event: JsonValue }
  | { readonly type: 'recovered'; readonly commands: readonly RecoveredCommand[] }
  | { readonly type: 'closed' };

/** What tabs of one identity say to each other: the owner runs the worker, the others are windows on it. */
export type TabMessage =
  /** An owner serves from now on; windows attach. */
  | { readonly type: 'ownerReady'; readonly owner: string }
  | { readonly type: 'attach'; readonly window: string }
  | { readonly type: 'detach'; readonly window: string }
  /** What this browser kept of the identity is being deleted: nobody goes on as it. */
  | { readonly type: 'forgotten' }
  | { readonly type: 'request'; readonly window: string; readonly owner: string; readonly request: ServiceRequest }
  | { readonly type: 'report'; readonly window: string; readonly owner: string; readonly report: WorkerReport };
