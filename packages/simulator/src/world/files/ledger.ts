import type { Configuration, Entry, HardState, LogIndex, PersistedState, SnapshotMeta } from '@raft-mesh/raft';
import type { DiskContents } from '../disk.ts';
import { Platter } from '../platter.ts';
import type { DiskWrite } from '../simulated-disk.ts';

/** What a store was asked to make durable, and has not been seen to do. */
export type OpenWrite = Extract<DiskWrite, { kind: 'log' | 'install' }>;

type SnapshotEnd = Pick<SnapshotMeta, 'lastIndex' | 'lastTerm'>;

/**
 * What a store on files has promised: the sum of all that it acknowledged, and what it was asked for besides. A store that comes back
 * must have the first, and may have of the second the first some.
 */
export class Ledger implements DiskContents {
  damage: string | null = null;
  #platter: Platter;
  /** In their order. */
  #open: OpenWrite[] = [];
  #openSnapshots: SnapshotEnd[] = [];

  constructor(configuration: Configuration) {
    this.#platter = new Platter(configuration);
  }

  get hardState(): HardState {
    return this.#platter.hardState;
  }

  get last(): DiskContents['last'] {
    return this.#platter.last;
  }

  /** One that may be there counts: nobody knows until the store is read. */
  get configuration(): DiskContents['configuration'] {
    let newest = this.#platter.configuration;
    for (const write of this.#open) {
      if (write.kind === 'install') newest = { index: write.snapshot.lastIndex, configuration: write.snapshot.configuration };
      else for (const entry of write.write.entries) if (entry.kind === 'configuration') newest = { index: entry.index, configuration: entry.configuration };
    }
    return newest;
  }

  termAt(index: LogIndex): number | 'snapshot' | null {
    return this.#platter.termAt(index);
  }

  asked(write: OpenWrite): void {
    this.#open.push(write);
  }

  acknowledged(write: OpenWrite): void {
    this.#open = this.#open.filter((other) => other !== write);
    this.#platter = after(this.#platter, write);
  }

  askedToSave(snapshot: SnapshotEnd): void {
    this.#openSnapshots.push(snapshot);
  }

  saved(snapshot: SnapshotMeta): void {
    this.#openSnapshots = this.#openSnapshots.filter(({ lastIndex, lastTerm }) => lastIndex !== snapshot.lastIndex || lastTerm !== snapshot.lastTerm);
    this.#platter.keepSnapshot(snapshot, new Uint8Array());
  }

  compacted(throughIndex: LogIndex): void {
    this.#platter.compact(throughIndex);
  }

  /**
   * A store has come back with this: from now on the ledger says the same. Returns what had been asked for and is there, though it was
   * not acknowledged; `null` when the store does not have what it should.
   */
  cameBack(found: PersistedState): readonly OpenWrite[] | null {
    const open = this.#open;
    const openSnapshots = this.#openSnapshots;
    let expected = platterOf(this.#platter.state());
    let count = 0;
    while (!isExplained(found, expected, openSnapshots)) {
      const next = open[count];
      if (next === undefined) return null;
      expected = after(expected, next);
      count += 1;
    }
    this.#open = [];
    this.#openSnapshots = [];
    this.#platter = platterOf(found);
    return open.slice(0, count);
  }

  /** For people. */
  describe(): string {
    return `acknowledged is ${describeState(this.#platter.state())}, asked for besides: ${this.#open.map(describeWrite).join(', ') || 'nothing'}${this.#openSnapshots.map(({ lastIndex }) => `, a snapshot of ${lastIndex}`).join('')}`;
  }
}

export function describeState({ hardState, snapshot, entries }: PersistedState): string {
  return `term ${hardState.term} with a vote for ${hardState.votedFor ?? 'nobody'}, a snapshot of ${snapshot.lastIndex} (term ${snapshot.lastTerm}), ${describeEntries(entries)}`;
}

function describeEntries(entries: readonly Entry[]): string {
  const [first, last] = [entries[0], entries.at(-1)];
  return first === undefined || last === undefined ? 'no entries' : `entries ${first.index} (term ${first.term}) to ${last.index} (term ${last.term})`;
}

function describeWrite(open: OpenWrite): string {
  if (open.kind === 'install') return `an install of ${open.snapshot.lastIndex}`;
  const { hardState, truncateFrom, entries } = open.write;
  return `[${hardState === null ? '' : `term ${hardState.term}, `}${truncateFrom === null ? '' : `cut from ${truncateFrom}, `}${describeEntries(entries)}]`;
}

/** The same platter, or one in its place. */
function after(platter: Platter, open: OpenWrite): Platter {
  if (open.kind === 'install') {
    if (open.snapshot.lastIndex >= platter.snapshot.lastIndex) platter.install(open.snapshot, open.data);
    return platter;
  }
  platter.write(open.write);
  return platter;
}

function platterOf({ hardState, snapshot, entries }: PersistedState): Platter {
  const platter = new Platter(snapshot.configuration);
  const [first] = entries;
  // Entries that the snapshot covers may be there still.
  platter.snapshot = first === undefined ? snapshot : { ...snapshot, lastIndex: first.index - 1 };
  platter.write({ hardState, truncateFrom: null, entries });
  platter.snapshot = snapshot;
  return platter;
}

function isExplained(found: PersistedState, expected: Platter, openSnapshots: readonly SnapshotEnd[]): boolean {
  if (found.hardState.term !== expected.hardState.term || found.hardState.votedFor !== expected.hardState.votedFor) return false;
  const { lastIndex, lastTerm } = found.snapshot;
  const isItsSnapshot = (snapshot: SnapshotEnd): boolean => snapshot.lastIndex === lastIndex && snapshot.lastTerm === lastTerm;
  if (!isItsSnapshot(expected.snapshot) && !(lastIndex >= expected.snapshot.lastIndex && openSnapshots.some(isItsSnapshot))) return false;
  const beyond = found.entries.filter((entry) => entry.index > lastIndex);
  const promised = promisedBeyond(found.snapshot, expected.entries);
  return beyond.length === promised.length && beyond.every((entry, at) => isSame(entry, promised[at]));
}

/** Entries that do not continue the snapshot are of no use: they are dropped. */
function promisedBeyond({ lastIndex, lastTerm }: SnapshotEnd, entries: readonly Entry[]): readonly Entry[] {
  const first = entries[0]?.index ?? 0;
  const last = entries[lastIndex - first];
  const continues = first === lastIndex + 1 || (first <= lastIndex && last?.term === lastTerm);
  return continues ? entries.slice(lastIndex + 1 - first) : [];
}

function isSame(entry: Entry, other: Entry | undefined): boolean {
  if (other === undefined || entry.kind !== other.kind || entry.index !== other.index || entry.term !== other.term || entry.logTimeMs !== other.logTimeMs) return false;
  return entry.kind !== 'command' || other.kind !== 'command' || Buffer.compare(entry.data, other.data) === 0;
}
