import type { Entry } from './entry.ts';
import type { HardState } from './hard-state.ts';
import type { NodeId } from './identity.ts';
import type { SnapshotMeta } from './snapshot.ts';

/** What a node starts from: exactly what its disk holds. A brand-new node has term 0, no entries, and a snapshot at index 0 that carries the first configuration. */
export interface PersistedState {
  readonly hardState: HardState;
  readonly snapshot: SnapshotMeta;
  /** Contiguous, from `snapshot.lastIndex + 1` or below (what a compaction kept), in order. */
  readonly entries: readonly Entry[];
}

/** What stays of the options once the node has started: what the disk held then would only take up memory. */
export type Settings = Omit<RaftOptions, 'persisted'>;

/** When a node campaigns, next to others with the same log. Never whether: a `reluctant` one leads when no other does. */
export type ElectionPriority = 'preferred' | 'normal' | 'reluctant';

/** Times in ms, sizes in bytes. */
export interface RaftOptions {
  readonly id: NodeId;
  readonly persisted: PersistedState;
  /** Seeds the node's only source of randomness: same options and inputs, same effects. */
  readonly seed: number;
  readonly heartbeatIntervalMs: number;
  readonly electionTimeoutMinMs: number;
  readonly electionTimeoutMaxMs: number;
  readonly appendBytesMax: number;
  readonly inflightMessagesMax: number;
  readonly inflightBytesMax: number;
  readonly uncommittedBytesMax: number;
  readonly pendingReadsMax: number;
  readonly snapshotChunkBytesMax: number;
  readonly electionPriority: ElectionPriority;
  /** Peers with nothing on its way to them learn that commands are committed from the next append, or after this long. 0: at once. */
  readonly commitAnnounceDelayMs: number;
  /** An idle group rests after this long; `null`: never. */
  readonly quiesceAfterMs: number | null;
}

/** What a network slower, or a machine smaller, than the defaults expect may ask for. */
export type RaftTuning = Partial<Pick<RaftOptions,
  | 'heartbeatIntervalMs' | 'electionTimeoutMinMs' | 'electionTimeoutMaxMs' | 'appendBytesMax' | 'inflightMessagesMax' | 'inflightBytesMax' | 'snapshotChunkBytesMax'
>>;

export const defaultRaftOptions = {
  heartbeatIntervalMs: 50,
  electionTimeoutMinMs: 300,
  electionTimeoutMaxMs: 600,
  appendBytesMax: 256 * 1024,
  inflightMessagesMax: 256,
  inflightBytesMax: 4 * 1024 * 1024,
  uncommittedBytesMax: 16 * 1024 * 1024,
  pendingReadsMax: 4096,
  snapshotChunkBytesMax: 256 * 1024,
  electionPriority: 'normal',
  commitAnnounceDelayMs: 0,
  quiesceAfterMs: null,
} as const satisfies Partial<RaftOptions>;

