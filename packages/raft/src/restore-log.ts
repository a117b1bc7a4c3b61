import { assert } from './assert.ts';
import type { Entry } from './entry.ts';
import type { LogIndex, Term } from './identity.ts';
import type { PersistedState } from './options.ts';

/** The log to start from. `leftover` names the first entry on disk that must go before anything is appended there. */
interface RestoredLog {
  readonly baseIndex: LogIndex;
  readonly baseTerm: Term;
  readonly entries: readonly Entry[];
  readonly leftover: LogIndex | null;
}

/**
 * Fits the entries on disk to the snapshot on disk. Entries that reach the snapshot's end with its term are kept, also those before it;
 * else the snapshot replaced them and a crash came before they were dropped (paper §7).
 */
export function restoreLog({ snapshot, entries }: PersistedState): RestoredLog {
  const first = entries[0];
  const fromSnapshot = { baseIndex: snapshot.lastIndex, baseTerm: snapshot.lastTerm };
  if (first === undefined) return { ...fromSnapshot, entries: [], leftover: null };
  assert(first.index <= snapshot.lastIndex + 1, () => `the log on disk begins at ${first.index}, but the snapshot ends at ${snapshot.lastIndex}`);
  entries.forEach((entry, position) => {
    assert(entry.index === first.index + position, () => `the log on disk has a gap before entry ${entry.index}`);
  });
  if (first.index === snapshot.lastIndex + 1) return { ...fromSnapshot, entries, leftover: null };
  const atSnapshotEnd = entries[snapshot.lastIndex - first.index];
  if (atSnapshotEnd?.term !== snapshot.lastTerm) return { ...fromSnapshot, entries: [], leftover: first.index };
  // The term before the first entry is not on disk, so the first one serves as the anchor.
  return { baseIndex: first.index, baseTerm: first.term, entries: entries.slice(1), leftover: null };
}
