import type { RaftStatus } from '@raft-mesh/raft';
import type { Checker } from './checker.ts';
import { Violation } from './checker.ts';
import { ClusterMirror } from './cluster-mirror.ts';
import type { NodeMirror } from './node-mirror.ts';
import type { Observation } from './observation.ts';

/** compacted ≤ snapshot ≤ applied ≤ committed ≤ last, after every step of every node. */
export class WatermarkOrder implements Checker {
  readonly name = 'watermarkOrder';
  readonly kinds = ['stepped'] as const;
  readonly #mirror: ClusterMirror;

  constructor(mirror = new ClusterMirror()) {
    this.#mirror = mirror;
  }

  observe(observation: Observation): void {
    const node = this.#mirror.follow(observation);
    if (observation.kind === 'stepped' && node.status !== null) this.#check(node, node.status);
  }

  #check({ id, snapshotIndex, appliedIndex, outstanding }: NodeMirror, status: RaftStatus): void {
    const { firstIndex, lastIndex, commitIndex } = status;
    this.#ordered(id, 'the log was compacted through', firstIndex - 1, 'the last snapshot ends at', snapshotIndex);
    this.#ordered(id, 'the last snapshot ends at', snapshotIndex, 'applied is', appliedIndex);
    this.#ordered(id, 'the core believes applied', status.appliedIndex, 'applied is', appliedIndex);
    // A snapshot is in the state machine a moment before the core is told that it is installed.
    const installing = outstanding.find(({ installs }) => installs !== null)?.installs ?? null;
    this.#ordered(id, 'applied is', appliedIndex, 'committed is', Math.max(commitIndex, installing?.lastIndex ?? 0));
    this.#ordered(id, 'committed is', commitIndex, 'the log ends at', lastIndex);
    this.#ordered(id, 'the log begins at', firstIndex, 'after its end comes', lastIndex + 1);
  }

  #ordered(node: string, lowName: string, low: number, highName: string, high: number): void {
    if (low > high) throw new Violation(this.name, `on ${node} ${lowName} ${low}, but ${highName} ${high}`);
  }
}
