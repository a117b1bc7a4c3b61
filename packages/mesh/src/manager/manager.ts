import type { ManagerIdentity, ManagerStatus } from '@raft-mesh/protocol';
import type { Configuration } from '@raft-mesh/raft';
import type { App, StateSnapshot } from '@raft-mesh/state-machine';
import type { Authority } from '../ports/authority.ts';
import type { Clock } from '../ports/clock.ts';
import type { Dialer, Link, LinkAcceptor, LinkHandlers } from '../ports/link.ts';
import type { Log } from '../ports/log.ts';
import type { ManagerStore } from '../ports/manager-store.ts';
import type { Random } from '../ports/random.ts';

/** Times in ms, sizes in bytes. */
export interface ManagerOptions {
  readonly identity: ManagerIdentity;
  /** Where others reach this manager. */
  readonly url: string;
  readonly app: App;
  readonly store: ManagerStore;
  readonly dialer: Dialer;
  readonly authority: Authority;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly pid: number;
  readonly workerHeartbeatIntervalMs?: number;
  readonly agentSuspectAfterMs?: number;
  readonly agentDeadAfterMs?: number;
  readonly snapshotLogBytes?: number;
  /** Called when the manager has stopped for good (a failed flush, a broken invariant). */
  readonly onStopped: (reason: string) => void;
}

/** One manager of one mesh: drives a Raft group, serves workers, watches their heartbeats. Owns no port, signal handler or exit. */
export class Manager implements LinkAcceptor {
  constructor(_options: ManagerOptions) {}
  /** Loads the store and joins the group. */
  start(): Promise<void> { throw new Error('not written yet'); }
  /** Stops cleanly; every link gets `stopping`. */
  stop(): Promise<void> { throw new Error('not written yet'); }
  accept(_link: Link): LinkHandlers { throw new Error('not written yet'); }
  status(): ManagerStatus { throw new Error('not written yet'); }
  get configuration(): Configuration { throw new Error('not written yet'); }
  /** The whole state now, by reference, with the term of its last entry: what the control plane keeps. */
  snapshot(): { readonly snapshot: StateSnapshot; readonly term: number } { throw new Error('not written yet'); }
}
