import type { ManagerStatus, MeshStatus } from '@raft-mesh/protocol';

/**
 * The mesh as one manager alone sees it: what it says of itself, its leader, and the others as followers of that leader.
 * How far the others are only they can say, so that is null. `order`: ids that come first, in this order.
 */
export function statusSeenBy(status: ManagerStatus, order: readonly { readonly id: string }[]): MeshStatus {
  const placeOf = (id: string): number => {
    const at = order.findIndex((known) => known.id === id);
    return at === -1 ? order.length : at;
  };
  return {
    mesh: status.mesh,
    term: status.term,
    leader: status.leader,
    commitIndex: status.commitIndex,
    managers: status.managers.toSorted((a, b) => placeOf(a.id) - placeOf(b.id)).map(({ id, url, membership, lastContactMs }) => {
      const learns = membership === 'learner';
      return id === status.id
        ? { id, url, pid: status.pid, role: learns ? 'learner' as const : status.role, term: status.term, commitIndex: status.commitIndex, appliedIndex: status.appliedIndex, lastContactMs }
        : { id, url, pid: null, role: learns ? 'learner' as const : id === status.leader ? 'leader' as const : 'follower' as const, term: null, commitIndex: null, appliedIndex: null, lastContactMs };
    }),
    agents: status.agents,
  };
}
