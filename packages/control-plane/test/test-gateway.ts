import { createLogger, succeeded } from '@raft-mesh/mesh-node';
import { Snapshots } from '@raft-mesh/control-plane';
import type { ControlStore } from '@raft-mesh/control-plane';
import { Keys } from '../src/api-gateway/access/keys.ts';
import type { PlayerSignIn } from '../src/api-gateway/access/player-sign-in.ts';
import { createGateway } from '../src/api-gateway/gateway.ts';
import type { Gateway } from '../src/api-gateway/gateway.ts';
import { Idempotency } from '../src/api-gateway/idempotency.ts';
import { RateLimits } from '../src/api-gateway/rate-limits.ts';
import type { RateLimitOptions } from '../src/api-gateway/rate-limits.ts';
import { Hosts } from '../src/mesh-manager/hosts.ts';
import { Invitations } from '../src/mesh-manager/invitations.ts';
import { ControlPlaneMetrics } from '../src/observability/control-plane-metrics.ts';
import { Readiness } from '../src/observability/readiness.ts';
import { problems } from '../src/mesh-manager/problems.ts';
import { Meshes } from '../src/mesh-manager/meshes.ts';

export const adminKey = 'the-admin-key-of-the-test-0000000000000000000';

/** Whoever says so is a player. */
const playerSignIn: PlayerSignIn = {
  description: { firebase: { projectId: 'demo', apiKey: 'public', emulatorUrl: null } },
  origins: [],
  verify: (idToken) => Promise.resolve(idToken.startsWith('player-') ? succeeded({ uid: idToken, anonymous: true }) : problems.idTokenInvalid()),
  close: () => Promise.resolve(),
};

/** One copy of a control plane, without sockets. */
export function testGateway(store: ControlStore, nowMs: () => number = () => 1_000_000_000_000, limits: RateLimitOptions = {}): Gateway {
  const snapshots = new Snapshots(store);
  const meshes = new Meshes(store, snapshots, nowMs);
  return createGateway({
    meshes, hosts: new Hosts(store, nowMs), snapshots, nowMs, adminKey, invitations: new Invitations(store, meshes, nowMs), keys: new Keys(store, meshes, nowMs), idempotency: new Idempotency(store, nowMs),
    metrics: new ControlPlaneMetrics({ withProcess: false }), readiness: new Readiness(store), log: createLogger({ level: 'silent', name: 'test' }), audit: () => Promise.resolve(), note: () => {}, limits: new RateLimits(limits), addressOf: () => '127.0.0.1', allowedOrigins: [], playerSignIn, isSecure: false, pageDirectory: null, publicUrl: () => 'http://127.0.0.1:1',
  });
}
