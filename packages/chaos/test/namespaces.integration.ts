import { expect, test } from '@jest/globals';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ManagerId } from '@raft-mesh/protocol';
import { ChaosDirectory } from '../src/control/chaos-directory.ts';
import { NamespaceNetwork } from '../src/cluster/namespace-network.ts';

const m1 = 'm1' as ManagerId;
const m2 = 'm2' as ManagerId;

const listenSource = (host: string, port: string): string => `require('net').createServer((socket) => socket.end('hello')).listen(${port}, '${host}', () => console.log('up'))`;
/** Who is not cut off has all the time that a busy machine takes; who is gets no answer however long it waits. */
const dialSource = (host: string, port: string, waitMs: number): string => `const s = require('net').connect(${port}, '${host}'); s.setTimeout(${waitMs}, () => process.exit(6)); s.on('error', () => process.exit(5)); s.on('data', () => process.exit(0))`;

/** Why namespaces cannot be had here; `null` when they can. */
function obstacle(): string | null {
  if (process.platform !== 'linux') return 'not Linux';
  const name = `rmesh-try-${process.pid}`;
  const made = spawnSync('ip', ['netns', 'add', name]);
  if (made.status === 0) spawnSync('ip', ['netns', 'del', name]);
  return made.status === 0 ? null : 'no root, or no `ip`';
}

const why = obstacle();
(why === null ? test : test.skip)(`namespaces: what is cut is dropped on the way, and nothing stays behind${why === null ? '' : ` (not here: ${why})`}`, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'raft-mesh-namespaces-'));
  const network = await NamespaceNetwork.start(3, new ChaosDirectory(directory));
  const [{ host, url } = { host: '', url: '' }] = network.managers;
  const { port } = new URL(url);
  const run = (id: ManagerId | null, source: string): readonly [string, readonly string[]] => {
    const [command, ...args] = id === null ? [] : network.runBy(id);
    return command === undefined ? [process.execPath, ['-e', source]] : [command, [...args, process.execPath, '-e', source]];
  };
  const server = spawn(...run(m1, listenSource(host, port)), { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(server.stdout, 'data');
    const dial = (from: ManagerId | null, waitMs = 20_000): number | null => spawnSync(...run(from, dialSource(host, port, waitMs))).status;
    expect([dial(null), dial(m2)]).toEqual([0, 0]);
    for (const cut of [{ from: m2, to: m1 }, { from: m1, to: m2 }]) {
      await network.setLinks([cut, cut]);
      expect([dial(null), dial(m2, 700)]).toEqual([0, 6]);
    }
    await network.setLinks([]);
    expect(dial(m2)).toBe(0);
    server.kill('SIGKILL');
    await once(server, 'close');
    // Whoever is gone is refused at once.
    expect(dial(m2)).toBe(5);
  } finally {
    server.kill('SIGKILL');
    await network.stop();
    await rm(directory, { recursive: true, force: true });
  }
  expect(execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })).not.toContain(`rmesh${process.pid}-`);
});
