import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { targets } from '../fuzz/targets/index.ts';

const inputs = 3_000;

test('three thousand inputs to every decoder and route: no crash, no hang, no growth', async () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', '--conditions=@raft-mesh/source', 'fuzz/main.ts', '--inputs', String(inputs), '--seed', '1', '--json'], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => { stdout += data.toString(); });
  child.stderr.on('data', (data: Buffer) => { stderr += data.toString(); });
  const code = await new Promise<number | null>((resolve) => { child.once('close', resolve); });
  const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? 'null') as { inputs: number; crashed: number; hung: number; targets: Record<string, { inputs: number; accepted: number; refused: number }> };
  expect({ code, crashed: result.crashed, hung: result.hung, stderr: code === 0 ? '' : stderr.slice(-4_000) }).toEqual({ code: 0, crashed: 0, hung: 0, stderr: '' });
  expect(result.inputs).toBeGreaterThanOrEqual(inputs);
  expect(Object.keys(result.targets).toSorted()).toEqual(targets.map(({ name }) => name).toSorted());
}, 240_000);
