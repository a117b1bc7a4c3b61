import type { Configuration } from './configuration.ts';
import type { LogIndex, Term } from './identity.ts';

interface EntryHeader {
  readonly term: Term;
  readonly index: LogIndex;
  /** Log time in ms: never falls from one entry to the next; passes only while there is a leader. */
  readonly logTimeMs: number;
}

/** What a leader appends first in its term, so that it can commit what came before (paper §5.4.2, §8). */
export type NoopEntry = EntryHeader & { readonly kind: 'noop' };

/** Bytes of the layer above. Raft never looks into them; they belong to the log once proposed and must not be changed. */
export type CommandEntry = EntryHeader & { readonly kind: 'command'; readonly data: Uint8Array };

/** A configuration, in force from the moment it is appended (not when committed). */
export type ConfigurationEntry = EntryHeader & { readonly kind: 'configuration'; readonly configuration: Configuration };

export type Entry = NoopEntry | CommandEntry | ConfigurationEntry;
