import { createManagerDirectory, generateSigningKey, managerFiles, signToken, writeManagerSettings, type ConnectWorkerOptions, type SigningKey } from '@raft-mesh/mesh-node';
import { nodeIdOf, type ManagerId, type ManagerIdentity, type MeshDescription, type MeshId } from '@raft-mesh/protocol';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { documentsApp } from './documents-app.ts';

const lifetimeSeconds = 24 * 3600;
const expiry = (): number => Math.floor(Date.now() / 1000) + lifetimeSeconds;

/** A mesh with no control plane: who holds its signing key makes its managers and lets its workers in. */
export class MeshKeys {
  readonly description: MeshDescription;
  readonly #key: SigningKey = generateSigningKey();

  constructor(managers: readonly { readonly id: ManagerId; readonly url: string }[]) {
    this.description = {
      mesh: `chaos-${randomBytes(6).toString('hex')}` as MeshId, incarnation: 1, app: documentsApp.name, publicKey: this.#key.x, createdAt: new Date().toISOString(),
      managers: managers.map(({ id, url }) => ({ id, url, managerIncarnation: 1, publicKey: null })),
    };
  }

  /** Makes the directory of a manager that has never run. */
  async createManager(directory: string, manager: ManagerId): Promise<void> {
    const { mesh, incarnation, managers, app, publicKey: meshPublicKey } = this.description;
    const own = managers.find(({ id }) => id === manager);
    if (own === undefined) throw new Error(`${manager} is not in the mesh`);
    const identity: ManagerIdentity = { mesh, incarnation, manager, managerIncarnation: 1 };
    const signingKey = generateSigningKey();
    const credential = await signToken(this.#key, { use: 'manager', ...identity, publicKey: signingKey.x });
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeManagerSettings(directory, { identity, url: own.url, app, meshPublicKey, controlPlane: null, credential, signingKey });
    const voters = managers.map(({ id, url }) => ({ id: nodeIdOf(id, 1), address: url }));
    await createManagerDirectory({
      directory: join(directory, managerFiles.store), identity,
      snapshot: { lastIndex: 0, lastTerm: 0, logTimeMs: 0, configuration: { voters, votersOutgoing: [], learners: [] }, data: [] },
    });
  }

  /** What lets one worker in, once, with every permission. */
  async join(name: string): Promise<NonNullable<ConnectWorkerOptions['join']>> {
    const { mesh, incarnation } = this.description;
    const identifier = randomBytes(16).toString('hex');
    const token = await signToken(this.#key, { use: 'join', mesh, incarnation, jti: identifier, sub: `${name}-${identifier.slice(0, 8)}`, name, accessRole: 'admin', permissions: ['*'], exp: expiry() });
    return { mesh: this.description, token, name };
  }

  /** Lets its bearer ask managers for their status. */
  operateToken(): Promise<string> {
    const { mesh, incarnation } = this.description;
    return signToken(this.#key, { use: 'operate', mesh, incarnation, sub: 'chaos', accessRole: 'admin', exp: expiry() });
  }
}
