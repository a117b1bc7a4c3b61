import type { Configuration, LogIndex, NodeId } from '@raft-mesh/raft';
import type { RaftStep } from '@raft-mesh/mesh';
import type { Checker } from './checker.ts';
import { Violation } from './checker.ts';
import { ClusterMirror } from './cluster-mirror.ts';
import type { NodeMirror } from './node-mirror.ts';
import type { Observation, Observed } from './observation.ts';
import { describeVoters, hasQuorum } from './quorums.ts';

/**
 * What is first taken for committed is on the disks of a quorum at that moment, by the configuration in force at the leader that
 * counted; and what a leader commits by counting is of its own term (paper §5.3, §5.4.2, §6).
 */
export class CommittedOnQuorum implements Checker {
  readonly name = 'committedOnQuorum';
  readonly kinds = ['stepped'] as const;
  readonly #mirror: ClusterMirror;

  constructor(mirror = new ClusterMirror()) {
    this.#mirror = mirror;
  }

  observe(observation: Observation, observed: Observed): void {
    const node = this.#mirror.follow(observation);
    if (observation.kind !== 'stepped' || node.commitIndex === node.commitIndexBefore || node.status === null) return;
    const { led } = node;
    const { newlyCommittedFrom } = this.#mirror;
    if (led === null) {
      if (newlyCommittedFrom !== null) throw new Violation(this.name, `${node.id} takes entry ${node.commitIndex} for committed, which no leader has committed`);
      return;
    }
    const term = node.log.termAt(node.commitIndex);
    if (term !== led.term) throw new Violation(this.name, `${node.id} commits through entry ${node.commitIndex} of term ${String(term)} by counting, but leads term ${led.term}`);
    if (newlyCommittedFrom === null) return;
    const configurations = inForce(node, observation.step);
    for (let index = newlyCommittedFrom; index <= node.commitIndex; index++) this.#checkQuorum(node, index, configurations, observed);
  }

  #checkQuorum(leader: NodeMirror, index: LogIndex, configurations: readonly Configuration[], observed: Observed): void {
    const term = leader.log.termAt(index);
    const holds = (id: NodeId): boolean => {
      const durable = observed.durableTermAt(id, index);
      if (durable === term || durable === 'snapshot') return true;
      // Who lost its disk after it said what was on it was counted rightly.
      const node = this.#mirror.node(id);
      return node?.retired === true && node.disk.termAt(index) === term;
    };
    if (configurations.some((configuration) => hasQuorum(configuration, holds))) return;
    const holders = observed.nodes.filter(holds);
    throw new Violation(this.name, `${leader.id} commits entry ${index} of term ${String(term)}, which is only on the disks of ${holders.join(', ')}; a quorum of ${configurations.map(describeVoters).join(' or ')} is needed`);
  }
}

/** Before, during and after the step: a commit may be followed by the next configuration at once. */
function inForce({ configurationBefore, status }: NodeMirror, { effects }: RaftStep): readonly Configuration[] {
  const configurations = new Set<Configuration>();
  if (configurationBefore !== null) configurations.add(configurationBefore);
  for (const effect of effects) if (effect.type === 'configurationAdopted') configurations.add(effect.configuration);
  if (status !== null) configurations.add(status.configuration);
  return [...configurations];
}
