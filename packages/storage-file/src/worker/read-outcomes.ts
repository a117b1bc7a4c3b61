import { join } from 'node:path';
import type { StoredOutcome } from '@raft-mesh/mesh';
import { nodeFileSystem } from '../file-system.ts';
import { outcomesFileName } from './journal.ts';
import { readLines } from './line-file.ts';
import { isStoredOutcome } from './stored-shapes.ts';

/**
 * Every outcome that a worker's directory ever stored, in order, for auditors. Takes no lock, so the worker may be running; a line
 * being written is left out. The same outcome may be there twice. Empty when there is none. Throws `WorkerStoreDamagedError`.
 */
export async function readOutcomes(directory: string): Promise<readonly StoredOutcome[]> {
  const lines = await readLines(nodeFileSystem, join(directory, outcomesFileName), 0, isStoredOutcome);
  return lines?.items ?? [];
}
