import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { parsedJson, writePrivateFile } from '@raft-mesh/mesh-node';
import type { SeedRange, Tally } from '@raft-mesh/simulator';
import * as z from 'zod/mini';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';

/** What is done of a run of very many seeds. */
export interface Progress {
  readonly app: string;
  /** Every state of the code that seeds were run with, in order. */
  readonly commits: readonly string[];
  readonly done: readonly SeedRange[];
  readonly tally: Tally;
  readonly wallMs: number;
}

const count = z.number().check(z.minimum(0));
const schema = z.object({
  version: z.literal(1), app: z.string(), commits: z.array(z.string()), done: z.array(z.tuple([z.int(), z.int()])), wallMs: count,
  tally: z.object({
    seeds: count, events: count, operations: count, simulatedMs: count, faults: z.record(z.string(), count),
    failures: z.array(z.object({ seed: z.int(), promise: z.string(), message: z.string(), atMs: count, commit: z.nullable(z.string()), traceHash: z.string(), scenario: z.looseObject({ seed: z.int() }) })),
  }),
});

/** `null` when there is no such file yet. */
export async function loadProgress(path: string, app: string): Promise<Progress | null> {
  if (!existsSync(path)) return null;
  const parsed = schema.safeParse(parsedJson(await readFile(path, 'utf8')));
  if (!parsed.success) throw new CliError('resumeDamaged', exitCodes.usage, `${path} does not hold the progress of a run.`, 'name another file: mesh sim run --resume progress.json --seeds 100000');
  if (parsed.data.app !== app) throw new CliError('resumeOfOtherApp', exitCodes.conflict, `${path} holds the progress of a run with the app ${parsed.data.app}, not ${app}.`, `mesh sim run --app ${parsed.data.app} --resume ${path}`);
  // Only this command writes the file; of kinds of faults and scenarios it holds what the simulator gave.
  return parsed.data as unknown as Progress;
}

/** Replaces the file as a whole: whatever happens, it holds what was done up to some moment. */
export async function saveProgress(path: string, progress: Progress): Promise<void> {
  await writePrivateFile(path, JSON.stringify({ version: 1, ...progress }));
}
