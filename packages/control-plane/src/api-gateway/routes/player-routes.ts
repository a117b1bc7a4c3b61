import { control } from '@raft-mesh/protocol';
import { succeeded } from '@raft-mesh/mesh-node';
import type { Meshes } from '../../mesh-manager/meshes.ts';
import { problems } from '../../mesh-manager/problems.ts';
import { agentOfPlayer, issueJoinToken } from '../../mesh-manager/tokens.ts';
import type { PlayerSignIn } from '../access/player-sign-in.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';

/** Players who have signed in. Without a sign-in they come by invitation. */
export function playerRoutes(meshes: Meshes, signIn: PlayerSignIn | null, nowMs: () => number): readonly Route[] {
  return [
    defineRoute({
      operation: 'describeSignIn', method: 'get', path: '/sign-in', summary: 'How players sign in here',
      details: 'What a page needs to sign players in with Firebase; `null` where they come by invitation. Nothing in it is secret.',
      answer: { status: 200, schema: control.signInDescription }, problems: [],
      handle: () => Promise.resolve(succeeded(signIn?.description ?? { firebase: null })),
    }),
    defineRoute({
      operation: 'joinMesh', method: 'post', path: '/meshes/{mesh}/join', summary: 'Buy a join token with a player\'s ID token',
      details: 'Where players sign in, and the mesh lets them in. One player is one agent, wherever it signs in.',
      body: { kind: 'json', schema: control.joinMesh }, answer: { status: 201, schema: control.joinToken },
      problems: ['signInNotConfigured', 'signInClosed', 'accountNeeded', 'idTokenInvalid', 'idTokenExpired', 'idTokenRevoked', 'signInUnavailable'],
      alternative: async (idToken) => {
        if (signIn === null) return problems.signInNotConfigured();
        const player = await signIn.verify(idToken);
        return player.ok ? succeeded({ kind: 'player', player: player.value }) : player;
      },
      handle: async ({ parameters, body, caller, draw }) => {
        if (caller.kind !== 'player') return problems.notAuthenticated();
        const mesh = await meshes.find(parameters.mesh);
        // Who may not join need not learn which meshes there are.
        const open = mesh.ok ? mesh.value.signIn : null;
        if (!mesh.ok || open === null) return problems.signInClosed();
        if (caller.player.anonymous && !open.anonymous) return problems.accountNeeded();
        return issueJoinToken(mesh.value, { agent: agentOfPlayer(mesh.value, caller.player.uid), name: body.name, accessRole: open.accessRole, permissions: [] }, nowMs(), draw);
      },
      audit: ({ parameters }, { agent }) => ({ event: 'playerJoined', mesh: parameters.mesh, agent }),
    }),
  ];
}
