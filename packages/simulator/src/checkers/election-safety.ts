import type { HardState, NodeId, RaftStatus, Term } from '@raft-mesh/raft';
import type { Checker } from './checker.ts';
import { Violation } from './checker.ts';
import { ClusterMirror } from './cluster-mirror.ts';
import type { Observation, Observed } from './observation.ts';
import { describeVoters, hasQuorum } from './quorums.ts';

/** A term has one leader, which leads by the durable votes of a quorum, its own among them (paper §5.2, Figure 3). */
export class ElectionSafety implements Checker {
  readonly name = 'electionSafety';
  readonly kinds = ['started', 'written', 'stepped'] as const;
  readonly #mirror: ClusterMirror;
  readonly #leaders = new Map<Term, NodeId>();
  /** Every vote that ever was on a disk. */
  readonly #voters = new Map<Term, Map<NodeId, Set<NodeId>>>();

  constructor(mirror = new ClusterMirror()) {
    this.#mirror = mirror;
  }

  observe(observation: Observation, observed: Observed): void {
    const { status, before } = this.#mirror.follow(observation);
    switch (observation.kind) {
      case 'started': this.#voted(observation.node, observation.persisted.hardState); return;
      case 'written': if (observation.write.hardState !== null) this.#voted(observation.node, observation.write.hardState); return;
      case 'stepped':
        if (status === null || status.role !== 'leader' || (before?.role === 'leader' && before.term === status.term)) return;
        this.#elected(observation.node, status, observed);
        return;
      default:
    }
  }

  #voted(voter: NodeId, { term, votedFor }: HardState): void {
    if (votedFor === null) return;
    let candidates = this.#voters.get(term);
    if (candidates === undefined) this.#voters.set(term, candidates = new Map());
    const voters = candidates.get(votedFor);
    if (voters === undefined) candidates.set(votedFor, new Set([voter]));
    else voters.add(voter);
  }

  #elected(node: NodeId, { term, configuration }: RaftStatus, observed: Observed): void {
    const other = this.#leaders.get(term);
    if (other !== undefined && other !== node) throw new Violation(this.name, `${node} and ${other} both lead term ${term}`);
    this.#leaders.set(term, node);
    const durable = observed.durableHardState(node);
    if (durable.term !== term || durable.votedFor !== node) {
      throw new Violation(this.name, `${node} leads term ${term}, but its disk holds term ${durable.term} and a vote for ${String(durable.votedFor)}`);
    }
    const voters = this.#voters.get(term)?.get(node);
    if (!hasQuorum(configuration, (id) => voters?.has(id) === true)) {
      throw new Violation(this.name, `${node} leads term ${term} with durable votes of ${[...(voters ?? [])].join(', ')} alone, no quorum of ${describeVoters(configuration)}`);
    }
  }
}
