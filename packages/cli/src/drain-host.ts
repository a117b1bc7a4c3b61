import { setTimeout as pause } from 'node:timers/promises';
import type { ControlPlaneClient } from '@raft-mesh/mesh-node';
import type { control } from '@raft-mesh/protocol';
import { CliError } from './cli-error.ts';
import { valueOf } from './control-plane-client.ts';
import { exitCodes } from './exit-codes.ts';

const lookIntervalMs = 500;
/** That nothing has moved for so long has a cause that somebody should look at. */
const stuckAfterMs = 60_000;

/** Has all managers of a host move to others, and waits until it holds none. Interrupted, it goes on draining all the same. */
export async function drainHost(client: Pick<ControlPlaneClient, 'drainHost' | 'host'>, name: string): Promise<control.HostDescription> {
  let host = valueOf(await client.drainHost(name));
  const total = host.managers;
  const bar = await startBar(total);
  let lastMovedMs = performance.now();
  try {
    while (host.state === 'draining') {
      await pause(lookIntervalMs);
      const before = host.managers;
      host = valueOf(await client.host(name));
      if (host.managers !== before) lastMovedMs = performance.now();
      bar.update(Math.max(0, total - host.managers));
      if (performance.now() - lastMovedMs > stuckAfterMs) throw new CliError('drainStuck', exitCodes.noLeader, `${host.managers} managers of ${name} have not moved for ${stuckAfterMs / 1000} s: no other host that lists their app has room, or their meshes have lost a manager. It goes on draining.`, 'mesh host list');
    }
  } finally {
    bar.stop();
  }
  if (host.state === 'drained') return host;
  const [what, next] = host.state === 'gone' ? ['is gone: its managers are placed anew on other hosts, without those that it had', 'mesh host list'] : ['was taken back meanwhile', `mesh host drain ${name}`];
  throw new CliError('drainEnded', exitCodes.conflict, `${name} ${what}.`, next);
}

/** On stderr. */
async function startBar(total: number): Promise<{ update(moved: number): void; stop(): void }> {
  const { default: { SingleBar, Presets } } = await import('cli-progress');
  const bar = new SingleBar({ format: '{bar} {value} of {total} managers have moved', stream: process.stderr, noTTYOutput: true, notTTYSchedule: 5_000, hideCursor: true, gracefulExit: false }, Presets.shades_classic);
  bar.start(total, 0);
  return bar;
}
