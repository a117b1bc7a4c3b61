import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, meshCommand, runMesh } from './support/processes.ts';

let directory: string;
beforeAll(() => { directory = mkdtempSync(join(tmpdir(), 'mesh-sim-')); });
afterAll(() => { rmSync(directory, { recursive: true, force: true }); });

interface Report { readonly seeds: number; readonly failures: readonly unknown[]; readonly events: number; readonly operations: number; readonly simulatedSeconds: number; readonly wallSeconds: number; readonly faults: Readonly<Record<string, number>> }
const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
const sim = (...args: string[]) => runMesh(['sim', 'run', '--out', join(directory, 'failures'), ...args]);

describe('mesh sim run', () => {
  test('eight seeds with documents and Mafia: the last line says what they came to', async () => {
    const { code, stdout, stderr } = await sim('--seeds', '8', '--from', '1', '--json');
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    const report = JSON.parse(lastLine(stdout)) as Report;
    expect(report).toMatchObject({ seeds: 8, failures: [] });
    expect(report.operations).toBeGreaterThanOrEqual(800);
    expect(report.simulatedSeconds).toBeGreaterThanOrEqual(80);
    expect(Object.values(report.faults).filter((times) => times > 0).length).toBeGreaterThan(10);
    expect(stderr).toMatch(/× real time/);
  }, 180_000);

  test('one seed gives one hash, run after run; another seed another', async () => {
    const hashOf = async (seed: string): Promise<string> => {
      const { code, stdout } = await sim('--seed', seed, '--json');
      expect(code).toBe(0);
      return (JSON.parse(lastLine(stdout)) as { readonly traceHash: string }).traceHash;
    };
    const hash = await hashOf('7');
    expect(await hashOf('7')).toBe(hash);
    expect(await hashOf('8')).not.toBe(hash);
  }, 60_000);

  test('Ctrl-C ends it with what was done so far', async () => {
    const resume = join(directory, 'interrupted.json');
    const child = spawn(process.execPath, [meshCommand, 'sim', 'run', '--seeds', '100000', '--app', 'none', '--resume', resume, '--json'], { stdio: ['ignore', 'pipe', 'ignore'] });
    let stdout = '';
    child.stdout.on('data', (data: Buffer) => { stdout += data.toString(); });
    const closed = new Promise<number | null>((resolve) => { child.once('close', resolve); });
    await eventually('some seeds are done', () => existsSync(resume), 60_000);
    child.kill('SIGINT');
    expect(await closed).toBe(130);
    const report = JSON.parse(lastLine(stdout)) as Report;
    expect(report.seeds).toBeGreaterThan(0);
    expect(JSON.parse(readFileSync(resume, 'utf8'))).toMatchObject({ tally: { seeds: report.seeds } });
  }, 120_000);

  test.each<[string, readonly string[], number]>([
    ['a number that is none', ['--seeds', 'many'], 2],
    ['a seed and many', ['--seed', '1', '--workers', '2'], 2],
    ['a scenario that is not there', ['--scenario', '/does/not/exist.json'], 3],
    ['an app that is not there', ['--seed', '1', '--app', '@raft-mesh/no-such-app'], 3],
  ])('%s is refused, with the next step', async (_, args, expected) => {
    const { code, stderr } = await sim(...args);
    expect(code).toBe(expected);
    expect(stderr).toContain('Next: ');
  });

  test('a file that holds no scenario is refused, and says where it is wrong', async () => {
    const file = join(directory, 'wrong.json');
    writeFileSync(file, '{"seed": 1}');
    const { code, stderr } = await sim('--scenario', file);
    expect(code).toBe(2);
    expect(stderr).toContain('managers');
  });
});
