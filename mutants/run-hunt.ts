import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { HuntOrder, HuntResult } from './hunt-result.ts';

/** Runs a bundled hunt as a process. A mistake may loop for ever: a seed that has not ended by the limit is ended, and counts as a hang that was noticed. */
export async function runHunt(bundle: string, order: HuntOrder, seedLimitMs: number): Promise<readonly HuntResult[]> {
  const child = spawn(process.execPath, ['--max-old-space-size=2048', bundle, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const results: HuntResult[] = [];
  let errors = '';
  let hangs = false;
  child.stderr.on('data', (data: Buffer) => { errors = `${errors}${data.toString()}`.slice(-4_000); });
  const timer = setTimeout(() => { hangs = true; child.kill('SIGKILL'); }, seedLimitMs);
  let seed = 0;
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    timer.refresh();
    if (line.startsWith('seed ')) seed = Number(line.slice(5));
    else if (line.startsWith('{"start"')) results.push(JSON.parse(line) as HuntResult);
  });
  const [code] = await Promise.all([
    new Promise<number | null>((resolve) => { child.on('close', resolve); }),
    new Promise<void>((resolve) => { lines.on('close', resolve); }),
  ]);
  clearTimeout(timer);
  const start = order.starts[results.length];
  if (start === undefined) return results;
  const seeds = Math.max(1, seed - start + 1);
  const ended: HuntResult = hangs
    ? { start, caught: true, seeds, promise: 'ends', message: `seed ${seed} did not end within ${seedLimitMs} ms`, milliseconds: seedLimitMs }
    // Out of memory, or an error that the run could not hold.
    : { start, caught: true, seeds, promise: 'survives', message: `the process ended with ${String(code)}: ${errors.trim().split('\n').at(-1) ?? ''}`, milliseconds: 0 };
  const left = order.starts.slice(results.length + 1);
  return [...results, ended, ...(left.length === 0 ? [] : await runHunt(bundle, { ...order, starts: left }, seedLimitMs))];
}
