import { churn } from './churn.ts';
import { Cluster } from './cluster.ts';
import { calmDown, disturb } from './storm.ts';

const small = { appendBytesMax: 200, inflightMessagesMax: 4, inflightBytesMax: 600, snapshotChunkBytesMax: 64 };

/** Random members under random faults, then peace: nothing unsafe on the way, and those who belong agree in the end, whoever else still runs. */
export function membershipStorm(seed: number): Cluster {
  const names = ['a', 'b', 'c', 'd', 'e'].slice(0, 1 + (seed % 5));
  const timeouts = seed % 2 === 0 ? {} : { heartbeatIntervalMs: 20, electionTimeoutMinMs: 60, electionTimeoutMaxMs: 140 };
  const cluster = new Cluster(names, seed, { ...small, ...timeouts, quiesceAfterMs: seed % 4 === 1 ? 30 : null });
  cluster.faults = { lossPercent: cluster.draw(20), duplicatePercent: cluster.draw(20), delayMaxMs: 1 + cluster.draw(seed % 3 === 0 ? 60 : 10), writeMaxMs: 1 + cluster.draw(40) };
  for (let step = 0; step < 160; step++) {
    cluster.run(cluster.draw(40));
    const dice = cluster.draw(100);
    if (dice < 30) churn(cluster);
    else if (dice < 33) cluster.transfer(cluster.leader() ?? 'a', null);
    // Faults without an end would let no change get through.
    else if (dice < 40) calmDown(cluster);
    else disturb(cluster);
    if (step % 10 === 0) cluster.checkers.logsMatch(cluster.observedAll());
  }
  calmDown(cluster);
  // A group at rest takes it from its driver that somebody came or went.
  for (const name of cluster.hosts.keys()) cluster.give(name, { type: 'wake' });
  cluster.runUntil('all members agree', () => cluster.isConverged());
  cluster.checkers.logsMatch(cluster.observedAll());
  // A transfer may still be under way.
  cluster.run(1000);
  cluster.runUntil('all members agree again', () => cluster.isConverged());
  // 43. Who left, and may not know it, disturbs nobody.
  const leader = cluster.leader() ?? '';
  const term = cluster.status(leader)?.term;
  cluster.run(3000);
  if (cluster.leader() !== leader || cluster.status(leader)?.term !== term) throw new Error(`${leader} was deposed in peace`);
  if (cluster.changesOpen > 0) throw new Error('a change was never answered');
  return cluster;
}
