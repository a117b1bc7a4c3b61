import type { Configuration, NodeId, PersistedState } from '@raft-mesh/raft';
import { membersOf } from './membership.ts';

/**
 * Notices that this manager has been taken out of the mesh. A manager that leaves is told nothing more by Raft, and one that joins reads
 * old configurations in which it was not yet: neither its absence nor a refusal says enough by itself.
 */
export class Departure {
  readonly #self: NodeId;
  /** A committed configuration that was applied here had this manager in it. */
  #applied: boolean;
  /** The log shows that this manager was in. */
  #wasIn: boolean;
  readonly #revokedBy = new Set<NodeId>();

  constructor(self: NodeId, { snapshot, entries }: PersistedState) {
    this.#self = self;
    // In the first snapshot of one that joins it is a learner, by its own word only.
    this.#applied = has(snapshot.configuration.voters, self) || (snapshot.lastIndex > 0 && this.#isIn(snapshot.configuration));
    // Whoever votes was added, and that committed, before.
    this.#wasIn = this.#applied || entries.some((entry) => entry.kind === 'configuration' && has(entry.configuration.voters, self));
  }

  /** A committed configuration was applied. True when this manager has left by it. */
  applied(configuration: Configuration): boolean {
    if (!this.#isIn(configuration)) return this.#applied;
    // Whoever said before that this manager is not in had not read yet that it is.
    this.#revokedBy.clear();
    this.#applied = true;
    this.#wasIn = true;
    return false;
  }

  /**
   * `peer` says that this manager is not in the configuration. Managers say so by what is committed, and a manager that starts is in before:
   * its leader's word is enough, or that of most others. True when this manager has left.
   */
  revokedBy(peer: NodeId, leader: NodeId | null, configuration: Configuration): boolean {
    this.#revokedBy.add(peer);
    if (!this.#wasIn) return false;
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
