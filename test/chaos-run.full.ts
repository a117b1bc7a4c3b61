import { expect, test } from '@jest/globals';
import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { childrenOf, eventually, isRunning, meshCommand, runMesh } from './support/processes.ts';

const faults = ['killLeader', 'killFollower', 'pauseLeader', 'pauseFollower', 'partition', 'partitionOneWay', 'slowLinks', 'slowDisk', 'diskFull', 'restart', 'crashAll'];

test('a short run breaks a mesh of its own, loses nothing, and says so in its last line', async () => {
  const { stdout, stderr, code } = await runMesh(['chaos', 'run', '--minutes', '0.3', '--seed', '1', '--clients', '8', '--json']);
  const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { acknowledged: number; faults: Record<string, number>; failovers: Record<string, number> };
  expect(report).toMatchObject({ operations: expect.any(Number), lost: 0, linearizable: true, longestOutageMs: expect.any(Number) });
  expect(Object.keys(report)).toEqual(['operations', 'acknowledged', 'lost', 'linearizable', 'faults', 'longestOutageMs', 'failovers']);
  expect(Object.keys(report.faults)).toEqual(faults);
  expect(Object.keys(report.failovers)).toEqual(['count', 'p50', 'p99', 'max']);
  expect(report.acknowledged).toBeGreaterThan(0);
  // How fast it was says more about the machine than about the mesh: that is judged where nothing else runs.
  const broken = stderr.split('\n').filter((line) => line.startsWith('does not hold') && !/a second were acknowledged|nothing was acknowledged/.test(line));
  expect(broken).toEqual([]);
  expect([0, 8]).toContain(code);
}, 180_000);

test('what cannot be run is refused with what can', async () => {
  for (const [args, message] of [[['--managers', '4'], 'choose 3, 5 or 7'], [['--faults', 'flood'], 'There is no fault "flood"'], [['--minutes', '0'], '--minutes takes'], [['--seed', '-1'], '--seed takes'], [['--clients', '0'], '--clients takes']] as const) {
    const { code, stderr } = await runMesh(['chaos', 'run', ...args, '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stderr)).toEqual({ error: { code: 'usage', message: expect.stringContaining(message), next: 'mesh chaos run --help' } });
  }
});

test('faults strike under load; SIGKILL of the command ends all that it started', async () => {
  const child = spawn(process.execPath, [meshCommand, 'chaos', 'run', '--minutes', '5', '--json'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = new Promise((resolve) => { child.once('exit', resolve); });
  let children: readonly number[] = [];
  let directory = '';
  try {
    for await (const line of createInterface({ input: child.stderr })) {
      directory = /relay in (.+)$/.exec(line)?.[1] ?? directory;
      children = childrenOf(child.pid ?? 0);
      const [, kind] = /s {2}(\w+): .*m\d/.exec(line) ?? [];
      if (kind === undefined) continue;
      expect(faults).toContain(kind);
      break;
    }
    expect(children.length).toBeGreaterThanOrEqual(3);
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
  await eventually('every child has ended', () => children.every((pid) => !isRunning(pid)), 10_000);
  expect(directory).toContain('raft-mesh-chaos-');
  execFileSync('rm', ['-rf', directory]);
}, 120_000);
