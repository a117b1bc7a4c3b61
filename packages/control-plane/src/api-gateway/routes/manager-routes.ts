import * as z from 'zod/mini';
import { control } from '@raft-mesh/protocol';
import { succeeded } from '@raft-mesh/mesh-node';
import type { Meshes } from '../../mesh-manager/meshes.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';

const incarnationQuery = z.object({ incarnation: z.string().check(z.regex(/^[1-9][0-9]{0,14}$/, 'say which incarnation: ?incarnation=1')) });

/** The managers that a mesh has, or is to have. */
export function managerRoutes(meshes: Meshes): readonly Route[] {
  return [
    defineRoute({
      operation: 'registerManager', method: 'post', path: '/meshes/{mesh}/managers', summary: 'Announce a manager that is to join',
      details: 'A new one, or a new incarnation of one whose disk is gone. The mesh itself takes it in: `mesh manager join`.',
      body: { kind: 'json', schema: control.registerManager }, answer: { status: 201, schema: control.registeredManager }, problems: ['meshNotFound', 'managersInvalid', 'tooManyNames', 'changedMeanwhile'],
      handle: async ({ parameters, body, draw }) => {
        const registered = await meshes.register(parameters.mesh, body, draw);
        if (!registered.ok) return registered;
        const { manager, setupToken, mesh } = registered.value;
        return succeeded({ manager, setupToken, mesh });
      },
      audit: ({ parameters }, { manager }) => ({ event: 'managerRegistered', mesh: parameters.mesh, manager: manager.id, managerIncarnation: manager.managerIncarnation }),
    }),
    defineRoute({
      operation: 'forgetManager', method: 'delete', path: '/meshes/{mesh}/managers/{manager}', summary: 'Forget a manager that has left',
      details: 'Up to this incarnation: a later one of the same name stays.',
      query: incarnationQuery, answer: { status: 200, schema: control.meshDescription }, problems: ['queryInvalid', 'meshNotFound', 'managersInvalid', 'changedMeanwhile'],
      handle: ({ parameters, query }) => meshes.forget(parameters.mesh, parameters.manager, Number(query.incarnation)),
      audit: ({ parameters, query }) => ({ event: 'managerForgotten', mesh: parameters.mesh, manager: parameters.manager, managerIncarnation: Number(query.incarnation) }),
    }),
    defineRoute({
      operation: 'enrolManager', method: 'post', path: '/meshes/{mesh}/managers/{manager}/enrol', summary: 'Take in a manager\'s public key',
      details: 'With the setup token of exactly this manager, or a key. Once: another key is refused, the same one gets the same answer.',
      body: { kind: 'json', schema: control.enrolManager }, answer: { status: 200, schema: control.enrolledManager },
      problems: ['publicKeyInvalid', 'setupTokenInvalid', 'setupTokenSpent', 'meshNotFound', 'managerNotFound', 'changedMeanwhile'],
      alternative: (token) => Promise.resolve(succeeded({ kind: 'setupToken', token })),
      handle: ({ parameters, body, caller }) => meshes.enrol(parameters.mesh, parameters.manager, body.publicKey, caller.kind === 'setupToken' ? caller : { kind: 'key' }),
      audit: ({ parameters }) => ({ event: 'managerEnrolled', mesh: parameters.mesh, manager: parameters.manager }),
    }),
  ];
}
