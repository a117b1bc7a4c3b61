import { expect, test } from '@jest/globals';
import { defaultRaftOptions } from '@raft-mesh/raft';
import { Cluster } from '../harness/cluster.ts';
import { DrivenNode } from '../harness/driven-node.ts';
import { five } from './support.ts';

const { electionTimeoutMinMs, electionTimeoutMaxMs, heartbeatIntervalMs } = defaultRaftOptions;

test('§5.6 ¶1: safety does not depend on time: clocks that jump, stop or run wild make no wrong commit and no second leader', () => {
  const node = new DrivenNode('a').lead('b', 'c');
  node.propose('x');
  for (const jumpMs of [0, 1_000_000, -500_000, 10, 1e9]) {
    node.now += jumpMs;
    node.give({ type: 'time' });
    expect(node.status.commitIndex).toBe(1);
  }
  // Disks and links far slower than every timeout: the checkers of the harness look after each step, and nothing needs to get done.
  for (const seed of [1, 2, 3]) {
    const cluster = new Cluster(['a', 'b', 'c'], seed);
    cluster.faults = { lossPercent: 0, duplicatePercent: 0, delayMaxMs: 900, writeMaxMs: 2000 };
    for (let step = 0; step < 60; step++) {
      cluster.run(250);
      for (const name of ['a', 'b', 'c']) cluster.propose(name);
    }
    cluster.checkers.logsMatch(cluster.observedAll());
    expect(Math.max(...['a', 'b', 'c'].map((name) => cluster.status(name)?.term ?? 0))).toBeGreaterThan(0);
  }
});

test('§5.6 ¶1: availability does: where messages take longer than servers stay up, nobody stays leader and nothing is committed', () => {
  const cluster = new Cluster(['a', 'b', 'c'], 71);
  cluster.faults = { lossPercent: 0, duplicatePercent: 0, delayMaxMs: 2, writeMaxMs: 5000 };
  for (let round = 0; round < 20; round++) {
    for (const name of ['a', 'b', 'c']) cluster.crash(name);
    for (const name of ['a', 'b', 'c']) cluster.start(name);
    cluster.run(400);
  }
  expect(cluster.checkers.commitIndexMax).toBe(0);
});

test('§5.6 ¶2: with broadcasts much shorter than election timeouts, and those than the time between crashes, one leader stays and work gets done', () => {
  const cluster = new Cluster(five, 72);
  cluster.faults = { lossPercent: 0, duplicatePercent: 0, delayMaxMs: 15, writeMaxMs: 10 };
  cluster.runUntil('a leader', () => cluster.isConverged());
  const leader = cluster.leader() ?? '';
  const term = cluster.status(leader)?.term;
  for (let second = 0; second < 60; second++) {
    cluster.propose(leader);
    cluster.run(1000);
  }
  expect(cluster.leader()).toBe(leader);
  expect(cluster.status(leader)?.term).toBe(term);
  expect(cluster.checkers.commitIndexMax).toBeGreaterThanOrEqual(61);
});

test('§5.6 ¶3: heartbeats have room for a broadcast many times over before anybody gives up', () => {
  // A broadcast of a tenth of the timeout, and heartbeats as often as they are: no follower ever times out.
  const cluster = new Cluster(['a', 'b', 'c'], 73);
  cluster.faults = { lossPercent: 0, duplicatePercent: 0, delayMaxMs: electionTimeoutMinMs / 10, writeMaxMs: 0 };
  cluster.runUntil('a leader', () => cluster.isConverged());
  const term = cluster.status('a')?.term;
  cluster.run(120_000);
  expect(cluster.status('a')?.term).toBe(term);
});

test('§5.6 ¶3: when the leader crashes the group is unavailable for about an election timeout', () => {
  for (const seed of [81, 82, 83, 84, 85]) {
    const cluster = new Cluster(['a', 'b', 'c'], seed);
    cluster.runUntil('a leader', () => cluster.isConverged());
    const first = cluster.leader() ?? '';
    cluster.crash(first);
    const crashedAtMs = cluster.now;
    cluster.runUntil('another leader', () => cluster.leader() !== null, 5000);
    expect(cluster.now - crashedAtMs).toBeGreaterThan(electionTimeoutMinMs - 2 * heartbeatIntervalMs);
    expect(cluster.now - crashedAtMs).toBeLessThan(2 * electionTimeoutMaxMs + 100);
  }
});

test('§5.6 ¶4: the election timeout is ours to choose, and is what the election waits for', () => {
  const node = new DrivenNode('a', { options: { electionTimeoutMinMs: 10, electionTimeoutMaxMs: 20, heartbeatIntervalMs: 3 } });
  expect((node.node.deadlineMs ?? 0) - node.now).toBeGreaterThanOrEqual(10);
  expect((node.node.deadlineMs ?? 0) - node.now).toBeLessThanOrEqual(20);
});
