import { managerStatus } from '@raft-mesh/protocol';
import type { ManagerId, ManagerStatus, MeshId, MeshStatus } from '@raft-mesh/protocol';
import { requestJson } from './http-request.ts';
import type { Result } from './problem.ts';

/** Where a manager serves what is about its mesh: behind its own address, which may have a path (one of many managers on a host). */
export function managerRouteUrl(url: string, mesh: string, route: 'status' | 'membership' | 'leadership'): string {
  return `${httpOrigin(url).replace(/\/+$/, '')}/api/v1/meshes/${encodeURIComponent(mesh)}/${route}`;
}

/** Asks one manager what it says of itself. `token`: an operate token, or a manager's proof with its credential. */
export function fetchManagerStatus(url: string, mesh: string, token: string, timeoutMs: number = 2000): Promise<Result<ManagerStatus>> {
  return requestJson({ url: managerRouteUrl(url, mesh, 'status'), token, timeoutMs }, managerStatus);
}

export interface MeshStatusOptions {
  readonly mesh: MeshId;
  /** The managers as far as known; those that answer tell who is in the mesh now. */
  readonly managers: readonly { readonly id: ManagerId; readonly url: string }[];
  readonly token: string;
  /** For each manager; all are asked at once. Default 2,000. */
  readonly timeoutMs?: number;
}

/** Asks every manager of the mesh and puts their answers together. Managers that do not answer, or refuse, are listed as unreachable. */
export async function meshStatus(options: MeshStatusOptions): Promise<MeshStatus> {
  const ask = (managers: MeshStatusOptions['managers']): Promise<readonly Answer[]> => Promise.all(managers.map(async (manager) => {
    const answer = await fetchManagerStatus(manager.url, options.mesh, options.token, options.timeoutMs);
    return { manager, status: answer.ok ? answer.value : null };
  }));
  const asked = await ask(options.managers);
  const present = presentManagers(options.managers, asked);
  const isSame = (one: Answer['manager'], other: Answer['manager']): boolean => one.id === other.id && one.url === other.url;
  const answers = [
    ...asked.filter(({ manager }) => present.some((other) => isSame(manager, other))),
    ...await ask(present.filter((manager) => !options.managers.some((other) => isSame(manager, other)))),
  ];
  return combineStatus(options.mesh, answers.toSorted((a, b) => place(present, a) - place(present, b)));
}

/** Who is in the mesh by the newest configuration that anyone knows; those known before keep their places. */
function presentManagers(known: MeshStatusOptions['managers'], answers: readonly Answer[]): MeshStatusOptions['managers'] {
  const newest = answers.reduce<ManagerStatus | null>((best, { status }) => (status !== null && (best === null || status.configurationIndex > best.configurationIndex) ? status : best), null);
  if (newest === null) return known;
  const before = known.flatMap(({ id }) => newest.managers.find((manager) => manager.id === id) ?? []);
  const added = newest.managers.filter(({ id }) => !known.some((manager) => manager.id === id));
  // A manager and its next incarnation have one name: the later one is meant.
  return [...before, ...added].filter(({ id, managerIncarnation }) => newest.managers.every((other) => other.id !== id || other.managerIncarnation <= managerIncarnation)).map(({ id, url }) => ({ id, url }));
}

const place = (present: MeshStatusOptions['managers'], { manager }: Answer): number => present.findIndex(({ id }) => id === manager.id);

type Answer = { readonly manager: { readonly id: ManagerId; readonly url: string }; readonly status: ManagerStatus | null };

/**
 * One picture from many answers. The leader is the one that says so itself and that a majority of the voters follow in its term;
 * where there is none such, it is null. Agents are told by the leader, or else by whoever has applied most.
 */
export function combineStatus(mesh: MeshId, answers: readonly Answer[]): MeshStatus {
  const known = answers.flatMap((answer) => answer.status ?? []);
  const leader = agreedLeader(known);
  const configuration = (leader ?? known.reduce<ManagerStatus | null>((best, next) => (best === null || next.configurationIndex > best.configurationIndex ? next : best), null))?.managers ?? [];
  // What a manager says of itself is not what it is in the mesh: one that is not taken in yet believes that it follows.
  const votes = (own: ManagerStatus): boolean => configuration.some(({ id, managerIncarnation, membership }) => id === own.id && managerIncarnation === own.managerIncarnation && membership !== 'learner');
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
        : { id, url, pid: status.pid, role: votes(status) ? status.role : 'learner', term: status.term, commitIndex: status.commitIndex, appliedIndex: status.appliedIndex, lastContactMs };
    }),
    agents: (leader ?? furthest)?.agents ?? [],
  };
}

function agreedLeader(known: readonly ManagerStatus[]): ManagerStatus | null {
  for (const candidate of known) {
    if (candidate.role !== 'leader') continue;
    const voters = candidate.managers.filter(({ membership }) => membership === 'voter').map(({ id }) => id);
    const followers = known.filter((status) => voters.includes(status.id) && status.leader === candidate.id && status.term === candidate.term);
    if (followers.length * 2 > voters.length) return candidate;
  }
  return null;
}

/** Managers are addressed as `http:` or `ws:` alike; both are served on one port. */
function httpOrigin(url: string): string {
  return url.replace(/^ws/, 'http');
}
