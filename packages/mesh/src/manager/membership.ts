import { managerIncarnationOf, managerOf } from '@raft-mesh/protocol';
import type { Configuration, Learner, LogIndex, Member, NodeId, RaftStatus } from '@raft-mesh/raft';
import type { ChangeResult } from './raft-driver.ts';

/** What an operator may ask of the leader. */
export type MembershipChange =
  /** A new manager, or a new incarnation of one whose disk is gone: it starts as a learner, and its earlier incarnations leave in the same change. */
  | { readonly kind: 'join'; readonly member: Member }
  | { readonly kind: 'remove'; readonly id: NodeId }
  /** Exactly these, in one change. */
  | { readonly kind: 'set'; readonly voters: readonly Member[]; readonly learners: readonly Learner[] };

/** How a change ended. `superseded`: a later life of the manager that was to join is a member, and nothing was changed. */
export type MembershipResult = ChangeResult | { readonly done: false; readonly reason: { readonly code: 'superseded'; readonly by: NodeId } };

/** Who is wanted after a change of the configuration in force. Asking for what is there already changes nothing. */
export function wantedMembers({ voters, learners }: Configuration, change: MembershipChange): { readonly voters: readonly Member[]; readonly learners: readonly Learner[] } {
  switch (change.kind) {
    case 'join': {
      const { member } = change;
      if (voters.some(({ id }) => id === member.id)) return { voters, learners };
      const isOther = ({ id }: Member): boolean => managerOf(id) !== managerOf(member.id);
      return { voters: voters.filter(isOther), learners: [...learners.filter(isOther), { ...member, promotable: true }] };
    }
    case 'remove': {
      const stays = ({ id }: { readonly id: NodeId }): boolean => id !== change.id;
      return { voters: voters.filter(stays), learners: learners.filter(stays) };
    }
    case 'set': return { voters: change.voters, learners: change.learners };
    default: return change satisfies never;
  }
}

/** The later life of the same manager that is a member already, if there is one: an operator who asks for an earlier one is late. */
export function supersededBy(configuration: Configuration, change: MembershipChange): NodeId | null {
  if (change.kind !== 'join') return null;
  const { id } = change.member;
  const later = membersOf(configuration).find((member) => managerOf(member.id) === managerOf(id) && managerIncarnationOf(member.id) > managerIncarnationOf(id));
  return later?.id ?? null;
}

/** Every node of a configuration, once: voters first, then learners, then voters of the old half of a joint one. */
export function membersOf({ voters, votersOutgoing, learners }: Configuration): readonly Member[] {
  return [...new Map([...voters, ...learners, ...votersOutgoing].map((member) => [member.id, member])).values()];
}

/** What a manager knows of the group when it decides whom to hear. */
export interface GroupKnown {
  readonly leader: NodeId | null;
  readonly raft: Pick<RaftStatus, 'configuration' | 'configurationIndex'>;
  /** Where its state machine stands, and the last configuration that it has read. */
  readonly applied: { readonly index: LogIndex; readonly configuration: Configuration };
}

/**
 * Whether `self` links with `node`: it does with everyone in the configuration in force, once it has read that this is committed. Until then it does
 * not know which of those before may come back, above all after a restart. One that knows no leader, or is in no configuration yet, may have
 * missed the change that let the other in. Both hear all whom the mesh's key vouches for: whoever is refused takes that for its removal.
 */
export function isHeard(node: NodeId, self: NodeId, { leader, raft, applied }: GroupKnown): boolean {
  const inForce = membersOf(raft.configuration);
  if (leader === null || leader === node || !inForce.some(({ id }) => id === self) || applied.index < raft.configurationIndex) return true;
  return [...inForce, ...membersOf(applied.configuration)].some(({ id }) => id === node);
}

/** True when this very change has been made already: the members are those, and no joint configuration is in force. */
export function isMade(configuration: Configuration, wanted: { readonly voters: readonly Member[]; readonly learners: readonly Learner[] }): boolean {
  const same = (ones: readonly Member[], others: readonly Member[]): boolean => ones.length === others.length && ones.every(({ id, address }) => others.some((other) => other.id === id && other.address === address));
  return configuration.votersOutgoing.length === 0 && same(configuration.voters, wanted.voters) && same(configuration.learners, wanted.learners);
}

/** The voters after a change, and who of them answers. A majority of `voters` must, or the change would stop the mesh. */
export interface Quorum {
  readonly voters: readonly NodeId[];
  readonly unreachable: readonly NodeId[];
  readonly kept: boolean;
}

export function quorumAfter(configuration: Configuration, change: MembershipChange, isReachable: (node: NodeId) => boolean): Quorum {
  const voters = wantedMembers(configuration, change).voters.map(({ id }) => id);
  const unreachable = voters.filter((node) => !isReachable(node));
  return { voters, unreachable, kept: (voters.length - unreachable.length) * 2 > voters.length };
}
