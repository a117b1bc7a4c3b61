import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMesh } from './support/processes.ts';

let directory: string;
beforeAll(() => { directory = mkdtempSync(join(tmpdir(), 'mesh-sim-')); });
afterAll(() => { rmSync(directory, { recursive: true, force: true }); });

interface Report { readonly wallSeconds: number }
const reportOf = ({ stdout }: { readonly stdout: string }): Report => JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Report;
const sim = (...args: string[]) => runMesh(['sim', 'run', '--out', join(directory, 'failures'), ...args]);
/** All but how long it took. */
const outcomeOf = (report: Report): Report => ({ ...report, wallSeconds: 0 });

test('a run over two processes that was stopped and gone on with comes to the same as one in one process', async () => {
  const inOne = reportOf(await sim('--seeds', '4', '--from', '21', '--json'));
  const resume = join(directory, 'progress.json');
  expect((await sim('--seeds', '2', '--from', '21', '--workers', '2', '--resume', resume, '--json')).code).toBe(0);
  const whole = await sim('--seeds', '4', '--from', '21', '--workers', '2', '--resume', resume, '--json');
  expect(outcomeOf(reportOf(whole))).toEqual(outcomeOf(inOne));
  expect(JSON.parse(readFileSync(resume, 'utf8'))).toMatchObject({ done: [[21, 24]], tally: { seeds: 4 } });
}, 180_000);
