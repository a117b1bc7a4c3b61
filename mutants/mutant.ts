import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parsePatch } from 'diff';
import type { StructuredPatch } from 'diff';

/** One realistic mistake, as a patch against the source. */
export interface Mutant {
  /** Name of the patch file, without its ending. */
  readonly name: string;
  /** What is wrong, in one sentence. */
  readonly mistake: string;
  /** Which part of the code it is made in. */
  readonly part: string;
  /** Numbers of docs/scenarios.md that it has to do with, as text; `-` for none. */
  readonly scenarios: string;
  readonly patches: readonly StructuredPatch[];
}

/** Every `*.patch` in a folder. Its head says `mistake:`, `part:` and `scenarios:`, a line each. */
export async function readMutants(folder: string): Promise<readonly Mutant[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.patch')).sort();
  return Promise.all(files.map(async (file) => {
    const text = await readFile(join(folder, file), 'utf8');
    const head = (key: string): string => {
      const value = new RegExp(`^${key}: (.+)$`, 'm').exec(text)?.[1];
      if (value === undefined) throw new Error(`mutants/patches/${file} does not say "${key}:" in its head`);
      return value;
    };
    const patches = parsePatch(text.slice(text.indexOf('--- a/')));
    if (patches.length === 0) throw new Error(`mutants/patches/${file} changes nothing`);
    return { name: file.replace('.patch', ''), mistake: head('mistake'), part: head('part'), scenarios: head('scenarios'), patches };
  }));
}
