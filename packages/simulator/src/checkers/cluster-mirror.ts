import type { LogIndex, NodeId } from '@raft-mesh/raft';
import { CommittedLog } from './committed-log.ts';
import { NodeMirror } from './node-mirror.ts';
import type { Observation } from './observation.ts';

/**
 * What checkers know in common: follows every observation once, however many of them share it. It believes what nodes say and
 * judges nothing. A checker calls `follow` first; the mirror then stands after the observation.
 */
export class ClusterMirror {
  readonly committed = new CommittedLog();
  /** What the last observation added to `committed`: the first index, `null` for nothing. */
  newlyCommittedFrom: LogIndex | null = null;
  readonly #nodes = new Map<NodeId, NodeMirror>();
  #last: Observation | null = null;
  #current: NodeMirror | null = null;
  #hasStepped = false;

  /** The node that the observation is about. */
  follow(observation: Observation): NodeMirror {
    if (this.#last === observation && this.#current !== null) return this.#current;
    const node = this.#nodeOf(observation.node);
    this.#last = observation;
    this.#current = node;
    this.newlyCommittedFrom = null;
    switch (observation.kind) {
      case 'stepped':
        this.#hasStepped = true;
        node.step(observation.step);
        if (node.commitIndex > this.committed.lastIndex) this.#commit(node);
        break;
      case 'started':
        if (!this.#hasStepped) this.committed.begin(observation.persisted.snapshot);
        node.start(observation.persisted);
        break;
      case 'written': node.flush(observation.write); break;
      case 'snapshotInstalled': node.disk.reset(observation.snapshot); break;
      case 'applied': node.appliedIndex = observation.step.entry.index; break;
      case 'restored': node.appliedIndex = observation.index; break;
      case 'crashed': case 'stopped': node.stop(); break;
      case 'retired': node.stop(); node.retired = true; break;
      case 'sent': break;
      default: observation satisfies never;
    }
    return node;
  }

  get nodes(): IterableIterator<NodeMirror> {
    return this.#nodes.values();
  }

  node(id: NodeId): NodeMirror | null {
    return this.#nodes.get(id) ?? null;
  }

  #commit({ log, commitIndex, status }: NodeMirror): void {
    this.newlyCommittedFrom = this.committed.lastIndex + 1;
    for (let index = this.newlyCommittedFrom; index <= commitIndex; index++) {
      this.committed.push({ term: log.termAt(index) ?? 0, entry: log.entryAt(index), inTerm: status?.term ?? 0 });
    }
  }

  #nodeOf(id: NodeId): NodeMirror {
    let node = this.#nodes.get(id);
    if (node === undefined) this.#nodes.set(id, node = new NodeMirror(id));
    return node;
  }
}
