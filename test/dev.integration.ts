import { expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childrenOf, eventually, isRunning, runMesh, startMesh } from './support/processes.ts';

const managers = 3;
const bots = 6;

test.each([['Ctrl-C', 'SIGINT'], ['SIGKILL of the parent', 'SIGKILL']] as const)('mesh dev brings everything up; %s ends every process it started', async (_how, signal) => {
  const directory = await mkdtemp(join(tmpdir(), 'raft-mesh-dev-'));
  const { child, first, exited } = await startMesh(['dev', '--json', '--port', '0', '--data-dir', directory]);
  let children: number[] = [];
  try {
    expect(first).toMatchObject({ ready: true, link: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/#.+$/) });
    expect(await fetch(String(first['link'])).then((response) => response.status)).toBe(200);
    const status = await eventually('all bots are alive', async () => {
      const { code, stdout } = await runMesh(['status', '--json', '--data-dir', directory]);
      const read = JSON.parse(stdout) as { agents: { name: string; status: string; kind: string }[] };
      return code === 0 && read.agents.filter((agent) => agent.status === 'alive' && agent.kind === 'cli').length >= bots && read;
    });
    expect(status.agents).toHaveLength(bots);
    children = childrenOf(child.pid ?? 0);
    expect(children).toHaveLength(1 + managers + bots);
  } finally {
    child.kill(signal);
    await exited;
  }
  await eventually('every child has ended', () => children.every((pid) => !isRunning(pid)), 10_000);
  await rm(directory, { recursive: true, force: true });
}, 90_000);
