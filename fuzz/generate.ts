import { Packr } from 'msgpackr';
import type { Draw } from './draw.ts';
import { mutateBytes } from './mutate-bytes.ts';
import { mutateValue } from './mutate-value.ts';

/** A format: how a tree of plain values becomes bytes. */
export type Write = (value: unknown) => Uint8Array;

const packr = new Packr({ useRecords: false, variableMapSize: true });
const encoder = new TextEncoder();

export const messagePack: Write = (value) => new Uint8Array(packr.pack(value));
export const json: Write = (value) => encoder.encode(JSON.stringify(value, bytesAsText) ?? 'null');
/** One JSON value a line. */
export const jsonLines: Write = (value) => encoder.encode((Array.isArray(value) ? value : [value]).map((line: unknown) => `${JSON.stringify(line, bytesAsText) ?? 'null'}\n`).join(''));
export const text: Write = (value) => encoder.encode(typeof value === 'string' ? value : JSON.stringify(value));

function bytesAsText(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64url') : value;
}

export interface GenerateOptions {
  /** How many of a thousand inputs have their bytes changed, after their values. Few where a checksum would hide all else. */
  readonly bytesPerMille?: number;
}

/** Inputs from valid samples: values are changed where a value can be, then bytes. A few stay as they are. */
export function generator(samples: readonly unknown[], write: Write, { bytesPerMille = 350 }: GenerateOptions = {}): { readonly generate: (draw: Draw) => Uint8Array; readonly valid: () => readonly Uint8Array[] } {
  return {
    valid: () => samples.map(write),
    generate(draw) {
      const sample = draw.of(samples);
      const value = draw.chance(850) ? mutateValue(sample, draw, () => partOf(draw.of(samples), draw)) : sample;
      const data = written(value, write) ?? write(sample);
      return draw.chance(bytesPerMille) ? mutateBytes(data, draw, () => write(draw.of(samples))) : data;
    },
  };
}

/** Some part of a sample, or all of it. */
function partOf(value: unknown, draw: Draw): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || draw.chance(300)) return value;
  const parts: readonly unknown[] = Object.values(value);
  return parts.length === 0 ? value : partOf(draw.of(parts), draw);
}

/** `null` where a format has no bytes for a value: nested deeper than its writer can go. */
function written(value: unknown, write: Write): Uint8Array | null {
  try {
    return write(value);
  } catch {
    return null;
  }
}
