import { problems } from '../../mesh-manager/problems.ts';
import { succeeded } from '@raft-mesh/mesh-node';
import type { Result } from '@raft-mesh/mesh-node';
import type { Caller } from './caller.ts';

/** What a request hands out: a token's access role in the mesh, and its permissions there. */
export interface Grant {
  readonly accessRole: 'admin' | 'worker' | 'spectator';
  readonly permissions: readonly string[];
}

/** Nobody hands out more than they have: only an admin's key makes admins of a mesh, or gives permissions beyond those of everybody. */
export function checkGrant(caller: Caller, { accessRole, permissions }: Grant): Result<null> {
  const role = caller.kind === 'apiKey' ? caller.key.accessRole : 'spectator';
  if (role === 'admin') return succeeded(null);
  if (accessRole === 'admin') return problems.grantTooWide(`A key of the access role ${role} cannot make an admin of a mesh.`);
  return permissions.length === 0 ? succeeded(null) : problems.grantTooWide(`A key of the access role ${role} cannot give the permissions ${permissions.join(', ')}.`);
}
