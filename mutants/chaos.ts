import { spawn } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ChaosReport } from '@raft-mesh/chaos';
import { bundleWithMistake } from './bundle.ts';
import { readMutants } from './mutant.ts';

// npm run test:chaos-mutants -- [--only name,name] [--minutes 1] [--seed 1]
// The test of `mesh chaos run`: with managers in which a mistake has been made it must exit 8, for what it judged; the managers as they are
// must pass under the same faults. What is patched is the program of a manager; the clients and the judge are as they are.

/** The mistakes, each with the faults that show it. */
const shownBy: Readonly<Record<string, string>> = {
  'acknowledged-before-flush': 'crashAll',
  'written-is-told-before-the-flush': 'crashAll',
  'storage-batch-not-flushed': 'crashAll',
  'read-without-a-quorum': 'partition',
};
const attemptsMax = 2;

const argument = (name: string): string | null => {
  const at = process.argv.indexOf(name);
  return at === -1 ? null : process.argv[at + 1] ?? null;
};
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const only = argument('--only')?.split(',') ?? null;
const minutes = argument('--minutes') ?? '1';
const firstSeed = Number(argument('--seed') ?? 1);
// Below the source tree, where native code that is not bundled is found.
const folder = join(root, 'node_modules/.cache/raft-mesh-chaos');

interface Run { readonly code: number; readonly report: ChaosReport | null; readonly reasons: readonly string[] }

async function chaos(bundle: string, faults: string, seed: number): Promise<Run> {
  const out = join(folder, 'run');
  await rm(out, { recursive: true, force: true });
  const child = spawn(process.execPath, [
    join(root, 'packages/cli/bin/mesh.js'), 'chaos', 'run', '--minutes', minutes, '--seed', String(seed), '--faults', faults, '--manager-entry', bundle, '--out', out, '--json',
  ], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data: Buffer) => { stdout += data.toString(); });
  child.stderr.on('data', (data: Buffer) => { stderr += data.toString(); });
  const code = await new Promise<number>((resolve) => { child.once('close', (ended) => resolve(ended ?? -1)); });
  const last = stdout.trim().split('\n').at(-1) ?? '';
  const reasons = stderr.split('\n').filter((line) => line.startsWith('does not hold') || line.startsWith('error') || line.startsWith('{"error"'));
  return { code, reasons, report: last.startsWith('{"operations"') ? JSON.parse(last) as ChaosReport : null };
}

/** For what clients were told, and not because it was slow or few faults came. */
const isCaught = ({ code, report }: Run): boolean => code === 8 && report !== null && (report.lost > 0 || !report.linearizable);
const figures = ({ code, report }: Run): string => `exit code ${code}, ${report === null ? 'no report' : `${report.acknowledged} acknowledged, ${report.lost} lost, ${report.linearizable ? '' : 'not '}linearizable, faults ${JSON.stringify(report.faults)}`}`;

await mkdir(folder, { recursive: true });
let failed = false;
try {
  const mutants = (await readMutants(join(root, 'mutants/patches'))).filter(({ name }) => name in shownBy && (only === null || only.includes(name)));
  if (only === null && mutants.length !== Object.keys(shownBy).length) throw new Error('some of the mistakes have no patch any more');
  const needed = new Map<string, number>();
  for (const mutant of mutants) {
    const bundle = join(folder, `${mutant.name}.mjs`);
    await bundleWithMistake(root, 'packages/chaos/src/manager/main.ts', mutant, bundle);
    const faults = shownBy[mutant.name] ?? '';
    let caught = false;
    for (let attempt = 0; attempt < attemptsMax && !caught; attempt += 1) {
      const run = await chaos(bundle, faults, firstSeed + attempt);
      caught = isCaught(run);
      needed.set(faults, Math.max(needed.get(faults) ?? 0, attempt + 1));
      console.log(`${mutant.name} (${mutant.mistake}): ${caught ? 'caught' : 'not caught'} at seed ${firstSeed + attempt}: ${figures(run)}`);
      if (caught) console.log(run.reasons.slice(0, 1).map((line) => `  ${line.slice(0, 300)}`).join('\n'));
    }
    if (!caught) failed = true;
  }
  const bundle = join(folder, 'as-it-is.mjs');
  await bundleWithMistake(root, 'packages/chaos/src/manager/main.ts', null, bundle);
  for (const [faults, attempts] of needed) {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const run = await chaos(bundle, faults, firstSeed + attempt);
      const holds = run.report !== null && run.report.lost === 0 && run.report.linearizable;
      console.log(`the managers as they are, ${faults}, seed ${firstSeed + attempt}: ${holds ? 'nothing lost, linearizable' : 'NOT'}: ${figures(run)}`);
      if (!holds) {
        console.log(run.reasons.slice(0, 3).join('\n'));
        failed = true;
      }
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
