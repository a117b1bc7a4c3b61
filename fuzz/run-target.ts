import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Draw } from './draw.ts';
import type { Target, Verdict } from './target.ts';

export interface Tally {
  inputs: number;
  accepted: number;
  refused: number;
}

export interface Failure {
  readonly target: string;
  readonly seed: number;
  /** Which input of that seed; -1 for one of the corpus or a valid sample. */
  readonly number: number;
  readonly input: Uint8Array;
  readonly error: string;
}

export interface RunOptions {
  readonly target: Target;
  readonly inputs: number;
  readonly seed: number;
  readonly corpus: string;
  /** Called before each input is run. */
  readonly onInput: (number: number) => void;
  /** Called after half of the inputs: caches are full by then or nearly, and a leak has as much to grow by again. */
  readonly onWarm: () => void;
}

/** Runs the corpus, then the valid samples, then drawn inputs. Stops at the first that breaks the target. */
export async function runTarget({ target, inputs, seed, corpus, onInput, onWarm }: RunOptions): Promise<{ readonly tally: Tally; readonly failure: Failure | null }> {
  const tally: Tally = { inputs: 0, accepted: 0, refused: 0 };
  let opened = await target.open();
  const run = async (input: Uint8Array, number: number): Promise<Failure | null> => {
    onInput(number);
    try {
      // No await where there is nothing to wait for: it would cost more than most decoders.
      const running: Verdict | Promise<Verdict> = opened.run(input);
      const verdict = typeof running === 'string' ? running : await running;
      tally.inputs += 1;
      tally[verdict] += 1;
      return null;
    } catch (error) {
      return { target: target.name, seed, number, input, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
  };
  try {
    for (const input of [...await corpusOf(corpus, target.name), ...target.valid()]) {
      const failure = await run(input, -1);
      if (failure !== null) return { tally, failure };
    }
    for (let number = 0; number < inputs; number += 1) {
      if (number === Math.floor(inputs / 2)) onWarm();
      if (target.reopenAfter !== undefined && number > 0 && number % target.reopenAfter === 0) {
        await opened.close();
        opened = await target.open();
      }
      const failure = await run(target.generate(new Draw(seed, target.name, number)), number);
      if (failure !== null) return { tally, failure };
    }
    return { tally, failure: null };
  } finally {
    await opened.close();
  }
}

/** Inputs that broke something once. */
export async function corpusOf(corpus: string, target: string): Promise<readonly Uint8Array[]> {
  const folder = join(corpus, target);
  const names = await readdir(folder).catch((): string[] => []);
  return Promise.all(names.toSorted().map(async (name) => new Uint8Array(await readFile(join(folder, name)))));
}
