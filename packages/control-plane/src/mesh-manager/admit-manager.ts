import { createOperatorClient, succeeded } from '@raft-mesh/mesh-node';
import type { Result } from '@raft-mesh/mesh-node';
import type { MeshDescription } from '@raft-mesh/protocol';
import { Draw } from './draw.ts';
import type { MeshRecord } from './mesh-record.ts';
import { problems } from './problems.ts';
import { issueOperateToken } from './tokens.ts';

const timeoutMs = 8_000;

/** Has a mesh that runs take in a manager that a host runs for it: its earlier incarnations leave. One that is in already is fine. */
export async function admitManager(record: MeshRecord, host: string, manager: string, managerIncarnation: number, nowMs: number): Promise<Result<MeshDescription>> {
  const { description } = record;
  const newcomer = description.managers.find((known) => known.id === manager && known.managerIncarnation === managerIncarnation);
  if (newcomer === undefined || newcomer.host !== host) return problems.notPlacedHere(host);
  const token = await issueOperateToken(record, { accessRole: 'admin', expiresInSeconds: 60 }, nowMs, Draw.random());
  if (!token.ok) return token;
  const operator = createOperatorClient({ mesh: description.mesh, managerUrls: description.managers.filter((other) => other !== newcomer).map(({ url }) => url), token: token.value.token, timeoutMs });
  const changed = await operator.changeMembership({ change: 'join', id: newcomer.id, managerIncarnation, url: newcomer.url });
  return changed.ok ? succeeded(description) : problems.meshUnreachable(changed.problem.detail);
}
