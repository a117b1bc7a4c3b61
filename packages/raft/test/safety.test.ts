import { describe, expect, test } from '@jest/globals';
import { Cluster } from './harness/cluster.ts';
import { id } from './harness/fixtures.ts';

const small = { appendBytesMax: 200, inflightMessagesMax: 4, inflightBytesMax: 600, snapshotChunkBytesMax: 64 };

/** Random faults for some seconds, then peace: nothing unsafe on the way, and everybody agrees in the end. */
function storm(seed: number): Cluster {
  const names = ['a', 'b', 'c', 'd', 'e'].slice(0, seed % 3 === 0 ? 5 : 3);
  // Half of them with timeouts so short that terms follow each other all the time.
  const cluster = new Cluster(names, seed, seed % 2 === 0 ? small : { ...small, heartbeatIntervalMs: 20, electionTimeoutMinMs: 60, electionTimeoutMaxMs: 140 });
  const any = (): string => names[cluster.draw(names.length)] ?? 'a';
  cluster.faults = { lossPercent: cluster.draw(20), duplicatePercent: cluster.draw(20), delayMaxMs: 1 + cluster.draw(60), writeMaxMs: 1 + cluster.draw(40) };
  for (let step = 0; step < 120; step++) {
    cluster.run(cluster.draw(40));
    const dice = cluster.draw(100);
    if (dice < 55) for (let count = cluster.draw(6); count >= 0; count--) cluster.propose(cluster.leader() ?? any(), 1 + cluster.draw(150));
    else if (dice < 65) cluster.read(any());
    else if (dice < 75) cluster.snapshot(any(), cluster.draw(4));
    else if (dice < 82) cluster.crash(any());
    else if (dice < 84) cluster.crash(cluster.leader() ?? any());
    else if (dice < 85) cluster.give(any(), { type: 'linkLost', peer: id(any()) });
    else if (dice < 90) for (const host of cluster.hosts.values()) { if (host.node === null) cluster.start(host.id); }
    else if (dice < 94) cluster.partition([any()], names);
    else if (dice < 96) cluster.block(any(), any());
    else cluster.blocked.clear();
    if (step % 10 === 0) cluster.checkers.logsMatch(cluster.observedAll());
  }
  cluster.faults = { lossPercent: 0, duplicatePercent: 0, delayMaxMs: 2, writeMaxMs: 2 };
  cluster.blocked.clear();
  for (const host of cluster.hosts.values()) if (host.node === null) cluster.start(host.id);
  cluster.runUntil('all agree', () => cluster.isConverged());
  cluster.checkers.logsMatch(cluster.observedAll());
  return cluster;
}

describe('safety under faults', () => {
  test('200 storms of loss, delay, duplication, crashes, partitions and compaction break nothing and end in agreement', () => {
    let committed = 0;
    let reads = 0;
    let installed = 0;
    let terms = 0;
    for (let seed = 1; seed <= 200; seed++) {
      try {
        const cluster = storm(seed);
        committed += cluster.checkers.commitIndexMax;
        reads += cluster.readReadies;
        terms += cluster.status('a')?.term ?? 0;
        installed += cluster.snapshotsInstalled;
      } catch (error) {
        throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
    }
    // A storm in which nothing happens proves nothing.
    expect(committed).toBeGreaterThan(200 * 20);
    expect(reads).toBeGreaterThan(200);
    expect(terms).toBeGreaterThan(200 * 3);
    expect(installed).toBeGreaterThan(50);
  });
});
