import type { Configuration } from './configuration.ts';
import type { LogIndex, Term } from './identity.ts';

/** What a snapshot stands for: the state after every entry up to and including `lastIndex` (paper §7). */
export interface SnapshotMeta {
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
  readonly logTimeMs: number;
  readonly configuration: Configuration;
  readonly sizeBytes: number;
}
