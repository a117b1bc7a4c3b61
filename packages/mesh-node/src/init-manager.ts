import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { nodeIdOf } from '@raft-mesh/protocol';
import type { ManagerIdentity, MeshDescription } from '@raft-mesh/protocol';
import { createManagerDirectory } from '@raft-mesh/storage-file';
import type { FirstSnapshot } from '@raft-mesh/storage-file';
import { createControlPlaneClient } from './control-plane-client.ts';
import type { ControlPlaneClient } from './control-plane-client.ts';
import { lockDirectory } from './directory-lock.ts';
import { managerFiles, readSigningKey, writeManagerSettings } from './manager-directory.ts';
import { flushDirectory, writePrivateFile } from './private-file.ts';
import { createManagerProof } from './manager-proof.ts';
import { failed } from './problem.ts';
import type { Result } from './problem.ts';
import { ProblemError } from './problem-error.ts';
import { generateSigningKey, sha256 } from './signing-key.ts';
import type { SigningKey } from './signing-key.ts';

export interface InitManagerOptions {
  /** Must not exist. */
  readonly directory: string;
  /** URL of the control plane. */
  readonly controlPlane: string;
  readonly mesh: string;
  readonly manager: string;
  /** What lets this manager enrol: its own setup token, or a file with the control plane's admin key. */
  readonly setupToken?: string;
  readonly adminKeyFile?: string;
}

const downloadAttemptsMax = 3;

/**
 * Makes a manager: its key pair, its credential from the control plane, and its data directory with the first snapshot. Once in its life:
 * the directory appears whole or not at all, and a second call refuses. Stopped half-way, it can be called again with the same setup token.
 * In a restored mesh the first snapshot is the last one that the control plane keeps; one that joins a mesh that runs starts empty, as a
 * learner. Throws a `ProblemError`.
 */
export async function initManager(options: InitManagerOptions): Promise<ManagerIdentity> {
  const adminKey = options.adminKeyFile === undefined ? null : (await readFile(options.adminKeyFile, 'utf8')).trim();
  const client = createControlPlaneClient({ url: options.controlPlane, adminKey });
  return makeManager({ ...options, client, enrol: (publicKey) => client.enrolManager(options.mesh, options.manager, publicKey, options.setupToken ?? null) });
}

export interface MakeManagerOptions {
  readonly directory: string;
  readonly controlPlane: string;
  readonly manager: string;
  readonly client: Pick<ControlPlaneClient, 'snapshotDescription' | 'snapshotData'>;
  /** Has the control plane vouch for this public key; asked again with the same one, it answers the same. */
  readonly enrol: (publicKey: string) => ReturnType<ControlPlaneClient['enrolManager']>;
}

/** As `initManager`, with whatever lets this manager enrol. */
export async function makeManager(options: MakeManagerOptions): Promise<ManagerIdentity> {
  const { directory, client } = options;
  if (existsSync(directory)) throw new ProblemError(failed(409, 'directoryExists', `${directory} exists already.`, 'Start the manager in it with `mesh manager start`, or name another directory.').problem);
  const unfinished = `${path.resolve(directory)}.initialising`;
  await mkdir(unfinished, { recursive: true, mode: 0o700 });
  const lock = await lockDirectory(unfinished);
  try {
    const signingKey = await keyFor(unfinished);
    const { credential, mesh } = valueOf(await options.enrol(signingKey.x));
    const self = mesh.managers.find(({ id }) => id === options.manager);
    if (self === undefined) throw new Error(`the control plane enrolled ${options.manager} in a mesh that does not list it`);
    const identity: ManagerIdentity = { mesh: mesh.mesh, incarnation: mesh.incarnation, manager: self.id, managerIncarnation: self.managerIncarnation };
    await writeManagerSettings(unfinished, { identity, url: self.url, app: mesh.app, meshPublicKey: mesh.publicKey, controlPlane: options.controlPlane, credential, signingKey });
    const snapshot = await firstSnapshot(client, identity, signingKey, mesh);
    await createManagerDirectory({ directory: path.join(unfinished, managerFiles.store), identity, snapshot });
    await rename(unfinished, directory);
    await flushDirectory(path.dirname(path.resolve(directory)));
    return identity;
  } finally {
    await lock.release();
  }
}

/** A key that an earlier, unfinished call may have enrolled is used again. */
async function keyFor(directory: string): Promise<SigningKey> {
  const present = await readSigningKey(directory);
  if (present !== null) return present;
  const made = generateSigningKey();
  await writePrivateFile(path.join(directory, managerFiles.key), JSON.stringify(made));
  return made;
}

async function firstSnapshot(client: MakeManagerOptions['client'], identity: ManagerIdentity, key: SigningKey, mesh: MeshDescription): Promise<FirstSnapshot> {
  const memberOf = ({ id, managerIncarnation, url }: MeshDescription['managers'][number]) => ({ id: nodeIdOf(id, managerIncarnation), address: url });
  const joiner = mesh.managers.find(({ id, joined }) => id === identity.manager && joined === true);
  if (joiner !== undefined) {
    // It votes on nothing until the log of the others says so; whom it knows here is only where it looks for them first.
    const others = mesh.managers.filter(({ id }) => id !== joiner.id).map(memberOf);
    return { lastIndex: 0, lastTerm: 0, logTimeMs: 0, configuration: { voters: others, votersOutgoing: [], learners: [{ ...memberOf(joiner), promotable: true }] }, data: [] };
  }
  const configuration = { voters: mesh.managers.map(memberOf), votersOutgoing: [], learners: [] };
  if (mesh.incarnation === 1) return { lastIndex: 0, lastTerm: 0, logTimeMs: 0, configuration, data: [] };
  for (let attempt = 0; attempt < downloadAttemptsMax; attempt += 1) {
    const proof = await createManagerProof(identity, key, { purpose: 'readSnapshot' });
    const description = valueOf(await client.snapshotDescription(mesh.mesh, proof));
    const data = valueOf(await client.snapshotData(mesh.mesh, proof));
    // Between the two answers a newer snapshot may have come.
    if (sha256(data) === description.sha256) return { lastIndex: description.index, lastTerm: description.term, logTimeMs: description.logTimeMs, configuration, data: [data] };
  }
  throw new ProblemError(failed(502, 'snapshotHashWrong', `The snapshot that the control plane sent is not the one it described, ${downloadAttemptsMax} times.`, 'Try again; if it stays, the kept snapshot is damaged.').problem);
}

function valueOf<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new ProblemError(result.problem);
  return result.value;
}
