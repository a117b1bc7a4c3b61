import { createHmac } from 'node:crypto';
import type * as z from 'zod/mini';
import type { control } from '@raft-mesh/protocol';
import { signToken, succeeded } from '@raft-mesh/mesh-node';
import type { Result } from '@raft-mesh/mesh-node';
import type { Draw } from './draw.ts';
import type { MeshRecord } from './mesh-record.ts';
import { problems } from './problems.ts';

const joinLifetimeSeconds = { usual: 15 * 60, max: 7 * 24 * 60 * 60 };
const operateLifetimeSeconds = { usual: 60 * 60, max: 30 * 24 * 60 * 60 };

/** A token that admits one agent to the mesh, once. */
export async function issueJoinToken(record: MeshRecord, body: z.infer<typeof control.createJoinToken>, nowMs: number, draw: Draw): Promise<Result<z.infer<typeof control.joinToken>>> {
  const lifetime = body.expiresInSeconds ?? joinLifetimeSeconds.usual;
  if (lifetime > joinLifetimeSeconds.max) return problems.lifetimeTooLong(joinLifetimeSeconds.max);
  const agent = body.agent ?? (draw.identifier('agent') as z.infer<typeof control.joinToken>['agent']);
  const { mesh, incarnation } = record.description;
  const token = await signToken(record.signingKey, {
    use: 'join', mesh, incarnation, jti: draw.identifier('token'), sub: agent, name: body.name ?? null,
    accessRole: body.accessRole, permissions: body.permissions, exp: Math.floor(nowMs / 1000) + lifetime,
  });
  return succeeded({ token, agent, mesh: record.description });
}

/** A token that lets its bearer ask managers about themselves until it expires. */
export async function issueOperateToken(record: MeshRecord, body: z.infer<typeof control.createOperateToken>, nowMs: number, draw: Draw): Promise<Result<{ readonly token: string }>> {
  const lifetime = body.expiresInSeconds ?? operateLifetimeSeconds.usual;
  if (lifetime > operateLifetimeSeconds.max) return problems.lifetimeTooLong(operateLifetimeSeconds.max);
  const { mesh, incarnation } = record.description;
  const token = await signToken(record.signingKey, { use: 'operate', mesh, incarnation, sub: draw.identifier('operator'), accessRole: body.accessRole, exp: Math.floor(nowMs / 1000) + lifetime });
  return succeeded({ token });
}

/** A player is the same agent of a mesh wherever it signs in: one seat each. Nobody can tell from the agent who the player is. */
export function agentOfPlayer({ description, signingKey }: MeshRecord, uid: string): z.infer<typeof control.joinToken>['agent'] {
  return createHmac('sha256', signingKey.d).update(`player ${description.mesh} ${uid}`).digest('base64url').slice(0, 21) as z.infer<typeof control.joinToken>['agent'];
}
