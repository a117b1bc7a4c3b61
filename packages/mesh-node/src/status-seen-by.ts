import type { ManagerId, ManagerStatus, MeshStatus } from '@raft-mesh/protocol';

/**
 * The mesh as one manager alone sees it: what it says of itself, its leader, and the others as followers of that leader.
 * How far the others are only they can say, so that is null.
 */
export function statusSeenBy(status: ManagerStatus, managers: readonly { readonly id: ManagerId; readonly url: string }[]): MeshStatus {
  return {
    mesh: status.mesh,
    term: status.term,
    leader: status.leader,
    commitIndex: status.commitIndex,
    managers: managers.map(({ id, url }) => {
      const lastContactMs = id === status.id ? 0 : (status.managers.find((known) => known.id === id)?.lastContactMs ?? null);
      return id === status.id
        ? { id, url, pid: status.pid, role: status.role, term: status.term, commitIndex: status.commitIndex, appliedIndex: status.appliedIndex, lastContactMs }
        : { id, url, pid: null, role: id === status.leader ? 'leader' as const : 'follower' as const, term: null, commitIndex: null, appliedIndex: null, lastContactMs };
    }),
    agents: status.agents,
  };
}
