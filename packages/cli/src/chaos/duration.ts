import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Output } from '../output.ts';

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };
const longestMs = 24 * 3_600_000;

/** `500ms`, `2s`, `1.5m`, or a number of ms. */
export function durationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text);
  const value = Number(match?.[1] ?? Number.NaN) * (unitsMs[match?.[2] ?? 'ms'] ?? 1);
  if (!(value > 0 && value <= longestMs)) throw new CliError('usage', exitCodes.usage, `"${text}" is no time: write 500ms, 2s or 1m, at most a day.`, 'mesh chaos --help');
  return Math.round(value);
}

/** Waits so long, or until Ctrl-C, then mends. With no time given it returns at once, and what is broken stays so. */
export async function whileItLasts(forMs: number | undefined, output: Output, mend: () => Promise<void>): Promise<void> {
  if (forMs === undefined) return;
  output.note(`for ${forMs} ms…`);
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, forMs);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { clearTimeout(timer); resolve(); });
  });
  await mend();
}
