import type { Result } from '@raft-mesh/mesh-node';
import { succeeded } from '@raft-mesh/mesh-node';
import type { Meshes } from '../../mesh-manager/meshes.ts';
import { problems } from '../../mesh-manager/problems.ts';
import type { Authenticated } from '../authentication.ts';
import type { Route } from '../route.ts';
import { accessRuleOf } from './access-table.ts';
import type { ApiKey, Caller } from './caller.ts';

export interface AdmissionOptions {
  readonly meshes: Pick<Meshes, 'find'>;
  readonly authenticate: (token: string) => Promise<Result<Authenticated>>;
}

/** Who asks, or why it may not: deny, unless the access table lets it through. Nothing of a mesh is told to who is not for that mesh, not even whether it exists. */
export async function admit(route: Route, token: string | null, parameters: Readonly<Record<string, string>>, options: AdmissionOptions): Promise<Result<Caller>> {
  const rule = accessRuleOf(route.operation);
  if (rule.keys === 'nobodyNeedsOne') return succeeded({ kind: 'nobody' });
  if (token === null) return problems.notAuthenticated();
  const authenticated = await options.authenticate(token);
  if (!authenticated.ok) return authenticated;
  if (authenticated.value.kind === 'other') return route.alternative === null ? problems.notAuthenticated() : route.alternative(token, parameters);
  const { key } = authenticated.value;
  if (!rule.keys.includes(key.accessRole)) return problems.notAllowed(`A key of the access role ${key.accessRole} may not do ${route.operation}.`);
  if (key.operations !== null && !key.operations.includes(route.operation)) return problems.notAllowed(`This key may do ${key.operations.join(', ')}, and not ${route.operation}.`);
  switch (rule.about) {
    case 'own': break;
    case 'everything':
      if (key.meshes !== null) return problems.notAllowed(`${route.operation} needs a key for all meshes; this one is for some.`);
      break;
    case 'mesh':
      if (!await covers(key, parameters['mesh'] ?? '', options.meshes)) return problems.notAllowed('This key is for other meshes.');
      break;
    default: return rule.about satisfies never;
  }
  return succeeded({ kind: 'apiKey', key });
}

async function covers(key: ApiKey, mesh: string, meshes: Pick<Meshes, 'find'>): Promise<boolean> {
  if (key.meshes === null) return true;
  const known = key.meshes.find((own) => own.mesh === mesh);
  if (known === undefined) return false;
  const found = await meshes.find(mesh);
  return found.ok && found.value.description.publicKey === known.publicKey;
}
