import { median } from './median.ts';
import type { HuntResult } from './hunt-result.ts';
import type { Mutant } from './mutant.ts';

export interface Row {
  readonly mutant: Mutant;
  readonly hunts: readonly HuntResult[];
}

/** Promises that caught it, the most frequent first. */
export function catchers(hunts: readonly HuntResult[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { promise } of hunts) if (promise !== null) counts.set(promise, (counts.get(promise) ?? 0) + 1);
  return [...counts].sort((one, other) => other[1] - one[1]).map(([promise]) => promise);
}

export function isCaught({ hunts }: Row): boolean {
  return hunts.length > 0 && hunts.every((hunt) => hunt.caught);
}

/** As it stands in docs/mutants.md. */
export function markdownTable(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const { mutant, hunts } = row;
    const seeds = hunts.map((hunt) => hunt.seeds);
    const caught = isCaught(row) ? `${median(seeds)} (${Math.min(...seeds)}–${Math.max(...seeds)})` : '**not caught**';
    return `| \`${mutant.name}\` | ${mutant.mistake} | ${mutant.part} | ${mutant.scenarios} | ${catchers(hunts).join(', ')} | ${caught} |`;
  });
  return ['| mutant | the mistake | in | scenarios | what catches it | seeds to catch: median (least–most) |', '|---|---|---|---|---|---|', ...lines].join('\n');
}
