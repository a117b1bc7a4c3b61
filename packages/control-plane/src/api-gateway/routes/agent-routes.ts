import { control, meshStatus } from '@raft-mesh/protocol';
import { succeeded } from '@raft-mesh/mesh-node';
import type { MeshAgents } from '../../mesh-manager/mesh-agents.ts';
import type { Meshes } from '../../mesh-manager/meshes.ts';
import { problems } from '../../mesh-manager/problems.ts';
import { pageOf, pageQuery, withCursor } from '../paging.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';

/** A mesh as it runs, and who is in it: asked of its managers, each time. */
export function agentRoutes(meshes: Meshes, agents: MeshAgents): readonly Route[] {
  return [
    defineRoute({
      operation: 'showMeshStatus', method: 'get', path: '/meshes/{mesh}/status', summary: 'How a mesh is: who leads, how far everyone is, who is alive',
      details: 'All managers are asked, and their answers put together; one that does not answer is unreachable.',
      answer: { status: 200, schema: meshStatus }, problems: ['meshNotFound'],
      handle: async ({ parameters }) => {
        const mesh = await meshes.find(parameters.mesh);
        return mesh.ok ? agents.status(mesh.value) : mesh;
      },
    }),
    defineRoute({
      operation: 'listAgents', method: 'get', path: '/meshes/{mesh}/agents', summary: 'List the agents of a mesh',
      details: 'In the order of their ids, as the mesh itself says.',
      query: pageQuery, answer: { status: 200, schema: control.agentList }, problems: ['queryInvalid', 'cursorInvalid', 'meshNotFound', 'meshUnreachable'],
      handle: async ({ parameters, query }) => {
        const page = pageOf(query);
        if (!page.ok) return page;
        const mesh = await meshes.find(parameters.mesh);
        const all = mesh.ok ? await agents.agents(mesh.value) : mesh;
        if (!all.ok) return all;
        const { limit, after } = page.value;
        const rest = all.value.filter(({ id }) => after === null || id > after);
        const listed = rest.slice(0, limit);
        return succeeded(withCursor({ agents: listed, next: listed.length < rest.length ? String(listed.at(-1)?.id) : null }));
      },
    }),
    defineRoute({
      operation: 'showAgent', method: 'get', path: '/meshes/{mesh}/agents/{agent}', summary: 'Show an agent and its status',
      answer: { status: 200, schema: control.agent }, problems: ['meshNotFound', 'agentNotFound', 'meshUnreachable'],
      handle: async ({ parameters }) => {
        const mesh = await meshes.find(parameters.mesh);
        const all = mesh.ok ? await agents.agents(mesh.value) : mesh;
        if (!all.ok) return all;
        const found = all.value.find(({ id }) => id === parameters.agent);
        return found === undefined ? problems.agentNotFound(parameters.agent) : succeeded(found);
      },
    }),
    defineRoute({
      operation: 'terminateAgent', method: 'delete', path: '/meshes/{mesh}/agents/{agent}', summary: 'Shut an agent out of a mesh, for good',
      details: 'By a command in the mesh itself: its links are closed, and neither its secret nor a new token lets it in again.',
      answer: { status: 204 }, problems: ['meshNotFound', 'agentNotFound', 'meshUnreachable'],
      handle: async ({ parameters }) => {
        const mesh = await meshes.find(parameters.mesh);
        return mesh.ok ? agents.terminate(mesh.value, parameters.agent) : mesh;
      },
      audit: ({ parameters }) => ({ event: 'agentTerminated', mesh: parameters.mesh, agent: parameters.agent }),
    }),
  ];
}
