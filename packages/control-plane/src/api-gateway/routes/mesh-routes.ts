import { control } from '@raft-mesh/protocol';
import { succeeded } from '@raft-mesh/mesh-node';
import type { Meshes } from '../../mesh-manager/meshes.ts';
import type { PlacedMeshes } from '../../mesh-manager/placed-meshes.ts';
import type { Caller } from '../access/caller.ts';
import { pageOf, pageQuery, withCursor } from '../paging.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';

/** Meshes: made, listed, shown, deleted, brought back. */
export function meshRoutes(meshes: Meshes, placed: PlacedMeshes): readonly Route[] {
  return [
    defineRoute({
      operation: 'listMeshes', method: 'get', path: '/meshes', summary: 'List meshes',
      details: 'In the order of their names. A key for some meshes sees these alone. One whose record cannot be read is named in `unreadable`.',
      query: pageQuery, answer: { status: 200, schema: control.meshList }, problems: ['queryInvalid', 'cursorInvalid'],
      handle: async ({ query, caller }) => {
        const page = pageOf(query);
        if (!page.ok) return page;
        const own = ownMeshes(caller);
        return succeeded(withCursor(own === null ? await meshes.list(page.value) : await meshes.listSome(own, page.value)));
      },
    }),
    defineRoute({
      operation: 'createMesh', method: 'post', path: '/meshes', summary: 'Make a mesh',
      details: 'Each setup token enrols one manager, once, within a day: `mesh manager init`. They are shown here and never again. With `placed`, hosts run the managers, and there are no setup tokens.',
      body: { kind: 'json', schema: control.createMesh }, answer: { status: 201, schema: control.createdMesh }, problems: ['managersInvalid', 'meshExists', 'tooManyMeshes', 'noHostFits'],
      handle: ({ body, draw }) => placed.create(body, draw),
      audit: (_request, { mesh }) => ({ event: 'meshCreated', mesh: mesh.mesh }),
    }),
    defineRoute({
      operation: 'showMesh', method: 'get', path: '/meshes/{mesh}', summary: 'Show a mesh',
      answer: { status: 200, schema: control.meshDescription }, problems: ['meshNotFound'],
      handle: async ({ parameters }) => {
        const found = await meshes.find(parameters.mesh);
        return found.ok ? succeeded(found.value.description) : found;
      },
    }),
    defineRoute({
      operation: 'deleteMesh', method: 'delete', path: '/meshes/{mesh}', summary: 'Delete a mesh',
      details: 'The control plane forgets it, with its snapshots. Hosts stop its managers and delete what they hold; managers that somebody else runs go on without a control plane until they are stopped.',
      answer: { status: 204 }, problems: ['meshNotFound'],
      handle: ({ parameters }) => placed.remove(parameters.mesh),
      audit: ({ parameters }) => ({ event: 'meshDeleted', mesh: parameters.mesh }),
    }),
    defineRoute({
      operation: 'restoreMesh', method: 'post', path: '/meshes/{mesh}/restore', summary: 'Bring a mesh back from its last snapshot',
      details: 'A new incarnation with new setup tokens; no manager of an earlier one has a say any more.',
      body: { kind: 'json', schema: control.restoreMesh }, answer: { status: 200, schema: control.createdMesh }, problems: ['meshNotFound', 'managersInvalid', 'nothingToRestore', 'noHostFits', 'changedMeanwhile'],
      handle: ({ parameters, body, draw }) => placed.restore(parameters.mesh, body.managers, draw),
      audit: (_request, { mesh }) => ({ event: 'meshRestored', mesh: mesh.mesh, incarnation: mesh.incarnation }),
    }),
  ];
}

/** The meshes that a caller's key is for, `null` for all. */
function ownMeshes(caller: Caller): readonly { readonly mesh: string; readonly publicKey: string }[] | null {
  return caller.kind === 'apiKey' ? caller.key.meshes : [];
}
