import { describe, expect, test } from '@jest/globals';
import { membershipStorm } from './harness/membership-storm.ts';

describe('safety under faults and changes of who belongs', () => {
  test('40 storms with joins, removals, replacements and leaders taken out break nothing and end in agreement', () => {
    let committed = 0;
    let changes = 0;
    let done = 0;
    let leavers = 0;
    const refusals = new Set<string>();
    for (let seed = 1; seed <= 40; seed++) {
      try {
        const cluster = membershipStorm(seed);
        committed += cluster.checkers.commitIndexMax;
        changes += cluster.checkers.changes;
        done += cluster.changesEnded.filter(({ type }) => type === 'changeDone').length;
        leavers += cluster.leadersThatLeft;
        for (const end of cluster.changesEnded) if (end.type === 'changeRefused') refusals.add(end.reason.code);
      } catch (error) {
        throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
    }
    // A storm in which nothing happens proves nothing.
    expect(committed).toBeGreaterThan(40 * 50);
    expect(changes).toBeGreaterThan(40 * 15);
    expect(done).toBeGreaterThan(40 * 6);
    expect(leavers).toBeGreaterThan(40);
    expect([...refusals].sort()).toEqual(expect.arrayContaining(['changeInProgress', 'configurationChanged', 'leadershipLost', 'noVoters', 'notCaughtUp', 'notReady', 'transferring']));
  });
});
