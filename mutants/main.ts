import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWithMistake } from './bundle.ts';
import type { HuntOrder } from './hunt-result.ts';
import { readMutants } from './mutant.ts';
import { runHunt } from './run-hunt.ts';
import { isCaught, markdownTable } from './table.ts';
import type { Row } from './table.ts';

// npm run test:mutants -- [--only name,name] [--seeds-max 1000] [--starts 5] [--seed-limit-seconds 60] [--workers 2] [--write]
// Each mutant is one realistic mistake. The simulator must catch every one of them, from every start; the code as it is must pass the same seeds.

const argument = (name: string): string | null => {
  const at = process.argv.indexOf(name);
  return at === -1 ? null : process.argv[at + 1] ?? null;
};
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const only = argument('--only')?.split(',') ?? null;
const seedsMax = Number(argument('--seeds-max') ?? 1000);
const starts = Array.from({ length: Number(argument('--starts') ?? 5) }, (_, place) => 1 + place * 10_000);
const seedLimitMs = Number(argument('--seed-limit-seconds') ?? 60) * 1000;
const workers = Number(argument('--workers') ?? 2);

const mutants = (await readMutants(join(root, 'mutants/patches'))).filter(({ name }) => only === null || only.includes(name));
const folder = await mkdtemp(join(tmpdir(), 'raft-mesh-mutants-'));
const rows: Row[] = [];
let failed = false;
try {
  const waiting = [...mutants];
  const work = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const bundle = join(folder, `${mutant.name}.mjs`);
      await bundleWithMistake(root, 'mutants/hunt.ts', mutant, bundle);
      const hunts = await runHunt(bundle, { starts, seedsMax }, seedLimitMs);
      const row: Row = { mutant, hunts };
      rows.push(row);
      await rm(bundle);
      console.error(`${rows.length}/${mutants.length} ${mutant.name}: ${isCaught(row) ? 'caught' : 'NOT CAUGHT'} ${hunts.map((hunt) => `${hunt.caught ? '' : '>'}${hunt.seeds} ${hunt.promise ?? ''}`).join(', ')}`);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  rows.sort((one, other) => (one.mutant.name < other.mutant.name ? -1 : 1));
  if (rows.some((row) => !isCaught(row))) failed = true;

  const needed = Math.max(...rows.flatMap(({ hunts }) => hunts.filter(({ caught }) => caught).map(({ seeds }) => seeds)), 1);
  const bundle = join(folder, 'as-it-is.mjs');
  await bundleWithMistake(root, 'mutants/hunt.ts', null, bundle);
  console.error(`the code as it is, ${needed} seeds from each start…`);
  const orders = Array.from({ length: workers }, (_, worker): HuntOrder => ({ starts: starts.filter((__, place) => place % workers === worker), seedsMax: needed }));
  const clean = (await Promise.all(orders.map((order) => runHunt(bundle, order, seedLimitMs)))).flat();
  const broken = clean.filter(({ caught }) => caught);
  for (const { start, seeds, promise, message } of broken) console.error(`the code as it is fails at seed ${start + seeds - 1}: ${promise ?? ''}: ${message ?? ''}`);
  if (broken.length > 0) failed = true;

  const caught = rows.filter(isCaught).length;
  const summary = `${rows.length} mutants, ${caught} caught; the code as it is passes the same ${needed} seeds from each of ${starts.length} starts: ${broken.length === 0 ? 'yes' : 'NO'}.`;
  console.log(`${markdownTable(rows)}\n\n${summary}`);
  if (process.argv.includes('--write')) {
    const page = join(root, 'docs/mutants.md');
    const text = await readFile(page, 'utf8');
    await writeFile(page, text.replace(/<!-- table -->[\s\S]*<!-- end of table -->/, () => `<!-- table -->\n${markdownTable(rows)}\n\n${summary}\n<!-- end of table -->`));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
