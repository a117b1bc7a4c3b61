import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { HuntOrder, HuntResult } from './hunt-result.ts';

/** Runs a bundled hunt as a process. A mistake may loop for ever: what has not ended by the limit is ended, and counts as a hang that was noticed. */
export async function runHunt(bundle: string, order: HuntOrder, limitMs: number): Promise<readonly HuntResult[]> {
  const child = spawn(process.execPath, ['--max-old-space-size=2048', bundle, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const results: HuntResult[] = [];
  let errors = '';
  let hangs = false;
  child.stderr.on('data', (data: Buffer) => { errors = `${errors}${data.toString()}`.slice(-4_000); });
  const timer = setTimeout(() => { hangs = true; child.kill('SIGKILL'); }, limitMs);
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => { if (line.startsWith('{"start"')) results.push(JSON.parse(line) as HuntResult); });
  const [code] = await Promise.all([
    new Promise<number | null>((resolve) => { child.on('close', resolve); }),
    new Promise<void>((resolve) => { lines.on('close', resolve); }),
  ]);
  clearTimeout(timer);
  const start = order.starts[results.length];
  if (start === undefined) return results;
  if (hangs) return [...results, { start, caught: true, seeds: 1, promise: 'ends', message: `did not end within ${limitMs} ms`, milliseconds: limitMs }];
  // Out of memory, or an error that the run could not hold.
  return [...results, { start, caught: true, seeds: 1, promise: 'survives', message: `the process ended with ${String(code)}: ${errors.trim().split('\n').at(-1) ?? ''}`, milliseconds: 0 }];
}
