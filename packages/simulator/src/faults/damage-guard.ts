import type { Configuration, NodeId } from '@raft-mesh/raft';
import type { World } from '../world/world.ts';

/** So long a leader may sit on a change that it was asked for. */
const askedFreshMs = 10_000;

/**
 * Says how much may be lost. Raft survives the loss of a minority of the voters for good, so no more than that may have a damaged or
 * wiped disk until others have taken their places. A node counts as affected from the damage on, for as long as it has a vote.
 */
export class DamageGuard {
  readonly #world: World;
  readonly #affected = new Set<NodeId>();
  /** Nodes that were asked to leave, and until when that may still come about unseen. */
  readonly #leaving = new Map<NodeId, number>();
  /** The newest configuration that anyone has applied: it is committed. */
  #committed: { readonly index: number; readonly configuration: Configuration };

  constructor(world: World, first: Configuration) {
    this.#world = world;
    this.#committed = { index: 0, configuration: first };
  }

  /** A configuration was applied somewhere. */
  committed(index: number, configuration: Configuration): void {
    if (index > this.#committed.index) this.#committed = { index, configuration };
  }

  get configuration(): Configuration {
    return this.#committed.configuration;
  }

  isAffected(node: NodeId): boolean {
    return this.#affected.has(node);
  }

  /** Every set of voters that may have a say: of the newest committed configuration, and of all later ones that anyone has seen. */
  voterSets(): readonly (readonly NodeId[])[] {
    const configurations = [this.#committed.configuration];
    for (const host of this.#world.hosts) {
      if (host.state === 'retired' || host.state === 'removed') continue;
      for (const known of [host.configuration, host.disk.platter.configuration]) if (known.index > this.#committed.index) configurations.push(known.configuration);
    }
    const sets = new Map<string, readonly NodeId[]>();
    for (const { voters, votersOutgoing } of configurations) {
      for (const members of [voters, votersOutgoing]) {
        const ids = members.map(({ id }) => id);
        const staying = ids.filter((id) => (this.#leaving.get(id) ?? 0) < this.#world.nowMs);
        for (const set of [ids, staying]) if (set.length > 0) sets.set(set.join(' '), set);
      }
    }
    return [...sets.values()];
  }

  /** True when the mesh survives the loss of this node's disk. Nothing is taken from a learner, which may be about to vote. */
  mayLose(node: NodeId): boolean {
    const sets = this.voterSets();
    return sets.some((voters) => voters.includes(node)) && sets.every((voters) => this.#survives(voters, [...this.#affected, node]));
  }

  /** True when the mesh survives that these nodes have no vote any more. */
  mayLeave(nodes: readonly NodeId[]): boolean {
    return this.voterSets().every((voters) => {
      const left = voters.filter((voter) => !nodes.includes(voter));
      return left.length > 0 && this.#survives(left, [...this.#affected]);
    });
  }

  askedToLeave(node: NodeId): void {
    this.#leaving.set(node, this.#world.nowMs + askedFreshMs);
  }

  lose(node: NodeId): void {
    this.#affected.add(node);
  }

  #survives(voters: readonly NodeId[], lost: readonly NodeId[]): boolean {
    const count = voters.filter((voter) => lost.includes(voter)).length;
    return count <= Math.floor((voters.length - 1) / 2);
  }
}
