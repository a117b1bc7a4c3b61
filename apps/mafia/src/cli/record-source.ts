import { readFile, stat } from 'node:fs/promises';
import type { Worker } from '@raft-mesh/mesh-node';
import { askForRecord } from '../index.ts';
import { GameCommandError } from './game.ts';

/** Characters of a file that is read as a record: a record has at most a megabyte. */
const fileBytesMax = 8 * 1024 * 1024;

/** Where a record comes from: a file, or the mesh. */
export type RecordSource = { readonly kind: 'file'; readonly file: string } | { readonly kind: 'mesh'; readonly worker: Worker; readonly game: number | null };

async function fromFile(file: string): Promise<unknown> {
  const next = 'mesh game record --out game.json';
  try {
    const { size } = await stat(file);
    if (size > fileBytesMax) throw new GameCommandError('tooLarge', 2, `${file} has ${size} bytes; no record has so many.`, next);
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch (error) {
    if (error instanceof GameCommandError) throw error;
    if (error instanceof SyntaxError) throw new GameCommandError('notARecord', 8, `${file} is no record of a game: it is not JSON.`, next);
    throw new GameCommandError('noFile', 3, `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`, next);
  }
}

/** Whatever is there that is said to be a record; nobody has looked at it yet. */
export async function recordFrom(source: RecordSource): Promise<unknown> {
  if (source.kind === 'file') return fromFile(source.file);
  const result = await askForRecord(source.worker, source.game ?? undefined);
  if (!result.found) throw new GameCommandError(result.code, result.code === 'noRecord' ? 3 : 4, `The mesh gave no record: ${result.message}.`, 'mesh game status');
  return result.record;
}
