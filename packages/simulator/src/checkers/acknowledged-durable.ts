import type { Effect, LogIndex, Message, NodeId } from '@raft-mesh/raft';
import type { Checker } from './checker.ts';
import { Violation } from './checker.ts';
import { ClusterMirror } from './cluster-mirror.ts';
import type { NodeMirror, OutstandingWrite } from './node-mirror.ts';
import type { Observation, Observed } from './observation.ts';

/** What a node tells its leader to hold is on its disk by the time the message leaves (paper Figure 2, "persistent state"). */
export class AcknowledgedDurable implements Checker {
  readonly name = 'acknowledgedDurable';
  readonly kinds = ['stepped', 'sent'] as const;
  readonly #mirror: ClusterMirror;

  constructor(mirror = new ClusterMirror()) {
    this.#mirror = mirror;
  }

  observe(observation: Observation, observed: Observed): void {
    const mirror = this.#mirror.follow(observation);
    if (mirror.status === null) return;
    if (observation.kind === 'stepped') {
      for (const effect of observation.step.effects) if (effect.type === 'send') this.#send(mirror, effect, observed);
    } else if (observation.kind === 'sent') {
      const index = acknowledgedIn(observation.message);
      // In a later term another leader may have cut off meanwhile what was acknowledged to this one.
      if (index === null || observation.message.term !== mirror.status.term) return;
      if (observed.durableTermAt(observation.node, index) === null) this.#fail(observation.node, index, 'it is not on its disk when the message leaves');
    }
  }

  #send(mirror: NodeMirror, { message, after }: Extract<Effect, { type: 'send' }>, observed: Observed): void {
    const index = acknowledgedIn(message);
    if (index === null) return;
    const { id, log, outstanding } = mirror;
    if (index > log.lastIndex) this.#fail(id, index, `its log ends at ${log.lastIndex}`);
    const waitsFor = after ?? 0;
    let covering: OutstandingWrite | null = null;
    for (const write of outstanding) {
      if (!concerns(mirror, write, index)) continue;
      if (write.writeId > waitsFor) this.#fail(id, index, `write ${write.writeId} that brings or replaces it is not waited for (${after === null ? 'nothing is' : `write ${after} is`})`);
      covering = write;
    }
    if (covering !== null) {
      if (covering.lastIndex < index) this.#fail(id, index, `write ${covering.writeId} takes it away`);
      return;
    }
    const durable = observed.durableTermAt(id, index);
    const term = log.termAt(index);
    if (durable === 'snapshot' || (durable !== null && (term === null || durable === term))) return;
    this.#fail(id, index, `its disk holds ${durable === null ? 'nothing' : `one of term ${durable}`} there, and no write for it is under way`);
  }

  #fail(node: NodeId, index: LogIndex, why: string): never {
    throw new Violation(this.name, `${node} acknowledges entry ${index}, but ${why}`);
  }
}

/** The end of what the message says to be durable; `null` when it says nothing of the kind. */
function acknowledgedIn(message: Message): LogIndex | null {
  switch (message.type) {
    case 'appendAccepted': return message.matchIndex === 0 ? null : message.matchIndex;
    case 'snapshotChunkResponse': return message.installed ? message.lastIndex : null;
    default: return null;
  }
}

/** Whether the write changes what the disk holds at or below the index, beyond what a snapshot covers. */
function concerns({ snapshotIndex }: NodeMirror, { truncateFrom, firstIndex, lastIndex }: OutstandingWrite, index: LogIndex): boolean {
  if (lastIndex >= firstIndex && firstIndex <= index) return true;
  return truncateFrom !== null && Math.max(truncateFrom, snapshotIndex + 1) <= index;
}
