import type { Checker } from './checker.ts';
import { Violation } from './checker.ts';
import { ClusterMirror } from './cluster-mirror.ts';
import type { Observation, Observed } from './observation.ts';

/** What a leader counts for a peer is on that peer's disk, and is what the leader's own log holds there (paper Figure 2, "matchIndex"). */
export class ProgressIsTrue implements Checker {
  readonly name = 'progressIsTrue';
  readonly kinds = ['stepped'] as const;
  readonly #mirror: ClusterMirror;

  constructor(mirror = new ClusterMirror()) {
    this.#mirror = mirror;
  }

  observe(observation: Observation, observed: Observed): void {
    const { id, log, status } = this.#mirror.follow(observation);
    if (observation.kind !== 'stepped' || observation.step.input.type !== 'message' || status?.role !== 'leader') return;
    const { from } = observation.step.input;
    const peer = status.peers.find((candidate) => candidate.id === from);
    if (peer === undefined || peer.matchIndex === 0 || this.#mirror.node(from)?.retired === true) return;
    // Whoever has gone on to a later term may have dropped what it had told.
    if (observed.durableHardState(from).term > status.term) return;
    const term = log.termAt(peer.matchIndex);
    const durable = observed.durableTermAt(from, peer.matchIndex);
    if (term === null || durable === 'snapshot' || durable === term) return;
    throw new Violation(this.name, `${id} counts entry ${peer.matchIndex} of term ${term} for ${from}, whose disk holds ${durable === null ? 'nothing' : `one of term ${durable}`} there`);
  }
}
