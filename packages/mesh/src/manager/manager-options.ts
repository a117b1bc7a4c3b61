import type { ManagerIdentity } from '@raft-mesh/protocol';
import type { ElectionPriority, RaftTuning } from '@raft-mesh/raft';
import type { App, TextDigest } from '@raft-mesh/state-machine';
import type { Authority } from '../ports/authority.ts';
import type { Clock } from '../ports/clock.ts';
import type { Dialer } from '../ports/link.ts';
import type { Log } from '../ports/log.ts';
import type { ManagerStore } from '../ports/manager-store.ts';
import type { Observer } from '../ports/observer.ts';
import type { Random } from '../ports/random.ts';
import type { Trace } from '../ports/trace.ts';

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
  /** SHA-256 of the platform, for the chain over what was applied; in JavaScript alone by default. */
  readonly digest?: TextDigest;
  /** Sees every step; none by default. */
  readonly trace?: Trace;
  /** Is told what goes on, for metrics and traces; nobody by default. */
  readonly observer?: Observer | null;
  /** Called when entries were applied, or the state was taken from a snapshot. */
  readonly onApplied?: () => void;
  /** How often workers beat; 500 by default. */
  readonly workerHeartbeatIntervalMs?: number;
  /** 2,000 by default. */
  readonly agentSuspectAfterMs?: number;
  /** 10,000 by default. */
  readonly agentDeadAfterMs?: number;
  /** A snapshot is taken after this many bytes of entries; 16 MiB by default. */
  readonly snapshotLogBytes?: number;
  /** Entries kept before a snapshot, for followers that are only a little behind; 4,096 by default. */
  readonly snapshotKeepEntries?: number;
  /** Linearizable reads are answered with the leader's answer while the state here is more entries behind the log; 4,096 by default. */
  readonly readsForwardedBehindEntries?: number;
  /** A group with nothing to do rests after this long, until something happens; `null`: never. 5,000 by default. */
  readonly quiesceAfterMs?: number | null;
  /** Raft's times and bounds, the same on all managers of a mesh; the defaults suit one data centre or one local network. */
  readonly raft?: RaftTuning;
  /** `normal` by default. */
  readonly electionPriority?: ElectionPriority;
  /** Called when the manager has stopped for good (a failed flush, a broken invariant). */
  readonly onStopped: (reason: string) => void;
  /** Called when it has stopped because it was taken out of the mesh: it may never start again under this identity. Default: `onStopped`. */
  readonly onLeft?: (reason: string) => void;
}
