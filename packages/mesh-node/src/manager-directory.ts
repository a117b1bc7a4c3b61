import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod/mini';
import { managerClaims } from '@raft-mesh/protocol';
import type { ManagerIdentity } from '@raft-mesh/protocol';
import type { Schema } from '@raft-mesh/state-machine';
import { parsedJson } from './parsed-json.ts';
import { readIfThere, writePrivateFile } from './private-file.ts';
import { failed } from './problem.ts';
import { ProblemError } from './problem-error.ts';
import { signingKey } from './signing-key.ts';
import type { SigningKey } from './signing-key.ts';

/** What a manager's directory holds; the log and the snapshots lie in `store`, security events in `audit`. */
export const managerFiles = { mesh: 'mesh.json', credential: 'credential', key: 'key.json', store: 'store', departed: 'departed', audit: 'audit' } as const;

const meshFile = z.object({
  mesh: managerClaims.shape.mesh, incarnation: managerClaims.shape.incarnation, manager: managerClaims.shape.manager, managerIncarnation: managerClaims.shape.managerIncarnation,
  url: z.string(), app: z.string(), meshPublicKey: z.string(), controlPlane: z.nullable(z.string()),
});

/** What a manager knows of itself and its mesh before it has read its log. */
export interface ManagerSettings {
  readonly identity: ManagerIdentity;
  /** Where others reach it. */
  readonly url: string;
  /** The app that the mesh runs, by name. */
  readonly app: string;
  readonly meshPublicKey: string;
  readonly controlPlane: string | null;
  readonly credential: string;
  readonly signingKey: SigningKey;
}

/** Writes everything but the store. Each file is flushed and readable by its owner only. */
export async function writeManagerSettings(directory: string, settings: ManagerSettings): Promise<void> {
  const { identity, url, app, meshPublicKey, controlPlane } = settings;
  const { mesh, incarnation, manager, managerIncarnation } = identity;
  await writePrivateFile(path.join(directory, managerFiles.key), JSON.stringify(settings.signingKey));
  await writePrivateFile(path.join(directory, managerFiles.credential), settings.credential);
  await writePrivateFile(path.join(directory, managerFiles.mesh), JSON.stringify({ mesh, incarnation, manager, managerIncarnation, url, app, meshPublicKey, controlPlane }, null, 2));
}

/** Notes that the manager was taken out of the mesh: it must not start again under this identity. */
export async function markDeparted(directory: string): Promise<void> {
  await writePrivateFile(path.join(directory, managerFiles.departed), 'This manager was taken out of its mesh.');
}

/** Throws a `ProblemError`: `managerNotInitialised` when no manager was made here, `managerDeparted` when it was taken out of its mesh, `managerFileDamaged`. */
export async function readManagerSettings(directory: string): Promise<ManagerSettings> {
  const text = await readIfThere(path.join(directory, managerFiles.mesh));
  if (text === null) {
    throw new ProblemError(failed(404, 'managerNotInitialised', `${directory} holds no manager. One whose disk is gone must not come back under its old identity.`, 'mesh manager init   (a manager that never ran), or mesh manager join   (as a new one)').problem);
  }
  const { mesh, incarnation, manager, managerIncarnation, ...rest } = readAs(meshFile, path.join(directory, managerFiles.mesh), text);
  if (await readIfThere(path.join(directory, managerFiles.departed)) !== null) {
    throw new ProblemError(failed(409, 'managerDeparted', `${manager} (incarnation ${managerIncarnation}) was taken out of mesh ${mesh}: it may not come back under this identity.`, `mesh manager join ${manager}   (as a new incarnation)`).problem);
  }
  return {
    identity: { mesh, incarnation, manager, managerIncarnation }, ...rest,
    credential: (await readFile(path.join(directory, managerFiles.credential), 'utf8')).trim(),
    signingKey: readAs(signingKey, path.join(directory, managerFiles.key), await readFile(path.join(directory, managerFiles.key), 'utf8')),
  };
}

/** Who the manager of a directory is, also one that was taken out of its mesh; `null` when there is none. */
export async function readManagerIdentity(directory: string): Promise<ManagerIdentity | null> {
  const text = await readIfThere(path.join(directory, managerFiles.mesh));
  if (text === null) return null;
  const { mesh, incarnation, manager, managerIncarnation } = readAs(meshFile, path.join(directory, managerFiles.mesh), text);
  return { mesh, incarnation, manager, managerIncarnation };
}

/** `null` when there is none. */
export async function readSigningKey(directory: string): Promise<SigningKey | null> {
  const text = await readIfThere(path.join(directory, managerFiles.key));
  return text === null ? null : readAs(signingKey, path.join(directory, managerFiles.key), text);
}

function readAs<Value>(schema: Schema<Value>, file: string, text: string): Value {
  const parsed = schema.safeParse(parsedJson(text));
  if (!parsed.success) throw damaged(file);
  return parsed.data;
}

function damaged(file: string): ProblemError {
  return new ProblemError(failed(422, 'managerFileDamaged', `${file} is not what \`mesh manager init\` wrote.`, 'mesh manager join   (as a new incarnation; keep a copy of the directory)').problem);
}
