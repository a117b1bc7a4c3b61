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
  readonly #voters = new Ballots();
  /** Every vote that was to be written. What is merged into one write with a later term is never on the disk by itself, and cannot be taken back either. */
  readonly #given = new Ballots();

  constructor(mirror = new ClusterMirror()) {
    this.#mirror = mirror;
  }

  observe(observation: Observation, observed: Observed): void {
    const { status, before } = this.#mirror.follow(observation);
    switch (observation.kind) {
      case 'started': this.#voters.add(observation.node, observation.persisted.hardState); return;
      case 'written': if (observation.write.hardState !== null) this.#voters.add(observation.node, observation.write.hardState); return;
      case 'stepped':
        for (const effect of observation.step.effects) if (effect.type === 'write' && effect.hardState !== null) this.#given.add(observation.node, effect.hardState);
        if (status === null || status.role !== 'leader' || (before?.role === 'leader' && before.term === status.term)) return;
        this.#elected(observation.node, status, observed);
        return;
      default:
    }
  }

  #elected(node: NodeId, { term, configuration }: RaftStatus, observed: Observed): void {
    const other = this.#leaders.get(term);
    if (other !== undefined && other !== node) throw new Violation(this.name, `${node} and ${other} both lead term ${term}`);
    this.#leaders.set(term, node);
    const durable = observed.durableHardState(node);
    if (durable.term !== term || durable.votedFor !== node) {
      throw new Violation(this.name, `${node} leads term ${term}, but its disk holds term ${durable.term} and a vote for ${String(durable.votedFor)}`);
    }
    const voters = this.#voters.of(term, node);
    const given = this.#given.of(term, node);
    const isDurable = (id: NodeId): boolean => voters.has(id) || (given.has(id) && observed.durableHardState(id).term > term);
    if (!hasQuorum(configuration, isDurable)) {
      throw new Violation(this.name, `${node} leads term ${term} with durable votes of ${[...voters].join(', ')} alone, no quorum of ${describeVoters(configuration)}`);
    }
  }
}

const nobody: ReadonlySet<NodeId> = new Set();

/** Who has voted for whom, in which term. */
class Ballots {
  readonly #byTerm = new Map<Term, Map<NodeId, Set<NodeId>>>();

  add(voter: NodeId, { term, votedFor }: HardState): void {
    if (votedFor === null) return;
    let candidates = this.#byTerm.get(term);
    if (candidates === undefined) this.#byTerm.set(term, candidates = new Map());
    const voters = candidates.get(votedFor);
    if (voters === undefined) candidates.set(votedFor, new Set([voter]));
    else voters.add(voter);
  }

  of(term: Term, candidate: NodeId): ReadonlySet<NodeId> {
    return this.#byTerm.get(term)?.get(candidate) ?? nobody;
  }
}
