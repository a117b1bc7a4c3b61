import type { Configuration, LogIndex, NodeId, PersistedState } from '@raft-mesh/raft';
import { membersOf } from './membership.ts';

/**
 * Notices that this manager has been taken out of the mesh. A manager that leaves is told nothing more by Raft, and one that joins reads
 * old configurations in which it was not yet: neither its absence nor a refusal says enough by itself.
 */
export class Departure {
  readonly #self: NodeId;
  /** A committed configuration that was applied here had this manager in it. */
  #applied: boolean;
  /** This manager was in as of this index, or before, by what is committed; `null`: nothing says so. */
  #inAsOf: LogIndex | null;
  readonly #revokedBy = new Set<NodeId>();

  constructor(self: NodeId, { snapshot, entries }: PersistedState) {
    this.#self = self;
    // In the first snapshot of one that joins it is a learner, by its own word only.
    this.#applied = has(snapshot.configuration.voters, self) || (snapshot.lastIndex > 0 && this.#isIn(snapshot.configuration));
    // Whoever votes was added, and that committed, before.
    const voting = entries.find((entry) => entry.kind === 'configuration' && has(entry.configuration.voters, self));
    this.#inAsOf = this.#applied ? snapshot.lastIndex : (voting?.index ?? null);
  }

  /** The committed configuration as of `index` was applied. True when this manager has left by it. */
  applied(configuration: Configuration, index: LogIndex): boolean {
    if (!this.#isIn(configuration)) return this.#applied;
    this.#applied = true;
    if (this.#inAsOf !== null && index <= this.#inAsOf) return false;
    // What was said before is of no account: it was not in yet.
    this.#inAsOf = index;
    this.#revokedBy.clear();
    return false;
  }

  /**
   * `peer` says that this manager is not in the configuration that is committed as of `asOf`. That counts when it is later than what this
   * manager has read: most others may lag, and not know yet that it is in. Then its leader's word is enough, or that of most others. True
   * when this manager has left.
   */
  revokedBy(peer: NodeId, asOf: LogIndex, leader: NodeId | null, configuration: Configuration): boolean {
    if (this.#inAsOf === null || asOf <= this.#inAsOf) return false;
    this.#revokedBy.add(peer);
    const others = membersOf({ ...configuration, learners: [] }).filter(({ id }) => id !== this.#self);
    const agreeing = others.filter(({ id }) => this.#revokedBy.has(id)).length;
    return peer === leader || agreeing * 2 > others.length;
  }

  /** This peer takes this manager for one of the mesh. */
  acceptedBy(peer: NodeId): void {
    this.#revokedBy.delete(peer);
  }

  #isIn(configuration: Configuration): boolean {
    return has(membersOf(configuration), this.#self);
  }
}

function has(members: readonly { readonly id: NodeId }[], id: NodeId): boolean {
  return members.some((member) => member.id === id);
}
