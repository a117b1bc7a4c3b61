import { control } from '@raft-mesh/protocol';
import { succeeded } from '@raft-mesh/mesh-node';
import { problems } from '../../mesh-manager/problems.ts';
import type { Keys } from '../access/keys.ts';
import { pageOf, pageQuery, withCursor } from '../paging.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';

/** API keys, by those who may hand out at least as much. */
export function keyRoutes(keys: Keys): readonly Route[] {
  return [
    defineRoute({
      operation: 'createKey', method: 'post', path: '/keys', summary: 'Make an API key',
      details: 'Its secret is shown here and never again; only a hash is kept. No wider than the key that asks: its meshes, its access role, its operations.',
      body: { kind: 'json', schema: control.createKey }, answer: { status: 201, schema: control.createdKey },
      problems: ['lifetimeTooLong', 'operationUnknown', 'meshNotFound', 'grantTooWide', 'tooManyKeys'],
      handle: ({ body, caller, draw }) => (caller.kind === 'apiKey' ? keys.create(body, caller.key, draw) : Promise.resolve(problems.notAuthenticated())),
      audit: (_request, { key }) => ({ event: 'keyCreated', key: key.key, accessRole: key.accessRole, meshes: key.meshes?.join(' ') ?? 'all', operations: key.operations?.join(' ') ?? 'all' }),
    }),
    defineRoute({
      operation: 'listKeys', method: 'get', path: '/keys', summary: 'List API keys',
      details: 'Those that reach no further than the key that asks. A page may be short and still go on at `next`.',
      query: pageQuery, answer: { status: 200, schema: control.keyList }, problems: ['queryInvalid', 'cursorInvalid'],
      handle: async ({ query, caller }) => {
        const page = pageOf(query);
        if (!page.ok) return page;
        return caller.kind === 'apiKey' ? succeeded(withCursor(await keys.list(page.value, caller.key))) : problems.notAuthenticated();
      },
    }),
    defineRoute({
      operation: 'revokeKey', method: 'delete', path: '/keys/{key}', summary: 'Revoke an API key',
      details: 'At once, at every copy of the control plane, and for good. What it handed out before (tokens, invitations) has a life of its own.',
      answer: { status: 200, schema: control.keyDescription }, problems: ['keyNotFound', 'changedMeanwhile'],
      handle: ({ parameters, caller }) => (caller.kind === 'apiKey' ? keys.revoke(parameters.key, caller.key) : Promise.resolve(problems.notAuthenticated())),
      audit: ({ parameters }) => ({ event: 'keyRevoked', key: parameters.key }),
    }),
  ];
}
