import type { ControlPlaneClient } from '@raft-mesh/mesh-node';
import type { MeshDescription, MeshId } from '@raft-mesh/protocol';
import type { ControlPlaneAnswer } from './control-plane-checks.ts';
import { aheadMsOf, askTimeoutMs, readiness } from './read-managers.ts';
import { shortText } from './short-text.ts';

const hostsPage = 1_000;

export interface ControlPlaneSeen {
  readonly answer: ControlPlaneAnswer;
  readonly aheadMs: number | null;
  /** As it knows the mesh; `null` where it did not say. */
  readonly mesh: MeshDescription | null;
}

export async function readControlPlane(url: string, client: ControlPlaneClient, mesh: MeshId): Promise<ControlPlaneSeen> {
  const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(askTimeoutMs) }).catch((error: unknown) => causeOf(error));
  if (typeof answer === 'string') return { answer: { kind: 'unreachable', cause: answer }, aheadMs: null, mesh: null };
  const body = await shortText(answer);
  if (!answer.ok || !body.includes('"ok"')) return { answer: { kind: 'foreign', cause: `GET /healthz is answered with ${answer.status}` }, aheadMs: null, mesh: null };
  const aheadMs = aheadMsOf(answer);
  const [{ code }, found, kept, hosts] = await Promise.all([readiness(url), client.mesh(mesh), client.snapshotDescription(mesh, null), client.listHosts({ limit: hostsPage })]);
  const nowMs = Date.now() + (aheadMs ?? 0);
  const described = found.ok ? found.value : null;
  return {
    aheadMs, mesh: described,
    answer: {
      kind: 'answers', isReady: code === null,
      keyProblem: !found.ok && (found.problem.status === 401 || found.problem.status === 403) ? found.problem : null,
      knowsMesh: found.ok || found.problem.status !== 404,
      snapshot: kept.ok ? { index: kept.value.index, ageMs: nowMs - Date.parse(kept.value.takenAt) } : kept.problem.code === 'noSnapshot' ? null : undefined,
      meshAgeMs: described === null ? null : nowMs - Date.parse(described.createdAt),
      goneHosts: (hosts.ok ? hosts.value.hosts : []).filter(({ state }) => state === 'gone').map(({ host, lastSeenAt }) => ({
        host: String(host), silentForMs: nowMs - Date.parse(lastSeenAt), managers: (described?.managers ?? []).filter((manager) => manager.host === host).map(({ id }) => String(id)),
      })),
    },
  };
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown cause';
  if (error.name === 'TimeoutError') return 'timed out';
  const { cause } = error;
  return typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : error.message;
}
