import type { Entry, LogIndex } from '@raft-mesh/raft';
import type { Checker } from './checker.ts';
import { Violation } from './checker.ts';
import { ClusterMirror } from './cluster-mirror.ts';
import type { NodeMirror } from './node-mirror.ts';
import type { Observation } from './observation.ts';
import { isSameEntry } from './same.ts';

/** Every node applies the same entry at each index, in order, without a gap, and only what is committed (paper Figure 3). */
export class StateMachineSafety implements Checker {
  readonly name = 'stateMachineSafety';
  readonly kinds = ['started', 'restored', 'applied'] as const;
  readonly #mirror: ClusterMirror;
  /** What was applied first at each index. */
  readonly #applied: Entry[] = [];
  readonly #appliedThrough = new Map<string, LogIndex>();

  constructor(mirror = new ClusterMirror()) {
    this.#mirror = mirror;
  }

  observe(observation: Observation): void {
    const mirror = this.#mirror.follow(observation);
    const { node } = observation;
    switch (observation.kind) {
      case 'started': this.#begin(node, observation.persisted.snapshot.lastIndex); return;
      case 'restored': this.#begin(node, observation.index); return;
      case 'applied': this.#apply(mirror, observation.step.entry); return;
      default:
    }
  }

  #begin(node: string, index: LogIndex): void {
    const { committed } = this.#mirror;
    if (index > committed.lastIndex) throw new Violation(this.name, `${node} begins at a snapshot of ${index}, but only ${committed.lastIndex} was ever committed`);
    this.#appliedThrough.set(node, index);
  }

  #apply({ id, commitIndex }: NodeMirror, entry: Entry): void {
    const { index, term } = entry;
    const through = this.#appliedThrough.get(id) ?? 0;
    if (index !== through + 1) throw new Violation(this.name, `${id} applies entry ${index} after entry ${through}`);
    this.#appliedThrough.set(id, index);
    if (index > commitIndex) throw new Violation(this.name, `${id} applies entry ${index}, but has committed only ${commitIndex}`);
    const committed = this.#mirror.committed.at(index);
    if (committed !== null && committed.term !== term) throw new Violation(this.name, `${id} applies entry ${index} of term ${term}; committed is one of term ${committed.term}`);
    const first = this.#applied[index] ?? committed?.entry ?? null;
    if (first === null) this.#applied[index] = entry;
    else if (!isSameEntry(first, entry)) throw new Violation(this.name, `${id} applies another entry ${index} of term ${term} than was applied or committed before`);
  }
}
