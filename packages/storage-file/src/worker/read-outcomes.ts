import { join } from 'node:path';
import type { StoredOutcome } from '@raft-mesh/mesh';
import { nodeFileSystem } from '../file-system.ts';
import { outcomesFileName, outcomesGenerationOf } from './journal.ts';
import { readLines } from './line-file.ts';
import { isStoredOutcome } from './stored-shapes.ts';

/**
 * The outcomes that a worker's directory keeps (the newest, some ten thousand at least), in order, for auditors. Takes no lock, so the worker may be running; a line
 * being written is left out. The same outcome may be there twice. Empty when there is none. Throws `WorkerStoreDamagedError`.
 */
export async function readOutcomes(directory: string): Promise<readonly StoredOutcome[]> {
  const generations = (await nodeFileSystem.list(directory)).flatMap((name) => outcomesGenerationOf(name) ?? []).toSorted((one, other) => one - other);
  // One may be removed meanwhile: then its outcomes are among those that are not kept.
  const files = await Promise.all(generations.map((generation) => readLines(nodeFileSystem, join(directory, outcomesFileName(generation)), 0, isStoredOutcome)));
  return files.flatMap((lines) => lines?.items ?? []);
}
