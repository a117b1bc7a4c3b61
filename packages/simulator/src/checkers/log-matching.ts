import type { Entry, LogIndex, Term } from '@raft-mesh/raft';
import type { Checker } from './checker.ts';
import { Violation } from './checker.ts';
import { ClusterMirror } from './cluster-mirror.ts';
import type { LogMirror } from './log-mirror.ts';
import type { Observation } from './observation.ts';
import { isSameEntry } from './same.ts';

/** The first of its index and term that was seen; `previousTerm` is `null` until one with a known predecessor is. */
interface Known { readonly entry: Entry; previousTerm: Term | null }

/**
 * Two logs that hold the same term at an index are the same up to there (paper §5.3, Figure 3): each index and term has one content
 * and one predecessor, and a log holds what was asked to be written, no more and no less.
 */
export class LogMatching implements Checker {
  readonly name = 'logMatching';
  readonly kinds = ['started', 'stepped'] as const;
  readonly #mirror: ClusterMirror;
  readonly #known = new Map<LogIndex, Known[]>();

  constructor(mirror = new ClusterMirror()) {
    this.#mirror = mirror;
  }

  observe(observation: Observation): void {
    const { log, status } = this.#mirror.follow(observation);
    switch (observation.kind) {
      case 'started':
        this.#checkAll(observation.node, observation.persisted.entries.filter(({ index }) => index > log.baseIndex && index <= log.lastIndex), log);
        return;
      case 'stepped':
        if (status === null) return;
        for (const effect of observation.step.effects) if (effect.type === 'write') this.#checkAll(observation.node, effect.entries, log);
        if (status.lastIndex !== log.lastIndex) throw new Violation(this.name, `${observation.node} says its log ends at ${status.lastIndex}; by what it wrote it ends at ${log.lastIndex}`);
        return;
      default:
    }
  }

  #checkAll(node: string, entries: readonly Entry[], log: LogMirror): void {
    for (const entry of entries) this.#check(node, entry, log.termAt(entry.index - 1));
  }

  #check(node: string, entry: Entry, previousTerm: Term | null): void {
    const { index, term } = entry;
    if (previousTerm !== null && previousTerm > term) throw new Violation(this.name, `${node} holds entry ${index} of term ${term} after one of term ${previousTerm}`);
    const atIndex = this.#known.get(index);
    const known = atIndex?.find((candidate) => candidate.entry.term === term);
    if (known === undefined) {
      const first: Known = { entry, previousTerm };
      if (atIndex === undefined) this.#known.set(index, [first]);
      else atIndex.push(first);
      return;
    }
    if (!isSameEntry(known.entry, entry)) throw new Violation(this.name, `${node} holds another entry ${index} of term ${term} than was seen before`);
    if (previousTerm === null) return;
    known.previousTerm ??= previousTerm;
    if (known.previousTerm !== previousTerm) {
      throw new Violation(this.name, `${node} holds entry ${index} of term ${term} after one of term ${previousTerm}; before it was seen after one of term ${known.previousTerm}`);
    }
  }
}
