import type { AgentKind } from '@raft-mesh/state-machine';
import type { ManagerAddress, MeshIdentity } from '@raft-mesh/protocol';
import type { Clock } from '../ports/clock.ts';
import type { Dialer } from '../ports/link.ts';
import type { Random } from '../ports/random.ts';
import type { WorkerObserver } from '../ports/worker-observer.ts';
import type { WorkerStore } from '../ports/worker-store.ts';
import type { WorkerState } from './worker.ts';

/** What lets a new agent in: which mesh, where its managers are, and a join token, which is spent once. */
export interface JoinOptions {
  readonly mesh: MeshIdentity;
  /** Of the control plane, or of an agent that moves here (`moveTokenOf`). */
  readonly token: string;
  readonly name: string;
  readonly managers: readonly ManagerAddress[];
}

export interface ConnectOptions {
  /** Belongs to the worker from now on, which closes it when it ends. */
  readonly store: WorkerStore;
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly random: Random;
  readonly agentKind: AgentKind;
  /** Is told how commands go; nobody by default. */
  readonly observer?: WorkerObserver;
  /** Needed when the store is new. When it holds an identity, that is used; the token only if the managers no longer know it, or the mesh was restored since. */
  readonly join?: JoinOptions;
  /** Gives up after this long without a welcome, in ms; by default it tries for ever. */
  readonly timeoutMs?: number;
  /** Called as `Worker.onState` does, from the first dial on. */
  readonly onState?: (state: WorkerState) => void;
}
