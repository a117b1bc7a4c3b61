import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Draw } from './draw.ts';
import type { Failure, Tally } from './run-target.ts';
import { targets } from './targets/index.ts';
import type { WorkerOrder, WorkerReport } from './worker.ts';

// npm run fuzz -- [--inputs 1000000] [--seed 1] [--json] [--target NAME]   every decoder and every HTTP route
// npm run fuzz -- --target NAME --input FILE                               one input again
// Exits with 8 when something broke. The input is printed, and kept in fuzz/failures/ until it has a place in fuzz/corpus/.

const argument = (name: string): string | null => {
  const at = process.argv.indexOf(name);
  return at === -1 ? null : process.argv[at + 1] ?? null;
};
const folder = dirname(fileURLToPath(import.meta.url));
const corpus = join(folder, 'corpus');
const json = process.argv.includes('--json');
const seed = Number(argument('--seed') ?? 1);
const inputs = Number(argument('--inputs') ?? 1_000_000);
const only = argument('--target');
const chosen = targets.filter(({ name }) => only === null || name === only || name.startsWith(`${only}.`) || name.startsWith(`${only} `));
/** Far more than any input takes on a busy machine. */
const hangMs = 30_000;
/** What caches and compiled code may come to, all targets together: over the later half of the inputs, or, of a target that is opened anew on the way, over all of them. A leak of a hundred bytes an input is more. */
const heapGrowthMaxBytes = 48 * 1024 * 1024;

if (chosen.length === 0 || !Number.isSafeInteger(seed) || !(inputs > 0)) {
  console.error(`usage: npm run fuzz -- [--inputs N] [--seed S] [--json] [--target NAME [--input FILE]]\ntargets:\n${targets.map(({ name }) => `  ${name}`).join('\n')}`);
  process.exit(2);
}
const replayed = argument('--input');
if (replayed !== null) await replay(replayed);
else await runAll();

async function replay(file: string): Promise<void> {
  const [target] = chosen;
  if (target === undefined || chosen.length > 1) throw new Error('name one target: --target NAME');
  const opened = await target.open();
  try {
    console.log(await opened.run(new Uint8Array(await readFile(file))));
  } catch (error) {
    console.error(error);
    process.exitCode = 8;
  } finally {
    await opened.close();
  }
}

async function runAll(): Promise<void> {
  const weight = chosen.reduce((sum, target) => sum + target.weight, 0);
  const plan = chosen.map((target) => ({ target: target.name, inputs: Math.ceil((inputs * target.weight) / weight) }));
  const tallies: Record<string, Tally> = {};
  const failures: Failure[] = [];
  let heapGrowthBytes = 0;
  let hung = 0;
  for (let rest = plan; rest.length > 0;) {
    const run = await runWorker({ seed, corpus, plan: rest, progress: new SharedArrayBuffer(12) }, (report) => {
      if (report.kind === 'started') return;
      tallies[report.target] = report.tally;
      heapGrowthBytes += report.heapGrowthBytes;
      if (report.failure !== null) failures.push(report.failure);
      const { inputs: count, accepted, refused } = report.tally;
      console.error(`${report.target.padEnd(40)} ${String(count).padStart(8)} inputs  ${String(accepted).padStart(8)} accepted  ${String(refused).padStart(8)} refused  ${(report.tookMs / 1000).toFixed(1)} s  ${(report.heapGrowthBytes / 1024).toFixed(0)} KiB${report.failure === null ? '' : '  BROKEN'}`);
    });
    if (run.hung === null) break;
    hung += 1;
    const { target, number } = run.hung;
    const input = number < 0 ? new Uint8Array() : targets.find(({ name }) => name === target)?.generate(new Draw(seed, target, number)) ?? new Uint8Array();
    failures.push({ target, seed, number, input, error: `no end within ${hangMs / 1000} s` });
    rest = rest.slice(rest.findIndex((step) => step.target === target) + 1);
  }
  for (const failure of failures) await tell(failure);
  const total = Object.values(tallies).reduce((sum, tally) => sum + tally.inputs, 0);
  const result = { inputs: total, crashed: failures.length - hung, hung, heapGrowthBytes, targets: tallies };
  console.log(json ? JSON.stringify(result) : `${total} inputs to ${Object.keys(tallies).length} targets: ${result.crashed} crashed, ${hung} hung, the heap grew by ${(heapGrowthBytes / 1024 / 1024).toFixed(1)} MiB`);
  if (heapGrowthBytes > heapGrowthMaxBytes) console.error(`the heap grew by more than ${heapGrowthMaxBytes} bytes`);
  process.exit(failures.length > 0 || heapGrowthBytes > heapGrowthMaxBytes ? 8 : 0);
}

/** Runs targets in a thread of their own; ends it when an input takes too long. */
function runWorker(order: WorkerOrder, onReport: (report: WorkerReport) => void): Promise<{ readonly hung: { readonly target: string; readonly number: number } | null }> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./start-worker.mjs', import.meta.url), { workerData: order, resourceLimits: { maxOldGenerationSizeMb: 2048 } });
    const place = new Int32Array(order.progress);
    let seen = -1;
    let seenAtMs = performance.now();
    const watch = setInterval(() => {
      const now = Atomics.load(place, 2);
      if (now !== seen) [seen, seenAtMs] = [now, performance.now()];
      if (performance.now() - seenAtMs < hangMs) return;
      clearInterval(watch);
      const hung = { target: order.plan[Atomics.load(place, 0)]?.target ?? '', number: Atomics.load(place, 1) };
      void worker.terminate().then(() => resolve({ hung }));
    }, 500);
    worker.on('message', (report: WorkerReport) => { seenAtMs = performance.now(); onReport(report); });
    worker.on('error', (error) => { clearInterval(watch); reject(new Error(`in ${order.plan[Atomics.load(place, 0)]?.target ?? 'no target'}, input ${Atomics.load(place, 1)}: ${String(error)}`, { cause: error })); });
    worker.on('exit', () => { clearInterval(watch); resolve({ hung: null }); });
  });
}

async function tell({ target, seed, number, input, error }: Failure): Promise<void> {
  const file = join(folder, 'failures', `${target.replace(/[^\w.-]+/g, '_')}-${seed}-${number}`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, input);
  console.error(`\n${target} broke at input ${number} of seed ${seed} (${input.length} bytes):\n${error}\nbase64: ${Buffer.from(input.subarray(0, 4096)).toString('base64')}${input.length > 4096 ? '…' : ''}\nagain: npm run fuzz -- --target '${target}' --input ${file}`);
}
