import type { Draw } from './draw.ts';

/** How a decoder took an input. Anything else that it does (a throw that is no typed refusal, a value that does not come back) breaks the target. */
export type Verdict = 'accepted' | 'refused';

/** What a target has open while inputs run. */
export interface Opened {
  /** Throws when the decoder broke a promise. */
  run(input: Uint8Array): Verdict | Promise<Verdict>;
  close(): void | Promise<void>;
}

/** One way in for bytes or text from outside. */
export interface Target {
  readonly name: string;
  /** Its share of the inputs, in comparison with others. A slow target gets less. */
  readonly weight: number;
  /** The n-th input is a function of the seed and n alone. */
  readonly generate: (draw: Draw) => Uint8Array;
  /** Opened anew after this many inputs, for targets whose state is meant to grow. Default: never. */
  readonly reopenAfter?: number;
  /** Inputs that are wanted to be accepted, each once, before any other. */
  readonly valid: () => readonly Uint8Array[];
  readonly open: () => Opened | Promise<Opened>;
}

/** Thrown by a target when a promise was broken that no exception shows. */
export class Broken extends Error {}

export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Broken(what);
}
