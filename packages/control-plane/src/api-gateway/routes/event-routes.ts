import { control } from '@raft-mesh/protocol';
import { succeeded } from '@raft-mesh/mesh-node';
import type { Result } from '@raft-mesh/mesh-node';
import type { MeshWatch } from '../../mesh-manager/mesh-watch.ts';
import type { Meshes } from '../../mesh-manager/meshes.ts';
import { problems } from '../../mesh-manager/problems.ts';
import { defineRoute } from '../route.ts';
import type { Route, Watch } from '../route.ts';

/** What happens in a mesh, as it happens. */
export function eventRoutes(meshes: Meshes, watch: MeshWatch): readonly Route[] {
  return [
    defineRoute({
      operation: 'watchMesh', method: 'get', path: '/meshes/{mesh}/events', summary: 'Watch a mesh: live events over WebSocket',
      details: 'One JSON value a message. First the whole status, then what changes, looked at once a second. A page, which can set no header, offers the subprotocols `raft-mesh.events` and `bearer.<key>`. '
        + 'Closed with 4401 when the key is no good any more, with 1000 when the mesh is deleted, with 1013 when the reader is too slow.',
      answer: { status: 101, messages: control.meshEvent }, problems: ['meshNotFound', 'upgradeRequired', 'tooManyWatchers'],
      handle: async ({ parameters }): Promise<Result<Watch>> => {
        const mesh = await meshes.find(parameters.mesh);
        if (!mesh.ok) return mesh;
        if (!watch.hasRoom) return problems.tooManyWatchers();
        return succeeded((watcher) => watch.watch(parameters.mesh, watcher));
      },
      audit: ({ parameters }) => ({ event: 'meshWatched', mesh: parameters.mesh }),
    }),
  ];
}
