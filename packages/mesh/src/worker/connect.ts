import type { AgentKind } from '@raft-mesh/state-machine';
import type { ManagerAddress, MeshIdentity } from '@raft-mesh/protocol';
import type { Clock } from '../ports/clock.ts';
import type { Dialer } from '../ports/link.ts';
import type { Random } from '../ports/random.ts';
import type { WorkerStore } from '../ports/worker-store.ts';
import type { Worker } from './worker.ts';

export interface ConnectOptions {
  readonly store: WorkerStore;
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly random: Random;
  readonly agentKind: AgentKind;
  /** Needed when the store is new; ignored when it already holds an identity. */
  readonly join?: { readonly mesh: MeshIdentity; readonly token: string; readonly name: string; readonly managers: readonly ManagerAddress[] };
}

/** Connects, as a new agent or as the one in the store. Resolves once a manager has said welcome; rejects with a `ConnectError` when the credentials are refused. */
export function connect(_options: ConnectOptions): Promise<Worker> { throw new Error('not written yet'); }
