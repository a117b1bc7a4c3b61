import type { LogIndex } from '@raft-mesh/raft';
import type { Checker } from './checker.ts';
import { Violation } from './checker.ts';
import { ClusterMirror } from './cluster-mirror.ts';
import type { Observation } from './observation.ts';

/** A read is answered from a state that holds everything that was committed anywhere when the read was asked (thesis §6.4). */
export class ReadIndexSafety implements Checker {
  readonly name = 'readIndexSafety';
  readonly kinds = ['started', 'crashed', 'stopped', 'retired', 'stepped'] as const;
  readonly #mirror: ClusterMirror;
  /** What was committed when each open read of this life was asked. */
  readonly #asked = new Map<string, Map<number, LogIndex>>();

  constructor(mirror = new ClusterMirror()) {
    this.#mirror = mirror;
  }

  observe(observation: Observation): void {
    const { appliedIndex } = this.#mirror.follow(observation);
    const { node } = observation;
    switch (observation.kind) {
      case 'started': this.#asked.set(node, new Map()); return;
      case 'crashed': case 'stopped': case 'retired': this.#asked.delete(node); return;
      case 'stepped': {
        const { input, effects } = observation.step;
        const asked = this.#asked.get(node);
        if (asked === undefined) return;
        if (input.type === 'read') asked.set(input.readId, this.#mirror.committed.lastIndex);
        if (asked.size === 0) return;
        for (const effect of effects) {
          if (effect.type === 'readRefused') asked.delete(effect.readId);
          else if (effect.type === 'readReady') {
            this.#ready(node, effect.index, asked.get(effect.readId), appliedIndex);
            asked.delete(effect.readId);
          }
        }
        return;
      }
      default:
    }
  }

  #ready(node: string, index: LogIndex, committedIndex: LogIndex | undefined, appliedIndex: LogIndex): void {
    if (committedIndex === undefined) throw new Violation(this.name, `${node} answers a read that nobody asked, or twice`);
    if (index < committedIndex) throw new Violation(this.name, `${node} answers a read at ${index}; when it was asked, ${committedIndex} was committed`);
    if (index > appliedIndex) throw new Violation(this.name, `${node} answers a read at ${index}, but has applied only ${appliedIndex}`);
  }
}
