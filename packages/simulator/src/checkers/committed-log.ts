import type { Entry, LogIndex, SnapshotMeta, Term } from '@raft-mesh/raft';

/** What counted as committed first, wherever that was. */
export interface Committed {
  readonly term: Term;
  /** `null` when it was known from a snapshot alone. */
  readonly entry: Entry | null;
  /** The term of the node that took it for committed first. */
  readonly inTerm: Term;
}

/** The one log that all nodes must agree on. Begins at the snapshot from which the cluster began. */
export class CommittedLog {
  readonly #items: Committed[] = [];
  #baseIndex: LogIndex = 0;
  #baseTerm: Term = 0;

  get baseIndex(): LogIndex { return this.#baseIndex; }
  get lastIndex(): LogIndex { return this.#baseIndex + this.#items.length; }

  at(index: LogIndex): Committed | null {
    return index > this.#baseIndex ? this.#items[index - this.#baseIndex - 1] ?? null : null;
  }

  /** `null` when nothing is committed there, or it lies below the beginning. */
  termAt(index: LogIndex): Term | null {
    return index === this.#baseIndex ? this.#baseTerm : this.at(index)?.term ?? null;
  }

  /** The cluster begins here: nobody has committed anything before. */
  begin({ lastIndex, lastTerm }: SnapshotMeta): void {
    if (this.#items.length > 0 || lastIndex <= this.#baseIndex) return;
    this.#baseIndex = lastIndex;
    this.#baseTerm = lastTerm;
  }

  push(committed: Committed): void {
    this.#items.push(committed);
  }
}
