import { managerStatus } from '@raft-mesh/protocol';
import type { ManagerId, ManagerStatus, MeshId, MeshStatus } from '@raft-mesh/protocol';
import { requestJson } from './http-request.ts';
import type { Result } from './problem.ts';

/** Where a manager's status is served, on its own port. */
export function statusPath(mesh: string): string {
  return `/api/v1/meshes/${encodeURIComponent(mesh)}/status`;
}

/** Asks one manager what it says of itself. `token`: an operate token, or a manager's proof with its credential. */
export function fetchManagerStatus(url: string, mesh: string, token: string, timeoutMs: number = 2000): Promise<Result<ManagerStatus>> {
  return requestJson({ url: new URL(statusPath(mesh), httpOrigin(url)).href, token, timeoutMs }, managerStatus);
}

export interface MeshStatusOptions {
  readonly mesh: MeshId;
  /** Every manager of the mesh, also those that may be down. */
  readonly managers: readonly { readonly id: ManagerId; readonly url: string }[];
  readonly token: string;
  /** For each manager; all are asked at once. Default 2,000. */
  readonly timeoutMs?: number;
}

/** Asks every manager and puts their answers together. Managers that do not answer, or refuse, are listed as unreachable. */
export async function meshStatus(options: MeshStatusOptions): Promise<MeshStatus> {
  const answers = await Promise.all(options.managers.map(async (manager) => {
    const answer = await fetchManagerStatus(manager.url, options.mesh, options.token, options.timeoutMs);
    return { manager, status: answer.ok ? answer.value : null };
  }));
  return combineStatus(options.mesh, answers);
}

type Answer = { readonly manager: { readonly id: ManagerId; readonly url: string }; readonly status: ManagerStatus | null };

/**
 * One picture from many answers. The leader is the one that says so itself and that a majority of all managers follow in its term;
 * where there is none such, it is null. Agents are told by the leader, or else by whoever has applied most.
 */
export function combineStatus(mesh: MeshId, answers: readonly Answer[]): MeshStatus {
  const known = answers.flatMap((answer) => answer.status ?? []);
  const leader = agreedLeader(known, answers.length);
  const furthest = known.reduce<ManagerStatus | null>((best, next) => (best === null || next.appliedIndex > best.appliedIndex ? next : best), null);
  return {
    mesh,
    term: Math.max(0, ...known.map((status) => status.term)),
    leader: leader?.id ?? null,
    commitIndex: Math.max(0, ...known.map((status) => status.commitIndex)),
    managers: answers.map(({ manager: { id, url }, status }) => {
      // Only a leader hears from all; without one nobody can say how long a manager has been quiet.
      const lastContactMs = leader === null ? null : leader.id === id ? 0 : (leader.managers.find((known) => known.id === id)?.lastContactMs ?? null);
      return status === null
        ? { id, url, pid: null, role: 'unreachable', term: null, commitIndex: null, appliedIndex: null, lastContactMs }
        : { id, url, pid: status.pid, role: status.role, term: status.term, commitIndex: status.commitIndex, appliedIndex: status.appliedIndex, lastContactMs };
    }),
    agents: (leader ?? furthest)?.agents ?? [],
  };
}

function agreedLeader(known: readonly ManagerStatus[], managerCount: number): ManagerStatus | null {
  for (const candidate of known) {
    if (candidate.role !== 'leader') continue;
    const followers = known.filter((status) => status.leader === candidate.id && status.term === candidate.term);
    if (followers.length * 2 > managerCount) return candidate;
  }
  return null;
}

/** Managers are addressed as `http:` or `ws:` alike; both are served on one port. */
function httpOrigin(url: string): string {
  return url.replace(/^ws/, 'http');
}
