import { control } from '@raft-mesh/protocol';
import type { Invitations } from '../../mesh-manager/invitations.ts';
import type { Meshes } from '../../mesh-manager/meshes.ts';
import { issueJoinToken, issueOperateToken } from '../../mesh-manager/tokens.ts';
import { checkGrant } from '../access/grants.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';

export interface TokenRoutesOptions {
  readonly meshes: Meshes;
  readonly invitations: Invitations;
  readonly nowMs: () => number;
  /** Where invitations lead. */
  readonly pageUrl: () => string;
}

/** What lets agents into a mesh, and operators ask its managers. */
export function tokenRoutes({ meshes, invitations, nowMs, pageUrl }: TokenRoutesOptions): readonly Route[] {
  return [
    defineRoute({
      operation: 'createJoinToken', method: 'post', path: '/meshes/{mesh}/join-tokens', summary: 'Provision an agent: a token that admits it, once',
      details: 'Managers verify it offline. Only an admin\'s key makes admins of a mesh, or gives permissions.',
      body: { kind: 'json', schema: control.createJoinToken }, answer: { status: 201, schema: control.joinToken }, problems: ['meshNotFound', 'lifetimeTooLong', 'grantTooWide'],
      handle: async ({ parameters, body, caller, draw }) => {
        const granted = checkGrant(caller, body);
        if (!granted.ok) return granted;
        const mesh = await meshes.find(parameters.mesh);
        return mesh.ok ? issueJoinToken(mesh.value, body, nowMs(), draw) : mesh;
      },
      audit: ({ parameters, body }, { agent }) => ({ event: 'joinTokenIssued', mesh: parameters.mesh, agent, accessRole: body.accessRole }),
    }),
    defineRoute({
      operation: 'createOperateToken', method: 'post', path: '/meshes/{mesh}/operate-tokens', summary: 'Get a token for asking the managers of a mesh',
      body: { kind: 'json', schema: control.createOperateToken }, answer: { status: 201, schema: control.operateToken }, problems: ['meshNotFound', 'lifetimeTooLong', 'grantTooWide'],
      handle: async ({ parameters, body, caller, draw }) => {
        const granted = checkGrant(caller, { accessRole: body.accessRole, permissions: [] });
        if (!granted.ok) return granted;
        const mesh = await meshes.find(parameters.mesh);
        return mesh.ok ? issueOperateToken(mesh.value, body, nowMs(), draw) : mesh;
      },
      audit: ({ parameters, body }) => ({ event: 'operateTokenIssued', mesh: parameters.mesh, accessRole: body.accessRole }),
    }),
    defineRoute({
      operation: 'createInvitation', method: 'post', path: '/meshes/{mesh}/invitations', summary: 'Make a link that admits several agents',
      details: 'The code is in the link\'s fragment, which browsers keep to themselves.',
      body: { kind: 'json', schema: control.createInvitation }, answer: { status: 201, schema: control.invitation }, problems: ['meshNotFound', 'lifetimeTooLong', 'tooManyUses', 'grantTooWide'],
      handle: async ({ parameters, body, caller, draw }) => {
        const granted = checkGrant(caller, body);
        if (!granted.ok) return granted;
        const mesh = await meshes.find(parameters.mesh);
        return mesh.ok ? invitations.create(mesh.value, body, pageUrl(), draw) : mesh;
      },
      audit: ({ parameters, body }) => ({ event: 'invitationMade', mesh: parameters.mesh, accessRole: body.accessRole }),
    }),
    defineRoute({
      operation: 'redeemInvitation', method: 'post', path: '/invitations/redeem', summary: 'Buy a join token with the code of an invitation',
      body: { kind: 'json', schema: control.redeemInvitation }, answer: { status: 201, schema: control.joinToken }, problems: ['invitationNotFound', 'invitationUsedUp', 'tooManyAtOnce', 'changedMeanwhile'],
      handle: ({ body, draw }) => invitations.redeem(body.code, body.name, draw),
      audit: (_request, { mesh, agent }) => ({ event: 'invitationRedeemed', mesh: mesh.mesh, agent }),
    }),
  ];
}
