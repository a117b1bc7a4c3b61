/**
 * Every source file that reads bytes or text which something else wrote, and the targets whose inputs go through it. A test holds this table
 * against the source: a file that begins to decode something needs a row here, and a target.
 */
export type DecoderRow =
  | { readonly targets: readonly string[] }
  /** What is read was made by this very program, or checked before. */
  | { readonly because: string };

/** What a line that decodes something looks like. */
export const decodes = /JSON\.parse\(|\.unpack\(|\.readU?Int\d|\.readBigU?Int|\.getU?[iI]nt\d|\.getBigU?[iI]nt|new TextDecoder|jwtVerify\(|applyPatch\(|createParser\(|[dD]ecompress\(|\.safeParse\(|\.parse\(|\.json\(\)|new URL\((?![^)]*import\.meta)|URLSearchParams\(|\.text\(\)|\.arrayBuffer\(\)|valueOf\[text/;

/** Stands for all targets whose names begin so. */
const managerRoutes = 'http.manager';
const controlPlaneRoutes = 'http.controlPlane';

export const decoders: Readonly<Record<string, DecoderRow>> = {
  'packages/protocol/src/codec/message-pack-scan.ts': { targets: ['frames.binary', 'record', 'webSocket.connection', 'manager.worker', 'manager.peer'] },
  'packages/protocol/src/codec/message-pack.ts': { targets: ['frames.binary', 'record'] },
  'packages/protocol/src/codec/base64url.ts': { targets: ['frames.json'] },
  'packages/state-machine/src/run-command.ts': { targets: ['stateMachine.apply', 'manager.worker'] },
  'packages/state-machine/src/read-module.ts': { targets: ['stateMachine.read', 'manager.worker'] },
  'packages/state-machine/src/modules/documents/queries.ts': { targets: ['stateMachine.read'] },
  'packages/mesh/src/manager/snapshot-codec.ts': { targets: ['stateMachine.snapshot'] },
  'packages/mesh/src/worker/view-copy.ts': { targets: ['worker.patch', 'worker.messages'] },
  'packages/storage-file/src/identity-file.ts': { targets: ['storage.identity'] },
  'packages/storage-file/src/log/batch.ts': { targets: ['storage.segment', 'storage.operations'] },
  'packages/storage-file/src/log/operation.ts': { targets: ['storage.operations'] },
  'packages/storage-file/src/log/read-commands.ts': { targets: ['storage.operations'] },
  'packages/storage-file/src/log/recovery.ts': { targets: ['storage.segment', 'storage.operations'] },
  'packages/storage-file/src/log/segment.ts': { targets: ['storage.segment'] },
  'packages/storage-file/src/snapshots/snapshot-file.ts': { targets: ['storage.snapshot', 'storage.snapshotDescription'] },
  'packages/storage-file/src/worker/file-worker-store.ts': { targets: ['storage.workerIdentity'] },
  'packages/storage-file/src/worker/line-file.ts': { targets: ['storage.workerJournal', 'storage.workerOutcomes'] },
  'packages/transport-http/src/dialed-link.ts': { targets: ['http.dialed'] },
  'packages/transport-http/src/frame-text.ts': { targets: ['http.dialed', `${managerRoutes} POST /api/v1/meshes/:mesh/links/:link/messages`] },
  'packages/transport-http/src/links.ts': { targets: [`${managerRoutes} POST /api/v1/meshes/:mesh/links`, `${managerRoutes} POST /api/v1/meshes/:mesh/links/:link/messages`] },
  'packages/transport-http/src/problem.ts': { targets: ['http.dialed'] },
  'packages/transport-websocket/src/listener.ts': { targets: ['http.manager socket'] },
  'packages/transport-websocket/src/dialer.ts': { because: 'an address that the mesh\'s own configuration or welcome names: a URL that is none is refused by URL.canParse first' },
  'packages/mesh-browser/src/lean-schemas.ts': { because: 'it is what reads: whoever gives it something to read has a row' },
  'packages/mesh-node/src/app-loader.ts': { targets: ['app.configuration'] },
  'packages/mesh-node/src/audit-log/audit-line.ts': { targets: ['audit.line'] },
  'packages/mesh-node/src/connect-worker.ts': { targets: ['invitation.link'] },
  'packages/mesh-node/src/http-request.ts': { targets: ['http.answer'] },
  'packages/mesh-node/src/problem.ts': { targets: ['http.answer'] },
  'packages/mesh-node/src/manager-directory.ts': { targets: ['managerDirectory.mesh', 'managerDirectory.key'] },
  'packages/mesh-node/src/manager-proof.ts': { targets: ['token', 'token.claims'] },
  'packages/mesh-node/src/membership-routes.ts': { targets: [`${managerRoutes} POST /api/v1/meshes/:mesh/membership`, `${managerRoutes} POST /api/v1/meshes/:mesh/leadership`] },
  'packages/mesh-node/src/signing-key.ts': { targets: ['token.key', 'managerDirectory.key'] },
  'packages/mesh-node/src/token.ts': { targets: ['token', 'token.claims'] },
  'packages/mesh-node/src/control-plane-client.ts': { because: 'it writes a query, and reads none' },
  'packages/mesh-node/src/mesh-status.ts': { because: 'an address that the mesh\'s own configuration names' },
  'packages/mesh-node/src/observability/metrics-server.ts': { targets: ['http.metrics'] },
  'packages/mesh-node/src/operator-client.ts': { because: 'an address that the mesh\'s own configuration names' },
  'packages/mesh-node/src/page-origins.ts': { because: 'the control plane\'s address, as this manager was given it when it was made' },
  'packages/mesh-node/src/start-manager.ts': { because: 'this manager\'s own address, as it was given when it was made' },
  'packages/control-plane/src/api-gateway/route.ts': { targets: [controlPlaneRoutes, 'control.bodies'] },
  'packages/control-plane/src/api-gateway/router.ts': { targets: [controlPlaneRoutes] },
  'packages/control-plane/src/api-gateway/access/keys.ts': { targets: [`${controlPlaneRoutes} POST /api/v1/keys`] },
  'packages/control-plane/src/api-gateway/openapi/openapi-document.ts': { because: 'it asks a schema whether it takes nothing: no input of anybody is read' },
  'packages/control-plane/src/state-manager/stored-document.ts': { targets: ['controlPlane.snapshot', controlPlaneRoutes] },
  'packages/control-plane/src/state-manager/sweep.ts': { targets: [`${controlPlaneRoutes} POST /api/v1/meshes/:mesh/invitations`] },
  'packages/control-plane/src/api-gateway/origin-check.ts': { targets: [`${controlPlaneRoutes} GET /api/v1/meshes`] },
  'packages/control-plane/src/api-gateway/security-headers.ts': { targets: [`${controlPlaneRoutes} POST /api/v1/meshes`, `${controlPlaneRoutes} POST /api/v1/meshes/:mesh/managers`] },
  'packages/control-plane/src/mesh-manager/meshes.ts': { targets: [`${controlPlaneRoutes} POST /api/v1/meshes`, 'controlPlane.record'] },
  'packages/control-plane/src/mesh-manager/hosts.ts': { targets: [`${controlPlaneRoutes} POST /api/v1/hosts`] },
  'packages/control-plane/src/mesh-manager/replacement.ts': { because: 'a date that this program wrote itself' },
  'packages/control-plane/src/state-manager/file-store.ts': { targets: ['controlPlane.record'] },
  'packages/control-plane/src/state-manager/snapshots.ts': { targets: ['controlPlane.snapshot'] },
  'packages/control-plane/src/state-manager/firestore-store.ts': { because: 'documents that this program alone writes, in a database that no client may read or write (firestore.rules); the same values as in controlPlane.record' },
  'packages/simulator/src/run/scenario-file.ts': { targets: ['simulator.scenario'] },
  'packages/chaos/src/history/history-file.ts': { targets: ['chaos.history'] },
  'packages/chaos/src/control/chaos-directory.ts': { because: 'files that the commands of one chaos run write for each other' },
  'packages/chaos/src/manager/main.ts': { because: 'one line from the process that started this one' },
  'packages/chaos/src/relay/relay.ts': { because: 'addresses that the control file of this run names' },
  'packages/cli/src/context.ts': { targets: ['cli.context'] },
  'packages/cli/src/dev/layout.ts': { targets: ['cli.devState', 'cli.bots'] },
  'packages/cli/src/sim/resume-file.ts': { targets: ['cli.resume'] },
  'packages/cli/src/commands/bot.ts': { because: 'one line from the process that started this one, and what it printed itself' },
  'packages/cli/src/chaos/chaos-target.ts': { because: 'an address out of a status that control.bodies has checked' },
  'packages/cli/src/chaos/corrupt-log.ts': { because: 'one byte of a file, to be changed; whatever it is' },
  'packages/cli/src/commands/document.ts': { because: 'an argument that the operator typed; what is no JSON is refused by name' },
  'packages/cli/src/commands/join.ts': { because: 'addresses out of a description that control.bodies has checked' },
  'packages/cli/src/dev/child.ts': { because: 'lines of a process that this one started; those that are no JSON are for its log' },
  'packages/cli/src/dev/dev-mesh.ts': { because: 'addresses out of a description that control.bodies has checked' },
  'packages/cli/src/dev/embedded-control-plane.ts': { because: 'the address in cli.context' },
  'apps/mafia/src/bots/language-model/ask.ts': { targets: ['languageModel.answer'] },
  'apps/mafia/src/bots/language-model/strategy.ts': { targets: ['languageModel.answer'] },
  'apps/mafia/src/bots/language-model/settings.ts': { because: 'the address in the environment of the bot\'s own process; one that is none is refused by URL.canParse first' },
  'apps/mafia/src/page/client/invitation.ts': { targets: ['control.bodies'] },
  'apps/mafia/src/page/client/seat-note.ts': { targets: ['control.bodies'] },
  'apps/mafia/src/page/service-worker/service-worker.ts': { because: 'addresses of the page\'s own files and requests' },
};
