import type { Entry, HardState, LogIndex, Term } from '@raft-mesh/raft';
import type { LogOperation } from './operation.ts';

/** The state that the operations of a log add up to. Throws where they contradict each other: that is damage, or a bug of the writer. */
export class LogReplay {
  #hardState: HardState = { term: 0, votedFor: null };
  #entries: Entry[] = [];
  #nextIndex: LogIndex | null = null;

  get hardState(): HardState {
    return this.#hardState;
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** The last index in the log, also when its entries are compacted away; `null` before the first operation. */
  get lastIndex(): LogIndex | null {
    return this.#nextIndex === null ? null : this.#nextIndex - 1;
  }

  /** `null` when there is no entry at this index. */
  termAt(index: LogIndex): Term | null {
    const first = this.#entries[0];
    return first === undefined ? null : this.#entries[index - first.index]?.term ?? null;
  }

  apply(operation: LogOperation): void {
    switch (operation.kind) {
      case 'start': return this.#start(operation.nextIndex, operation.reset);
      case 'hardState':
        this.#hardState = operation.hardState;
        return;
      case 'truncate': return this.#truncate(operation.from);
      case 'entry': return this.#append(operation.entry);
      default: operation satisfies never;
    }
  }

  #start(nextIndex: LogIndex, reset: boolean): void {
    if (reset) this.#entries = [];
    else if (this.#nextIndex !== null && this.#nextIndex !== nextIndex) throw new Error(`a segment begins at index ${nextIndex}, but ${this.#nextIndex} comes next`);
    this.#nextIndex = nextIndex;
  }

  #truncate(from: LogIndex): void {
    const next = this.#nextIndex;
    if (next === null) throw new Error('a truncation comes before the start of the segment');
    if (from >= next) return;
    const first = this.#entries[0]?.index ?? next;
    this.#entries.length = Math.max(0, from - first);
    this.#nextIndex = from;
  }

  #append(entry: Entry): void {
    if (entry.index !== this.#nextIndex) throw new Error(`entry ${entry.index} was written where ${String(this.#nextIndex)} comes next`);
    this.#entries.push(entry);
    this.#nextIndex = entry.index + 1;
  }
}
