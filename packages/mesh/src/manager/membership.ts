import { managerOf } from '@raft-mesh/protocol';
import type { Configuration, Learner, Member, NodeId } from '@raft-mesh/raft';

/** What an operator may ask of the leader. */
export type MembershipChange =
  /** A new manager, or a new incarnation of one whose disk is gone: it starts as a learner, and its earlier incarnations leave in the same change. */
  | { readonly kind: 'join'; readonly member: Member }
  | { readonly kind: 'remove'; readonly id: NodeId }
  /** Exactly these, in one change. */
  | { readonly kind: 'set'; readonly voters: readonly Member[]; readonly learners: readonly Learner[] };

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
