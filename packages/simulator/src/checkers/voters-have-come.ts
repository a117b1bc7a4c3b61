import type { Checker } from './checker.ts';
import { Violation } from './checker.ts';
import { ClusterMirror } from './cluster-mirror.ts';
import type { Observation } from './observation.ts';

/** Whoever is given a vote has run at least (thesis §4.2.1): one that never comes would count against every majority. */
export class VotersHaveCome implements Checker {
  readonly name = 'votersHaveCome';
  readonly kinds = ['stepped'] as const;
  readonly #mirror: ClusterMirror;

  constructor(mirror = new ClusterMirror()) {
    this.#mirror = mirror;
  }

  observe(observation: Observation): void {
    const { id } = this.#mirror.follow(observation);
    if (observation.kind !== 'stepped') return;
    for (const effect of observation.step.effects) {
      if (effect.type !== 'write') continue;
      for (const entry of effect.entries) {
        if (entry.kind !== 'configuration') continue;
        const absent = entry.configuration.voters.find((voter) => this.#mirror.node(voter.id) === null);
        if (absent !== undefined) throw new Violation(this.name, `${id} gives ${absent.id} a vote at ${entry.index}, which has never run`);
      }
    }
  }
}
