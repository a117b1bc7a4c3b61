import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts } from '@raft-mesh/cli';
import { startControlPlane } from '@raft-mesh/control-plane';
import { pageDirectory } from '@raft-mesh/mafia/page';
import { createControlPlaneClient, createLogger, initManager, startManager } from '@raft-mesh/mesh-node';
import type { ControlPlaneClient, Result } from '@raft-mesh/mesh-node';
import type { ManagerId, MeshId, control } from '@raft-mesh/protocol';
import { findAuthEmulator, startAuthEmulator } from '@raft-mesh/testkit/auth-emulator';

const projectId = 'demo-raft-mesh';
const source = findAuthEmulator();
export const against = source.kind;

export function valueOf<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(`${result.problem.code}: ${result.problem.detail}`);
  return result.value;
}

/** A control plane where players sign in, with an Auth emulator of its own. */
export interface SignInFixture {
  readonly url: string;
  readonly admin: ControlPlaneClient;
  /** Of the Auth emulator: host and port. */
  readonly emulatorHost: string;
  /** A mesh with one manager that runs. */
  readonly mesh: (signIn: NonNullable<control.CreateMesh['signIn']>) => Promise<MeshId>;
  /** A mesh whose manager is not there: nobody needs it. */
  readonly closedMesh: () => Promise<MeshId>;
  /** The names of the agents of a mesh, sorted. */
  readonly agents: (mesh: MeshId) => Promise<readonly string[]>;
  /** What the emulator itself is told and asked, below its project. */
  readonly ofEmulator: (what: string, method: 'GET' | 'PATCH', body?: object) => Promise<unknown>;
}

export async function withSignIn(use: (fixture: SignInFixture) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), 'raft-mesh-sign-in-'));
  const logger = createLogger({ level: 'silent', name: 'test' });
  const emulator = await startAuthEmulator(source, projectId);
  Object.assign(process.env, { FIREBASE_AUTH_EMULATOR_HOST: emulator.host, METADATA_SERVER_DETECTION: 'none' });
  const undo: (() => Promise<void>)[] = [];
  try {
    const [controlPort] = await freePorts(1);
    // Building the scenes of other tests leaves NODE_ENV=production behind.
    const controlPlane = await startControlPlane({ directory: path.join(directory, 'control-plane'), port: controlPort ?? 0, logger, pageDirectory, isProduction: false, playerSignIn: { projectId, apiKey: 'public' } });
    undo.push(() => controlPlane.stop());
    const admin = createControlPlaneClient({ url: controlPlane.url, adminKey: readFileSync(controlPlane.adminKeyFile, 'utf8').trim() });
    await use({
      url: controlPlane.url, admin, emulatorHost: emulator.host,
      async mesh(signIn) {
        const [port] = await freePorts(1);
        const created = valueOf(await admin.createMesh({ app: '@raft-mesh/mafia', managers: [{ id: 'm1' as ManagerId, url: `http://127.0.0.1:${port ?? 0}` }], signIn }));
        const { mesh } = created.mesh;
        await initManager({ directory: path.join(directory, mesh), controlPlane: controlPlane.url, mesh, manager: 'm1', setupToken: created.setupTokens[0]?.setupToken ?? '' });
        const manager = await startManager({ directory: path.join(directory, mesh), logger });
        undo.push(() => manager.stop());
        return mesh;
      },
      async closedMesh() {
        return valueOf(await admin.createMesh({ app: '@raft-mesh/mafia', managers: [{ id: 'm1' as ManagerId, url: 'http://127.0.0.1:1' }] })).mesh.mesh;
      },
      async agents(mesh) {
        return valueOf(await admin.listAgents(mesh)).agents.map(({ name }) => name).toSorted();
      },
      async ofEmulator(what, method, body) {
        const response = await fetch(`http://${emulator.host}/emulator/v1/projects/${projectId}/${what}`, { method, headers: { 'content-type': 'application/json', 'authorization': 'Bearer owner' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
        return response.json();
      },
    });
  } finally {
    for (const step of undo.toReversed()) await step();
    delete process.env['FIREBASE_AUTH_EMULATOR_HOST'];
    await emulator.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}
