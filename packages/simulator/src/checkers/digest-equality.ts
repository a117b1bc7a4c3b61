import type { LogIndex } from '@raft-mesh/raft';
import type { Checker } from './checker.ts';
import { Violation } from './checker.ts';
import type { Observation } from './observation.ts';

/** After the same index all nodes have the same running digest, also those that took their state from a snapshot. */
export class DigestEquality implements Checker {
  readonly name = 'digestEquality';
  readonly kinds = ['applied', 'restored'] as const;
  readonly #digests = new Map<LogIndex, { readonly digest: string; readonly node: string }>();

  observe(observation: Observation): void {
    switch (observation.kind) {
      case 'applied': this.#compare(observation.node, observation.step.entry.index, observation.step.runningDigest); return;
      case 'restored': this.#compare(observation.node, observation.index, observation.runningDigest); return;
      default:
    }
  }

  #compare(node: string, index: LogIndex, digest: string): void {
    const first = this.#digests.get(index);
    if (first === undefined) this.#digests.set(index, { digest, node });
    else if (first.digest !== digest) throw new Violation(this.name, `after entry ${index} ${node} has digest ${digest.slice(0, 16)}…, ${first.node} has ${first.digest.slice(0, 16)}…`);
  }
}
