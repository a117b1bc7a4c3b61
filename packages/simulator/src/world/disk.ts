import type { ManagerStore } from '@raft-mesh/mesh';
import type { Configuration, HardState, LogIndex, PersistedState } from '@raft-mesh/raft';
import type { SimulatedProcess } from './simulated-process.ts';

/** What is wrong with bytes that were flushed. */
export type Damage = 'bitFlip' | 'misdirectedWrite';

/** What is known to be flushed, as observers see it. */
export interface DiskContents {
  readonly hardState: HardState;
  /** The newest configuration that it may hold, and where that stands. */
  readonly configuration: { readonly index: LogIndex; readonly configuration: Configuration };
  /** The end of the log. */
  readonly last: { readonly index: LogIndex; readonly term: number };
  /** Says what is damaged, when something is: found when it is read next. */
  readonly damage: string | null;
  termAt(index: LogIndex): number | 'snapshot' | null;
}

/** One manager's disk, and what can go wrong with it. A run has it as a model of a store, or as files under the real store. */
export interface Disk {
  readonly platter: DiskContents;
  /** A flush has failed, or what it holds is damaged: reason enough for its manager to stop. */
  readonly hasFailed: boolean;
  /** The store of one life. `onLoaded` hears what it was read to hold, before its manager does. */
  openStore(process: SimulatedProcess, onLoaded: (persisted: PersistedState) => void): ManagerStore;
  /** The process has died: what was not flushed is lost, or torn, or survives. */
  crash(): void;
  /** Flushes take longer. Returns what ends it. */
  slow(flushMs: number): () => void;
  /** Nothing completes until it ends. Returns what ends it. */
  hang(): () => void;
  /** Every write is refused until it ends. Returns what ends it. */
  fill(): () => void;
  /** The next flush fails. What was in it may or may not be on the platter. Returns what calls it off. */
  failNext(): () => void;
  /** Flips a bit in what is not flushed, so that a crash tears it: false when there is nothing. */
  tearPending(): boolean;
  /** Damages what was flushed: false when there is nothing yet whose damage would show. */
  damage(kind: Damage): boolean;
}
