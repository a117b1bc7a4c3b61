import type { LogIndex } from '@raft-mesh/raft';
import type { Checker } from './checker.ts';
import { Violation } from './checker.ts';
import { ClusterMirror } from './cluster-mirror.ts';
import type { NodeMirror } from './node-mirror.ts';
import type { Observation } from './observation.ts';

/** What was committed in a term is in the log of every leader of a later term (paper Figure 3, §5.4.3). */
export class LeaderCompleteness implements Checker {
  readonly name = 'leaderCompleteness';
  readonly kinds = ['stepped'] as const;
  readonly #mirror: ClusterMirror;

  constructor(mirror = new ClusterMirror()) {
    this.#mirror = mirror;
  }

  observe(observation: Observation): void {
    const node = this.#mirror.follow(observation);
    if (observation.kind !== 'stepped' || node.status === null) return;
    if (node.status.role === 'leader' && !(node.before?.role === 'leader' && node.before.term === node.status.term)) this.#elected(node, node.status.term);
    if (this.#mirror.newlyCommittedFrom !== null) this.#committed(node.status.term);
  }

  /** Where logs agree at one index they agree below it (log matching), so the last one committed before stands for all. */
  #elected(node: NodeMirror, term: number): void {
    const { committed } = this.#mirror;
    let index = committed.lastIndex;
    while ((committed.at(index)?.inTerm ?? 0) >= term) index--;
    if (index > committed.baseIndex) this.#checkHolds(node, term, index);
  }

  /** A leader of an earlier term may hear late that it has committed: whoever leads by then must hold it already. */
  #committed(inTerm: number): void {
    for (const node of this.#mirror.nodes) {
      const { status } = node;
      if (status !== null && status.role === 'leader' && status.term > inTerm) this.#checkHolds(node, status.term, this.#mirror.committed.lastIndex);
    }
  }

  #checkHolds({ id, log, snapshotIndex }: NodeMirror, term: number, index: LogIndex): void {
    const committed = this.#mirror.committed.at(index);
    const held = log.termAt(index);
    if (committed === null || held === committed.term || (held === null && index <= Math.max(log.baseIndex, snapshotIndex))) return;
    throw new Violation(this.name, `${id} leads term ${term} and holds ${held === null ? 'nothing' : `an entry of term ${held}`} at ${index}, where one of term ${committed.term} was committed in term ${committed.inTerm}`);
  }
}
