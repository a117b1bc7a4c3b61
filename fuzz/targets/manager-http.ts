import { app } from '@raft-mesh/mafia';
import { Manager } from '@raft-mesh/mesh';
import { createAuthority, createManagerProof, generateSigningKey, signToken, systemClock, systemRandom } from '@raft-mesh/mesh-node';
import { frameToJson, protocolVersion } from '@raft-mesh/protocol';
import type { ManagerId, ManagerIdentity, MeshId, WireMessage } from '@raft-mesh/protocol';
import type { NodeId } from '@raft-mesh/raft';
import { MemoryManagerStore, MemoryNetwork, emptyPersistedState } from '@raft-mesh/testkit';
import { createManagerGateway } from '../../packages/mesh-node/src/manager-gateway.ts';
import { routeTarget, routesOf } from '../support/routes.ts';
import type { Request_, Served } from '../support/routes.ts';
import { commandSamples } from '../samples/messages.ts';
import type { Target } from '../target.ts';

const identity: ManagerIdentity = { mesh: 'village' as MeshId, incarnation: 1, manager: 'm1' as ManagerId, managerIncarnation: 1 };
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const expires = () => Math.floor(Date.now() / 1000) + 3_600;

/** A manager that leads a mesh of its own, with everything of it that answers HTTP. */
export async function serveManager(): Promise<Served & { readonly routes: readonly string[]; readonly gateway: ReturnType<typeof createManagerGateway> }> {
  const meshKey = generateSigningKey();
  const signingKey = generateSigningKey();
  const credential = await signToken(meshKey, { use: 'manager', ...identity, publicKey: signingKey.x });
  const authority = createAuthority({ mesh: identity, meshPublicKey: meshKey.x, credential, signingKey });
  const configuration = { voters: [{ id: 'm1:1' as NodeId, address: 'memory:m1' }], votersOutgoing: [], learners: [] };
  const manager = new Manager({
    identity, url: 'memory:m1', app, store: new MemoryManagerStore(emptyPersistedState(configuration)), dialer: new MemoryNetwork({ clock: systemClock }).dialer('memory:m1'), authority,
    clock: systemClock, random: systemRandom, log: quiet, pid: 1, snapshotLogBytes: 256 * 1024, snapshotKeepEntries: 16, raft: { heartbeatIntervalMs: 5, electionTimeoutMinMs: 10, electionTimeoutMaxMs: 20 }, onStopped: () => {},
  });
  const gateway = createManagerGateway({ identity, authority, manager, log: quiet, stoppedReason: () => null });
  await manager.start();
  while (manager.status().role !== 'leader') await new Promise((resolve) => { setTimeout(resolve, 5); });
  const about = { mesh: 'village', incarnation: 1 };
  const join = await signToken(meshKey, { use: 'join', ...about, jti: 'token-1', sub: 'ada', name: null, accessRole: 'admin', permissions: ['*'], exp: expires() });
  /** A link that was closed takes no more, and stays for a while for who may want to read why. */
  let isStale = false;
  const greet = async (credential: object, isOpened: boolean): Promise<void> => {
    const hello = { type: 'hello', protocolVersion, agentKind: 'cli', credential, session: { id: 's-1', opened: isOpened } } as unknown as WireMessage;
    const answer = await gateway.routes.request('/api/v1/meshes/village/links', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(frameToJson({ mesh: identity.mesh, incarnation: 1, message: hello })) });
    if (answer.status !== 201) throw new Error(`the fixture's worker was not let in: ${await answer.text()}`);
    const { link, linkSecret } = await answer.json() as { readonly link: string; readonly linkSecret: string };
    known['link'] = link;
    known['linkSecret'] = linkSecret;
    isStale = false;
  };
  const known: Record<string, string> = {
    join,
    operate: await signToken(meshKey, { use: 'operate', ...about, sub: 'operator', accessRole: 'admin', exp: expires() }),
    seeing: await signToken(meshKey, { use: 'operate', ...about, sub: 'operator', accessRole: 'worker', exp: expires() }),
    proof: await createManagerProof(identity, signingKey, { purpose: 'status', credential }),
  };
  await greet({ kind: 'join', token: join, name: 'Ada', resumeSecret: 'secret' }, false);
  return {
    async before() { if (isStale || gateway.httpLinks.linkCount() === 0) await greet({ kind: 'resume', agent: 'ada', resumeSecret: 'secret' }, true); },
    fetch: (request) => gateway.routes.fetch(request), known, routes: routesOf(gateway.routes), gateway,
    // Whoever says hello anew replaces the link before: the fixture goes on with the newest.
    async after({ path }, response, body) {
      isStale ||= response.status >= 400 && path.includes(known['link'] ?? '');
      const { link: next, linkSecret: secret } = Object(body) as { readonly link?: unknown; readonly linkSecret?: unknown };
      if (response.status === 201 && typeof next === 'string' && typeof secret === 'string') { known['link'] = next; known['linkSecret'] = secret; }
    },
    async close() { gateway.httpLinks.close(); await manager.stop(); },
  };
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const jsonType = { 'content-type': 'application/json' };
const frame = (message: unknown) => ({ mesh: 'village', incarnation: 1, message });
const resume = frame({ type: 'hello', protocolVersion, agentKind: 'cli', credential: { kind: 'resume', agent: 'ada', resumeSecret: 'secret' }, session: { id: 's-1', opened: true } });
const links = '/api/v1/meshes/village/links';
const sent = (frames: readonly unknown[]): Request_ => ({ method: 'POST', path: `${links}/$link/messages`, headers: { ...jsonType, ...bearer('$linkSecret') }, body: { frames } });

