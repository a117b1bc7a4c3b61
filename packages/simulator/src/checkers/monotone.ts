import type { HardState } from '@raft-mesh/raft';
import type { Checker } from './checker.ts';
import { Violation } from './checker.ts';
import { ClusterMirror } from './cluster-mirror.ts';
import type { NodeMirror } from './node-mirror.ts';
import type { Observation } from './observation.ts';

/** Term, commit and applied index never fall in one life; on disk the term never falls, nor does a vote change within a term. */
export class Monotone implements Checker {
  readonly name = 'monotone';
  readonly kinds = ['stepped', 'written', 'started'] as const;
  readonly #mirror: ClusterMirror;
  readonly #durable = new Map<string, HardState>();

  constructor(mirror = new ClusterMirror()) {
    this.#mirror = mirror;
  }

  observe(observation: Observation): void {
    const mirror = this.#mirror.follow(observation);
    switch (observation.kind) {
      case 'stepped': this.#stepped(mirror); return;
      case 'written': if (observation.write.hardState !== null) this.#persisted(observation.node, observation.write.hardState); return;
      case 'started': this.#persisted(observation.node, observation.persisted.hardState); return;
      default:
    }
  }

  #stepped({ id, status, before, commitIndex, commitIndexBefore }: NodeMirror): void {
    if (status === null) return;
    const durableTerm = this.#durable.get(id)?.term ?? 0;
    const termBefore = before?.term ?? durableTerm;
    if (status.term < termBefore) this.#fell(id, 'term', termBefore, status.term);
    if (commitIndex < commitIndexBefore) this.#fell(id, 'commit index', commitIndexBefore, commitIndex);
    if (before !== null && status.appliedIndex < before.appliedIndex) this.#fell(id, 'applied index', before.appliedIndex, status.appliedIndex);
  }

  #persisted(node: string, hardState: HardState): void {
    const before = this.#durable.get(node);
    this.#durable.set(node, hardState);
    if (before === undefined) return;
    if (hardState.term < before.term) this.#fell(node, 'term on disk', before.term, hardState.term);
    if (hardState.term === before.term && before.votedFor !== null && hardState.votedFor !== before.votedFor) {
      throw new Violation(this.name, `the disk of ${node} held a vote for ${before.votedFor} in term ${before.term} and now holds ${hardState.votedFor === null ? 'none' : `one for ${hardState.votedFor}`}`);
    }
  }

  #fell(node: string, what: string, from: number, to: number): never {
    throw new Violation(this.name, `the ${what} of ${node} fell from ${from} to ${to}`);
  }
}
