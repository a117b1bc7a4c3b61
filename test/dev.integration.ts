import { expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childrenOf, eventually, isRunning, meshCommand, runMesh, startLasting } from './support/processes.ts';

const managers = 3;
const bots = 6;

test.each([
  { start: 'npm start', command: 'npm', args: ['start', '--silent', '--'], signal: 'SIGINT' },
  { start: 'npm start', command: 'npm', args: ['start', '--silent', '--'], signal: 'SIGKILL' },
  { start: 'mesh dev', command: process.execPath, args: [meshCommand, 'dev'], signal: 'SIGKILL' },
] as const)('$start brings everything up; $signal ends every process it started', async ({ command, args, signal }) => {
  const directory = await mkdtemp(join(tmpdir(), 'raft-mesh-dev-'));
  const { child, first, exited } = await startLasting(command, [...args, '--json', '--port', '0', '--data-dir', directory]);
  let children: number[] = [];
  try {
    expect(first).toMatchObject({ ready: true, link: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/#.+$/) });
    expect(await fetch(String(first['link'])).then((response) => response.status)).toBe(200);
    const status = await eventually('all bots are alive', async () => {
      const { code, stdout } = await runMesh(['status', '--json', '--data-dir', directory]);
      const read = JSON.parse(stdout) as { agents: { name: string; status: string; kind: string }[] };
      // All but the one who sends more bots when a table wants some.
      const agents = read.agents.filter(({ name }) => !name.startsWith('mesh-cli-'));
      return code === 0 && agents.filter((agent) => agent.status === 'alive' && agent.kind === 'cli').length >= bots && agents;
    });
    expect(status).toHaveLength(bots);
    const [below = 0] = childrenOf(child.pid ?? 0);
    const dev = command === 'npm' ? below : (child.pid ?? 0);
    children = childrenOf(dev);
    expect(children).toHaveLength(1 + managers + bots);
    if (dev === below) children.push(dev);
  } finally {
    child.kill(signal);
    await exited;
  }
  await eventually('every child has ended', () => children.every((pid) => !isRunning(pid)), 10_000);
  await rm(directory, { recursive: true, force: true });
}, 90_000);
