import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parsedJson, writePrivateFile } from '@raft-mesh/mesh-node';
import * as z from 'zod/mini';
import type { ManagerId } from '@raft-mesh/protocol';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';

/** Where everything of one `mesh dev` lies. */
export const layout = {
  controlPlane: (directory: string): string => join(directory, 'control-plane'),
  adminKey: (directory: string): string => join(directory, 'control-plane', 'admin-key'),
  manager: (directory: string, id: string): string => join(directory, 'managers', id),
  bot: (directory: string, name: string): string => join(directory, 'bots', name),
  bots: (directory: string): string => join(directory, 'bots.json'),
  log: (directory: string, name: string): string => join(directory, 'logs', `${name}.log`),
  chaos: (directory: string): string => join(directory, 'chaos'),
  dev: (directory: string): string => join(directory, 'dev.json'),
} as const;

const devState = z.object({
  app: z.string(),
  host: z.string(),
  controlPlanePort: z.number(),
  mesh: z.string(),
  /** Where the control plane keeps its state, when not in files. */
  firestoreProject: z.optional(z.string()),
  /** Where players sign in. The key is the project's web API key, which is public. */
  signIn: z.optional(z.object({ projectId: z.string(), apiKey: z.string() })),
  managers: z.array(z.object({ id: z.custom<ManagerId>((value) => typeof value === 'string' && /^[a-z0-9-]{1,32}$/.test(value)), port: z.number() })),
});
/** What a `mesh dev` must find again at its next start: addresses are part of the mesh's configuration. */
export type DevState = z.infer<typeof devState>;

export async function loadDevState(directory: string): Promise<DevState | null> {
  const path = layout.dev(directory);
  return existsSync(path) ? readAs(devState, path) : null;
}

export async function saveDevState(directory: string, state: DevState): Promise<void> {
  await writePrivateFile(layout.dev(directory), JSON.stringify(state, null, 2));
}

const botList = z.array(z.string());

/** Names of the bots that `mesh dev` keeps running. `mesh bot add` changes the file; `mesh dev` follows it. */
export async function loadBots(directory: string): Promise<string[]> {
  const path = layout.bots(directory);
  return existsSync(path) ? readAs(botList, path) : [];
}

export async function saveBots(directory: string, names: readonly string[]): Promise<void> {
  await writePrivateFile(layout.bots(directory), JSON.stringify(names));
}

async function readAs<Value>(schema: z.ZodMiniType<Value>, path: string): Promise<Value> {
  const parsed = schema.safeParse(parsedJson(await readFile(path, 'utf8')));
  if (!parsed.success) throw new CliError('stateDamaged', exitCodes.failed, `${path} is not what \`mesh dev\` writes.`, 'mesh dev --fresh   (begins anew; what the mesh held is gone)');
  return parsed.data;
}