/** What each route of a manager is asked, by the name that its router has for it. */
export const managerRoutes: Readonly<Record<string, { readonly weight: number; readonly samples: readonly Request_[] }>> = {
  'GET /healthz': { weight: 0.2, samples: [{ method: 'GET', path: '/healthz' }] },
  'GET /readyz': { weight: 0.2, samples: [{ method: 'GET', path: '/readyz' }] },
  'GET /api/v1/meshes/:mesh/status': { weight: 0.6, samples: ['$operate', '$seeing', '$proof', 'x.y.z'].map((token) => ({ method: 'GET', path: '/api/v1/meshes/village/status', headers: bearer(token) })) },
  'POST /api/v1/meshes/:mesh/membership': {
    weight: 0.7, samples: [
      { change: 'join', id: 'm1', managerIncarnation: 1, url: 'memory:m1' }, { change: 'join', id: 'm1', managerIncarnation: 0, url: 'memory:m1' }, { change: 'remove', id: 'm9' }, { change: 'remove', id: 'm1', managerIncarnation: 1 },
    ].map((body) => ({ method: 'POST', path: '/api/v1/meshes/village/membership', headers: { ...jsonType, ...bearer('$operate') }, body })),
  },
  'POST /api/v1/meshes/:mesh/leadership': { weight: 0.7, samples: [{}, { to: 'm1' }, { to: 'm2' }].map((body) => ({ method: 'POST', path: '/api/v1/meshes/village/leadership', headers: { ...jsonType, ...bearer('$operate') }, body })) },
  'POST /api/v1/meshes/:mesh/links': { weight: 0.8, samples: [{ method: 'POST', path: links, headers: jsonType, body: resume }, { method: 'POST', path: links, headers: jsonType, body: frame({ type: 'heartbeat', beat: 1 }) }] },
  'POST /api/v1/meshes/:mesh/links/:link/messages': {
    weight: 1, samples: [
      sent([frame({ type: 'heartbeat', beat: 1 }), frame({ type: 'query', request: 1, module: 'documents', query: 'list', arguments: { prefix: '' }, stale: true })]),
      sent([frame({ type: 'watch', watch: 1, module: 'documents', parameters: { prefix: '' }, knownVersion: 0 })]), sent([]),
      ...commandSamples.map(([module, command, args], place) => sent([frame({ type: 'command', sequence: place + 1, acknowledgedThrough: 0, module, command, arguments: args })])),
    ],
  },
  'GET /api/v1/meshes/:mesh/links/:link/messages': { weight: 0.4, samples: [{ method: 'GET', path: `${links}/$link/messages`, headers: bearer('$linkSecret') }] },
  'DELETE /api/v1/meshes/:mesh/links/:link': { weight: 0.4, samples: [{ method: 'DELETE', path: `${links}/$link`, headers: bearer('$linkSecret') }] },
};

export const managerHttpTargets: readonly Target[] = Object.entries(managerRoutes).map(([route, { weight, samples }]) => routeTarget(`http.manager ${route}`, weight, samples, serveManager, 5_000));
