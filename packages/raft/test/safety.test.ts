import { describe, expect, test } from '@jest/globals';
import { Cluster } from './harness/cluster.ts';
import { calmDown, disturb } from './harness/storm.ts';

const small = { appendBytesMax: 200, inflightMessagesMax: 4, inflightBytesMax: 600, snapshotChunkBytesMax: 64 };

/** Random faults for some seconds, then peace: nothing unsafe on the way, and everybody agrees in the end. */
function storm(seed: number): Cluster {
  const names = ['a', 'b', 'c', 'd', 'e'].slice(0, seed % 3 === 0 ? 5 : 3);
  // Half of them with timeouts so short that terms follow each other all the time.
  const cluster = new Cluster(names, seed, seed % 2 === 0 ? small : { ...small, heartbeatIntervalMs: 20, electionTimeoutMinMs: 60, electionTimeoutMaxMs: 140 });
  cluster.faults = { lossPercent: cluster.draw(20), duplicatePercent: cluster.draw(20), delayMaxMs: 1 + cluster.draw(60), writeMaxMs: 1 + cluster.draw(40) };
  for (let step = 0; step < 120; step++) {
    cluster.run(cluster.draw(40));
    disturb(cluster);
    if (step % 10 === 0) cluster.checkers.logsMatch(cluster.observedAll());
  }
  calmDown(cluster);
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
