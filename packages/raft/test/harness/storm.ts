import type { Cluster } from './cluster.ts';
import { id } from './fixtures.ts';

/** One random thing that befalls a group: work for it, or a fault of a process, a link or the network. */
export function disturb(cluster: Cluster): void {
  const names = [...cluster.hosts.keys()];
  const any = (): string => names[cluster.draw(names.length)] ?? 'a';
  const dice = cluster.draw(100);
  if (dice < 55) for (let count = cluster.draw(6); count >= 0; count--) cluster.propose(cluster.leader() ?? any(), 1 + cluster.draw(150));
  else if (dice < 65) cluster.read(any());
  else if (dice < 75) cluster.snapshot(any(), cluster.draw(4));
  else if (dice < 82) cluster.crash(any());
  else if (dice < 84) cluster.crash(cluster.leader() ?? any());
  else if (dice < 85) cluster.give(any(), { type: 'linkLost', peer: id(any()) });
  else if (dice < 90) startAll(cluster);
  else if (dice < 94) cluster.partition([any()], names);
  else if (dice < 96) cluster.block(any(), any());
  else cluster.blocked.clear();
}

/** Every fault ends, and everybody runs. */
export function calmDown(cluster: Cluster): void {
  cluster.faults = { lossPercent: 0, duplicatePercent: 0, delayMaxMs: 2, writeMaxMs: 2 };
  cluster.blocked.clear();
  startAll(cluster);
}

function startAll(cluster: Cluster): void {
  for (const host of cluster.hosts.values()) if (host.node === null) cluster.start(host.id);
}
